"""The coordinator's page of one quarter's 定稿归档, its corrections, and the command."""

from io import BytesIO, StringIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from chengkou_kepu.corrections import correctables
from departments.models import AuditRecord
from indicators.measuring import MeasurementInput, save_measurements
from indicators.models import Indicator
from tasks import closing, cooperation, evidence
from tasks.drafting import begin_report
from tasks.models import CloseOut, Erratum, FrozenQuarter, Responsibility
from tasks.refusals import Refused
from tasks.selection import periods_of
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

PLAN = "/plans/chengkou-2021-2025/"
PAGE = f"{PLAN}periods/2023Q3/archive/"
NAME = "城口县科学素质实施方案"
CLOSED_AT, AT = moment("2023-10-25 09:00"), moment("2023-11-01 09:00")


@pytest.fixture
def closed(plan, period, units, clock):
    """2023Q3, closed: 县农业农村委 accepted, 县教委 has a draft."""
    factories.make_report(period, units.nongye, completions={1: 50, 2: 20})
    factories.make_report(period, units.jiaowei, completions={3: 10}, status="DRAFT")
    period.closed_at = CLOSED_AT
    period.save()
    clock("2023-11-01 09:00")
    return period


@pytest.fixture
def kexie(signed_in, cast):
    return signed_in(cast.kexie)


@pytest.fixture
def frozen(closed, kexie):
    assert kexie.post(PAGE, {"verb": "freeze"}).status_code == 302
    return FrozenQuarter.objects.get()


def said(response):
    return [str(message) for message in response.context["messages"]]


def run(*args, **options):
    out = StringIO()
    call_command(*args, stdout=out, **options)
    return out.getvalue().strip()


# Before


def test_the_preview_says_what_will_be_stored_and_what_is_left_behind(closed, baseline, kexie):
    page = kexie.get(PAGE)
    assert page.context["reasons"] == ()
    assert [str(report.department) for report in page.context["unfinished"]] == ["县教委"]
    assert page.context["moving"] == [baseline]
    html = page.content.decode()
    assert "总体进度 23.3%" in html
    assert "2022年第四季度尚未定稿归档" in html
    assert 'value="freeze" data-confirm=' in html


def test_what_is_in_the_way_is_named_and_the_button_is_off(plan, period, units, cast, kexie):
    for unit, status in ((units.nongye, "SUBMITTED"), (units.jiaowei, "ENDORSING")):
        factories.make_report(period, unit, status=status)
    CloseOut.objects.create(
        task=plan.tasks.get(number=3),
        period=period,
        department=units.jiaowei,
        summary="完成",
        applied_by=cast.jiaowei,
        applied_at=AT,
    )
    page = kexie.get(PAGE)
    assert page.context["reasons"] == (
        "2023年第三季度尚未截止填报，请先截止填报。",
        "还有 2 份季报没有审结：县农业农村委（已报送）、县教委（单位审核中）。",
        "还有待核查的办结申请：第 3 项。",
    )
    assert 'value="freeze" disabled' in page.content.decode()
    answer = kexie.post(PAGE, {"verb": "freeze"})
    assert said(answer) == [f"2023年第三季度不能定稿归档：{''.join(page.context['reasons'])}"]
    assert not FrozenQuarter.objects.exists()


def test_the_period_list_leads_to_the_archive_of_closed_quarters(closed, baseline, plan, kexie):
    factories.make_period(plan, "2023Q4")
    html = kexie.get(f"{PLAN}periods/").content.decode()
    assert [code for code in ("2022Q4", "2023Q3", "2023Q4") if f"periods/{code}/archive/" in html] == [
        "2022Q4",
        "2023Q3",
    ]


def test_an_empty_quarter_can_be_frozen(baseline, kexie):
    address = f"{PLAN}periods/2022Q4/archive/"
    assert kexie.get(address).status_code == 200
    assert kexie.post(address, {"verb": "freeze"}).status_code == 302
    assert kexie.get(address).context["frozen"] == FrozenQuarter.objects.get()
    assert kexie.get(f"{PLAN}?period=2022Q4").status_code == 200


@pytest.mark.parametrize(
    ("name", "status"), [("lingdao", 403), ("nongye", 403), ("kexie_tb", 403), ("outsider", 404)]
)
def test_the_archive_is_the_coordinators(closed, signed_in, cast, name, status):
    client = signed_in(getattr(cast, name))
    for address in (PAGE, f"{PAGE}errata.xlsx"):
        assert client.get(address).status_code == status
    assert client.post(PAGE, {"verb": "freeze"}).status_code == status
    assert not FrozenQuarter.objects.exists()


