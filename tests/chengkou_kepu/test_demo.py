"""The demo content on the county's own plan: what is in it, that it is always the same, and that it is harmless."""

import json
from collections import Counter
from hashlib import sha256
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from chengkou_kepu.demo import loading, users
from chengkou_kepu.plan_import import import_plan
from departments.models import AuditRecord, Department, Membership, Notice, Region, Role, User
from indicators.attainment import Attainment
from indicators.models import Indicator, Measurement
from indicators.standing import indicator_standing, owners_owing
from tasks import workflow
from tasks.ledger import Ledger
from tasks.models import (
    AnnualJudgement,
    CloseOut,
    Plan,
    ProgressEntry,
    QuarterlyReport,
    ReportEvent,
    ReportingPeriod,
    Responsibility,
    Task,
)
from tasks.obligations import Filing
from tasks.plan_document import read_plan_document
from tasks.progress import Light
from tasks.standing import plan_standing, unit_filings
from tests.factories import moment

COUNTY_FILE = settings.BASE_DIR / "fixtures" / "plan" / "000_5b31e1cc3ff236a8.txt"
IMPORTED_AT, AT = moment("2022-12-01 09:00"), moment("2024-01-05 10:30")
PASSWORD = "shili-2024"
MARK = "【示例】"
CONTENT = (
    User,
    Membership,
    ReportingPeriod,
    QuarterlyReport,
    ProgressEntry,
    ReportEvent,
    Measurement,
    CloseOut,
)
Status = QuarterlyReport.Status


def content_hash():
    """A digest of all that the demo writes: texts, figures, people and moments, but no keys and no passwords."""
    names = {
        model: {row.pk: str(row) for row in model.objects.select_related()}
        for model in (
            Department,
            Region,
            User,
            Plan,
            Task,
            Responsibility,
            Indicator,
            ReportingPeriod,
            QuarterlyReport,
        )
    }
    rows = []
    for model in (*CONTENT, AuditRecord):
        fields = [
            f
            for f in model._meta.concrete_fields
            if not f.primary_key and f.name not in ("password", "lines")
        ]
        for values in model.objects.order_by("pk").values_list(*[f.attname for f in fields]):
            told = zip(fields, values, strict=True)
            rows.append([names[f.related_model].get(v) if f.is_relation and v else v for f, v in told])
    return sha256(json.dumps(rows, ensure_ascii=False, default=str).encode()).hexdigest()


def run(**options):
    out = StringIO()
    call_command("load_demo", stdout=out, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def hashes(django_db_setup, django_db_blocker, tmp_path_factory):
    """The county's plan with the demo in it for the whole module; the digests of two loads one after the other."""
    quick = override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        MEDIA_ROOT=tmp_path_factory.mktemp("demo-media"),
    )
    with django_db_blocker.unblock(), quick, transaction.atomic():
        import_plan(read_plan_document(COUNTY_FILE), by=None, at=IMPORTED_AT)
        county = Plan.objects.get()
        digests = []
        for keep in (False, True):
            with transaction.atomic():
                loading.load(county, password=PASSWORD, at=AT)
                digests.append(content_hash())
                transaction.set_rollback(not keep)
        yield digests
        transaction.set_rollback(True)


@pytest.fixture
def county(hashes, db):
    return Plan.objects.select_related("region").get()


@pytest.fixture
def quarters(county):
    """{code: (plan standing, unit filings)} as on the day of loading."""
    ledger = Ledger.load(county)
    return {
        period.code: (
            plan_standing(ledger, period, at=AT),
            unit_filings(ledger, period, owners_owing(period), at=AT),
        )
        for period in county.periods.order_by("year", "quarter")
    }


def test_two_fresh_loads_give_the_same_content(hashes, county):
    assert hashes[0] == hashes[1]


def test_size_of_the_demo(county):
    assert {model.__name__: model.objects.count() for model in CONTENT} == {
        "User": 38,
        "Membership": 38,
        "ReportingPeriod": 5,
        "QuarterlyReport": 47,
        "ProgressEntry": 521,
        "ReportEvent": 119,
        "Measurement": 15,
        "CloseOut": 4,
    }


def test_named_accounts_are_those_of_the_design(county):
    named = User.objects.filter(username__in=[username for username, *_ in users.NAMED]).order_by("pk")
    assert [(u.username, [str(m) for m in u.memberships.all()]) for u in named] == [
        ("kexie", ["县科协 科协工作人员"]),
        ("zhengfuban", ["县政府办公室 科协工作人员"]),
        ("kexie_tb", ["县科协 填报人"]),
        ("lingdao", ["城口县 领导小组"]),
        ("nongye", ["县农业农村委 填报人"]),
        ("nongye_sh", ["县农业农村委 单位审核人"]),
        ("jiaowei", ["县教委 填报人"]),
        ("linye", ["县林业局 填报人"]),
        ("sysadmin", ["系统管理员"]),
        ("shenji", ["审计员"]),
    ]