@pytest.mark.parametrize("code", ["2023Q1", "2023", "x"])
def test_no_such_quarter(closed, kexie, code):
    assert kexie.get(f"{PLAN}periods/{code}/archive/").status_code == 404


def test_an_unknown_verb_is_refused(closed, kexie):
    assert said(kexie.post(PAGE, {"verb": "thaw"})) == ["没有这个操作。"]


# Afterwards


def test_the_page_tells_who_froze_it_when_and_the_digest(frozen, kexie):
    html = kexie.get(PAGE).content.decode()
    for text in ("2023-11-01 09:00", "科协干部", "第 1 版", frozen.sha256, "没有更正。"):
        assert text in html


def test_frozen_twice_in_another_tab_changes_nothing(frozen, kexie):
    assert kexie.post(PAGE, {"verb": "freeze"}).status_code == 302
    assert FrozenQuarter.objects.get() == frozen
    assert AuditRecord.objects.filter(verb="定稿归档").count() == 1


def test_a_correction_of_a_leads_progress(frozen, kexie):
    line = Responsibility.objects.get(task__number=1, role="LEAD")
    data = {"verb": "correct", "subject": f"lead-{line.pk}", "new": "35%", "reason": "重复计数"}
    page = kexie.post(PAGE, data, follow=True)
    assert said(page)[-1] == "已更正“第1项：县农业农村委自评进度”。"
    erratum = Erratum.objects.get()
    assert (erratum.old, erratum.new, erratum.completion) == ("50%（推进中）", "35%（推进中）", 35)
    for path, own in (
        ("", True),
        ("tasks/1/", True),
        ("tasks/2/", False),
        ("periods/2023Q3/archive/", True),
    ):
        html = kexie.get(f"{PLAN}{path}?period=2023Q3").content.decode()
        assert ("35%（推进中）" in html and "重复计数" in html) == own, path
    board = kexie.get(f"{PLAN}?period=2023Q3").context["board"]
    assert round(float(board.total.completion), 1) == 23.3


def test_what_can_be_corrected_is_listed_by_action(frozen, kexie):
    groups = kexie.get(PAGE).context["form"].fields["subject"].choices
    assert [(name, len(rows)) for name, rows in groups[1:]] == [
        ("方案", 1),
        ("牵头单位自评进度：农民科学素质提升行动", 2),
        ("牵头单位自评进度：青少年科学素质提升行动", 1),
        ("单位报送", 3),
    ]


def test_a_correction_in_words_keeps_what_was_stored_beside_it(frozen, period, kexie):
    known = correctables(next(p for p in periods_of(period.plan) if p.code == "2023Q3"))
    assert (known["plan"].label, known["plan"].old) == ("总体进度", "23.3%")
    kexie.post(PAGE, {"verb": "correct", "subject": "plan", "new": "25%", "reason": "口径有误"})
    assert list(Erratum.objects.values_list("subject", "old", "new", "reason")) == [
        ("总体进度", "23.3%", "25%", "口径有误")
    ]


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        (
            {},
            {
                "subject": ["请选择更正事项。"],
                "new": ["请填写更正后的进度或内容。"],
                "reason": ["请写明更正原因和依据。"],
            },
        ),
        ({"subject": "plan", "reason": "有误"}, {"new": ["请填写更正后的进度或内容。"]}),
        ({"subject": "lead", "new": "三成", "reason": "有误"}, {"new": ["请填写数字，如 1,200。"]}),
        ({"subject": "lead", "new": "101", "reason": "有误"}, {"new": ["数值不应超过 100。"]}),
        ({"subject": "nothing", "new": "1", "reason": "有误"}, {"subject": ["没有这一事项，请重新选择。"]}),
    ],
)
def test_an_incomplete_correction_stays_on_the_page(frozen, kexie, typed, errors):
    line = Responsibility.objects.get(task__number=1, role="LEAD")
    if typed.get("subject") == "lead":
        typed = typed | {"subject": f"lead-{line.pk}"}
    page = kexie.post(PAGE, {"verb": "correct"} | typed)
    assert (page.context["form"].errors, Erratum.objects.count()) == (errors, 0)