def test_every_unit_of_the_plan_has_one_reporter(county):
    units = Department.objects.units().filter(responsibilities__task__plan=county).distinct()
    reporters = Membership.objects.filter(role=Role.REPORTER).values_list("department__name", flat=True)
    assert (len(units), sorted(reporters)) == (28, sorted(unit.name for unit in units))


@pytest.mark.parametrize(
    ("unit", "username"),
    [
        ("县林业局", "linye"),
        ("县教委", "jiaowei"),
        ("县委组织部", "zuzhi"),
        ("团县委", "tuanxianwei"),
        ("县委党校（行政学院）", "dangxiao"),
        ("县市场监督管理局", "shichang"),
    ],
)
def test_short_names(unit, username):
    assert users.short_name(unit) == username


def test_people_sign_in_with_the_one_password_and_are_evidently_fictitious(county, client):
    assert client.login(username="kexie", password=PASSWORD)
    assert {
        user.check_password(PASSWORD) for user in User.objects.filter(username__in=["nongye", "shenji"])
    } == {True}
    assert [name for name in User.objects.values_list("name", flat=True) if "（示例）" not in name] == []


def test_only_what_the_last_quarter_told_is_unread(county):
    unread = Notice.objects.unread()
    assert unread.exists()
    assert not unread.exclude(text__contains="2023年第四季度").exclude(text__contains="办结").exists()
    assert Notice.objects.exclude(read_at=None).exists()


def test_every_light_appears(quarters):
    lights = {code: Counter(t.light for t in standing.tasks) for code, (standing, _) in quarters.items()}
    assert lights == {
        "2022Q4": {Light.BASELINE: 42},
        "2023Q1": {Light.NORMAL: 26, Light.BEHIND: 6, Light.UNREPORTED: 5, Light.UNREVIEWED: 5},
        "2023Q2": {Light.NORMAL: 28, Light.BEHIND: 6, Light.SEVERE: 2, Light.DONE: 1, Light.UNREPORTED: 5},
        "2023Q3": {Light.NORMAL: 25, Light.BEHIND: 7, Light.SEVERE: 3, Light.DONE: 2, Light.UNREPORTED: 5},
        "2023Q4": {Light.NORMAL: 21, Light.BEHIND: 11, Light.SEVERE: 3, Light.DONE: 2, Light.NOT_DUE: 5},
    }
    assert set().union(*lights.values()) == set(Light)


def test_every_filing_state_appears(quarters):
    filings = {code: Counter(u.filing for u in units) for code, (_, units) in quarters.items()}
    assert {code: dict(counted) for code, counted in filings.items()} == {
        "2022Q4": {Filing.ON_TIME: 6, Filing.LATE: 1, Filing.MISSING: 3, Filing.EXEMPT: 18},
        "2023Q1": {
            Filing.ON_TIME: 7,
            Filing.LATE: 1,
            Filing.MISSING: 1,
            Filing.VOLUNTARY: 1,
            Filing.EXEMPT: 18,
        },
        "2023Q2": {Filing.ON_TIME: 8, Filing.LATE: 1, Filing.VOLUNTARY: 2, Filing.EXEMPT: 17},
        "2023Q3": {
            Filing.ON_TIME: 7,
            Filing.LATE: 1,
            Filing.MISSING: 1,
            Filing.VOLUNTARY: 3,
            Filing.EXEMPT: 16,
        },
        "2023Q4": {Filing.ON_TIME: 6, Filing.PENDING: 4, Filing.VOLUNTARY: 1, Filing.EXEMPT: 17},
    }


def test_the_open_quarter_shows_every_status_and_is_due_in_ten_days(county, quarters):
    period = county.periods.get(year=2023, quarter=4)
    assert (period.is_open(AT), period.due_at) == (True, moment("2024-01-15 23:59").replace(second=59))
    _, units = quarters["2023Q4"]
    assert {u.department: u.status for u in units if u.owes} == {
        "县农业农村委": Status.DRAFT,
        "县教委": Status.RETURNED,
        "县总工会": "",
        "县人力社保局": Status.ENDORSING,
        "县委组织部": Status.ACCEPTED,
        "县经济信息委": Status.SUBMITTED,
        "县科协": Status.SUBMITTED,
        "县委宣传部": Status.SUBMITTED,
        "县文化旅游委": Status.SUBMITTED,
        "县财政局": "",
    }


def test_every_verb_has_been_used_and_in_order(county):
    assert set(ReportEvent.objects.values_list("verb", flat=True)) == set(ReportEvent.Verb)
    moments = list(ReportEvent.objects.order_by("report_id", "pk").values_list("report", "at"))
    assert moments == sorted(moments)
    assert max(at for _, at in moments) < AT