def test_the_errata_are_downloaded_beside_the_stored_workbook(frozen, kexie):
    stored = kexie.get(f"{PLAN}exports/summary.xlsx?period=2023Q3").getvalue()
    kexie.post(PAGE, {"verb": "correct", "subject": "plan", "new": "=25%", "reason": "口径有误"})
    response = kexie.get(f"{PAGE}errata.xlsx")
    sheet = openpyxl.load_workbook(BytesIO(response.getvalue())).active
    assert [[c.value for c in row] for row in sheet.iter_rows(min_row=4, max_col=6)] == [
        [1, "总体进度", "23.3%", "=25%", "口径有误", "科协干部"]
    ]
    assert (sheet["D4"].data_type, f"{sheet['G4'].value:%Y-%m-%d}") == ("s", "2023-11-01")
    assert kexie.get(f"{PLAN}exports/summary.xlsx?period=2023Q3").getvalue() == stored


def test_the_pages_queries_do_not_grow_with_the_errata(
    frozen, kexie, cast, period, django_assert_num_queries
):
    counts = []
    for total in (1, 3):
        while Erratum.objects.count() < total:
            Erratum.objects.create(
                period=period, subject="总体进度", old="1", new="2", reason="有误", by=cast.kexie, at=AT
            )
        with django_assert_num_queries(8):
            counts.append(len(kexie.get(PAGE).context["errata"]))
    assert counts == [1, 3]


# Nothing moves any more


def test_no_verb_of_a_unit_or_of_the_coordinator_reaches_a_frozen_quarter(frozen, plan, period, units, cast):
    """The flow of returns is in tests/tasks/test_workflow.py; these are the verbs beside it."""
    period.refresh_from_db()
    line = Responsibility.objects.select_related("task", "department").get(task__number=3, role="LEAD")
    support = Responsibility.objects.select_related("task", "department").get(
        task__number=3, department=units.nongye
    )
    indicator = Indicator.objects.create(
        plan=plan, code="training", name="农民教育培训", kind="CUMULATIVE", owner=units.jiaowei
    )
    report = period.reports.get(department=units.jiaowei)
    asked = {"by": cast.jiaowei, "at": AT}
    picture = SimpleUploadedFile("a.pdf", b"%PDF-1.4\n%%EOF\n")
    deeds = [
        lambda: begin_report(period, units.jiaowei, **asked),
        lambda: begin_report(period, units.kexie, by=cast.kexie, at=AT),
        lambda: evidence.attach(period, units.jiaowei, [line.pk], picture, **asked),
        lambda: save_measurements(report, [MeasurementInput(indicator.pk, 0, {"value": 3})], **asked),
        lambda: closing.apply_for_close_out(
            line.task, period=period, department=units.jiaowei, summary="完成", files=[picture], **asked
        ),
        lambda: cooperation.ask_support(period, units.jiaowei, [support], due_on=AT.date(), note="", **asked),
    ]
    for deed in deeds:
        with pytest.raises(Refused, match=r"已定稿归档|不能受理"):
            deed()


# By command


def test_the_command_freezes_once(closed):
    first = run("freeze_period", "2023Q3", at="2023-11-01T09:00")
    frozen = FrozenQuarter.objects.get()
    told = f"规则第 1 版，汇总表 SHA-256：{frozen.sha256}。"
    assert first == f"{NAME}：2023年第三季度已定稿归档，{told}"
    assert run("freeze_period", "2023Q3", at="2023-11-02") == (
        f"{NAME}：2023年第三季度此前已定稿归档，没有改动，{told}"
    )
    closed.refresh_from_db()
    assert (closed.frozen_at, frozen.frozen_by) == (AT, None)


@pytest.mark.parametrize(
    ("code", "options", "sentence"),
    [
        ("2023Q4", {}, "2023年第四季度没有开放过填报。"),
        ("2024Q1", {}, "2024年第一季度不能定稿归档：2024年第一季度尚未截止填报，请先截止填报。"),
        ("2023-3", {}, "季度写法应如 2023Q1，不能是“2023-3”。"),
        ("2023Q3", {"plan": "wuxi"}, "没有标识为 wuxi 的方案。"),
    ],
)
def test_what_cannot_be_frozen_is_refused_by_the_command(closed, plan, code, options, sentence):
    factories.make_period(plan, "2024Q1")
    with pytest.raises(CommandError) as refused:
        run("freeze_period", code, at="2023-11-01", **options)
    assert (str(refused.value), refused.value.returncode) == (sentence, 1)
    assert not FrozenQuarter.objects.exists()