def test_proxies_and_signatures_name_their_paper(county):
    proxies = ReportEvent.objects.exclude(proxy_source="").order_by("at")
    assert [(e.by.username, e.proxy_source) for e in proxies] == [
        ("kexie", "县委宣传部2023年4月7日书面报送表（示例）"),
        ("kexie", "县文化旅游委2023年7月7日书面报送表（示例）"),
        ("kexie", "县委宣传部书面报送表（示例）"),
    ]
    signed = ReportEvent.objects.exclude(signed_name="").order_by("at")
    assert [(e.signed_name, e.signed_post, str(e.signed_on)) for e in signed] == [
        ("贺明川（示例）", "分管负责人", "2023-04-06"),
        ("贺明川（示例）", "分管负责人", "2023-10-09"),
    ]


def test_own_report_of_the_coordinating_unit_is_reviewed_by_the_other_coordinator(county):
    reviews = ReportEvent.objects.filter(verb=ReportEvent.Verb.ACCEPT, report__department__name="县科协")
    assert {(e.by.username, e.self_reviewed) for e in reviews} == {("zhengfuban", False)}


def test_close_outs_verified_refused_and_pending(county):
    rows = CloseOut.objects.order_by("applied_at", "task__number")
    assert [(str(c.period), c.task.number, c.get_status_display()) for c in rows] == [
        ("2023年第二季度", 26, "已办结"),
        ("2023年第三季度", 10, "不予办结"),
        ("2023年第三季度", 39, "已办结"),
        ("2023年第四季度", 10, "申请办结"),
    ]


def test_standing_tasks_are_judged_by_the_year(county):
    assert list(county.tasks.filter(nature="STANDING").values_list("number", flat=True)) == [7, 32, 36]
    rows = AnnualJudgement.objects.order_by("task__number")
    assert [(j.task.number, j.told) for j in rows] == [(32, "2022年完成"), (36, "2022年未完成")]


def test_indicators_show_every_attainment(county):
    seen, current = set(), {}
    for period in county.periods.order_by("year", "quarter"):
        standings = indicator_standing(period, at=AT)
        seen |= {s.attainment for s in standings}
        current[period.code] = {s.code: (s.current, s.attainment) for s in standings}
    assert seen == set(Attainment)
    assert {code: current[code]["farmer-training"] for code in current} == {
        "2022Q4": ("1,850 人次", Attainment.BEHIND),
        "2023Q1": ("2,170 人次", Attainment.BEHIND),
        "2023Q2": ("2,730 人次", Attainment.ON_TRACK),
        "2023Q3": ("3,260 人次", Attainment.ON_TRACK),
        "2023Q4": ("3,260 人次", Attainment.ON_TRACK),
    }
    assert current["2022Q4"]["funding-per-capita"] == ("1.6 元/人", Attainment.REACHED)
    assert current["2022Q4"]["science-literacy"] == ("9.8%", Attainment.NOT_REACHED)


def test_every_text_is_marked_as_a_sample(county):
    entries = ProgressEntry.objects.all()
    told = [
        text
        for e in entries
        for text in (e.progress, e.no_change_reason, e.results, e.problems, e.next_steps)
    ]
    told += [e.reason for e in ReportEvent.objects.all()]
    told += [j.ground for j in AnnualJudgement.objects.all()]
    told += [text for c in CloseOut.objects.all() for text in (c.summary, c.reason)]
    told += [text for m in Measurement.objects.all() for text in (m.ground, m.source)]
    assert [text for text in told if text and not text.startswith(MARK)] == []
    assert [text for text in told if "{" in text or "}" in text] == []


def test_a_second_run_changes_nothing_even_after_people_have_used_the_demo(county, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    report = QuarterlyReport.objects.get(
        period__year=2023, period__quarter=4, department__name="县经济信息委"
    )
    kexie = User.objects.get(username="kexie")
    workflow.accept(report, by=kexie, at=AT, version=report.version)
    before = content_hash()
    printed = run()
    assert content_hash() == before
    lines = printed.splitlines()
    assert (lines[0], lines[2], lines[-1], len(lines)) == (
        "示例内容此前已载入，未作改动。",
        "kexie          陈晓岚（示例）  县科协 科协工作人员",
        f"口令（所有示例用户相同）：{PASSWORD}",
        41,
    )


def test_a_second_run_does_not_claim_a_password_that_opens_nothing(county, monkeypatch, settings, tmp_path):
    settings.BASE_DIR = tmp_path
    monkeypatch.setenv("DEMO_PASSWORD", "another-one")
    assert run().splitlines()[-1] == "口令（所有示例用户相同）：由首次载入时的 DEMO_PASSWORD 设定，或已修改。"
    assert list(tmp_path.iterdir()) == []
