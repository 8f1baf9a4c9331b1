"""机构改革 after 定稿归档: the archive keeps the units it stored, the next quarter has those in their place."""

import re
from datetime import date
from io import BytesIO

import openpyxl
import pytest

from chengkou_kepu import reform
from chengkou_kepu.freezing import freeze_quarter
from departments.models import Department
from indicators.models import Indicator
from tasks.errata import correct_completion
from tasks.ledger import Ledger
from tasks.models import Erratum, ProgressEntry, Responsibility
from tasks.permissions import files_by_proxy
from tasks.refusals import Refused
from tasks.selection import periods_of
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

PLAN = "/plans/chengkou-2021-2025/"
FROZEN_AT, AT = moment("2023-11-01 09:00"), moment("2023-12-20 09:00")
NEW = "县文化和旅游发展委员会"


def unit(name):
    return Department.objects.get(region__code="500229", name=name, ends_on=None)


@pytest.fixture
def frozen(county, cast, clock):
    """2023Q3 of the county's plan, in which two units have filed; 2023Q4 is open."""
    clock("2023-12-20 09:00")
    factories.make_period(county, "2022Q4", closed_at=moment("2023-02-01 09:00"))
    period = factories.make_period(county, "2023Q3", closed_at=moment("2023-10-25 09:00"))
    factories.make_period(county, "2023Q4", opens_at=moment("2023-12-15 09:00"))
    for name in ("县文化旅游委", "县乡村振兴局"):
        led = (
            Responsibility.objects.leads()
            .filter(department=unit(name))
            .values_list("task__number", flat=True)
        )
        factories.make_report(period, unit(name), completions=dict.fromkeys(led, 40))
    Indicator.objects.create(
        plan=county,
        code="visits",
        name="参观人次",
        kind="CUMULATIVE",
        unit="人次",
        owner=unit("县文化旅游委"),
    )
    return freeze_quarter(period, by=cast.kexie, at=FROZEN_AT)


@pytest.fixture
def reformed(frozen, cast):
    """From 1 August 2023 on, recorded after the archive: a merger into a lead, and a rename."""
    frozen_units = {name: unit(name) for name in ("县乡村振兴局", "县文化旅游委")}

    def carry_out():
        for kind, name, new in (
            ("MERGE", "县乡村振兴局", "县农业农村委"),
            ("RENAME", "县文化旅游委", NEW),
        ):
            change = reform.Change(
                kind, (frozen_units[name],), (new,), date(2023, 8, 1), "城委办发〔2023〕9号"
            )
            reform.carry_out(change, reform.Choices(), by=cast.kexie, at=AT)

    return carry_out


def shown(client, path, code):
    page = client.get(f"{PLAN}{path}?period={code}")
    assert page.status_code == 200, path
    html = page.content.decode()
    return re.sub(
        r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", html[html.index('<section class="bar') :]
    )


def archive(client, ids):
    tasks = Responsibility.objects.filter(department__in=ids).values_list("task__number", flat=True)
    paths = ["", "tasks/", "departments/", "indicators/", "indicators/visits/"]
    paths += [f"tasks/{number}/" for number in sorted(set(tasks))[:4]]
    paths += [f"departments/{pk}/" for pk in ids]
    table = client.get(f"{PLAN}exports/responsibility-table.xlsx?period=2023Q3").getvalue()
    return {path: shown(client, path, "2023Q3") for path in paths} | {
        "summary": client.get(f"{PLAN}exports/summary.xlsx?period=2023Q3").getvalue(),
        "table": [[cell.value for cell in row] for row in openpyxl.load_workbook(BytesIO(table)).active],
    }


def test_the_archive_stays_and_the_next_quarter_has_the_new_units(frozen, reformed, signed_in, cast):
    client = signed_in(cast.lingdao)
    ids = [unit(name).pk for name in ("县乡村振兴局", "县文化旅游委", "县农业农村委")]
    before = archive(client, ids)
    assert "县乡村振兴局" in before["departments/"]
    reformed()
    after = archive(client, ids)
    assert [path for path in before if after[path] != before[path]] == []
    filings = client.get(f"{PLAN}departments/?period=2023Q4").context
    names = [u.department for u in (*filings["leads"], *filings["supports"])]
    assert (NEW in names, "县文化旅游委" in names, "县乡村振兴局" in names) == (True, False, False)
    owner = client.get(f"{PLAN}indicators/visits/?period=2023Q4").context
    assert owner["standing"].owner == NEW
    assert [f.department for f in owner["detail"].former_owners] == ["县文化旅游委"]
    page = shown(client, f"departments/{unit(NEW).pk}/", "2023Q4")
    assert "2023年8月1日起承接" in page


def test_the_period_page_of_the_archive_keeps_its_units(frozen, reformed, signed_in, cast):
    client = signed_in(cast.kexie)
    before = client.get(f"{PLAN}periods/2023Q3/").context["page"].groups
    told = [[(row.unit, row.indicators) for row in group.rows] for group in before]
    reformed()
    after = client.get(f"{PLAN}periods/2023Q3/").context["page"].groups
    assert [[(row.unit, row.indicators) for row in group.rows] for group in after] == told


def test_a_unit_of_the_archive_is_found_by_the_name_it_has_since(frozen, reformed, signed_in, cast):
    reformed()
    client = signed_in(cast.lingdao)
    found = client.get(f"{PLAN}departments/", {"period": "2023Q3", "name": NEW}).context
    assert [u.department for u in (*found["leads"], *found["supports"])] == ["县文化旅游委"]


def test_a_correction_of_the_archive_stands_for_the_heir(frozen, reformed, county, cast):
    """The former unit's figure of the frozen quarter is corrected: its heir's progress goes on from that."""
    line = Responsibility.objects.leads().filter(department__name="县文化旅游委").order_by("pk").first()
    reformed()
    period = next(p for p in periods_of(county) if p.code == "2023Q3")
    erratum = correct_completion(period, line, 25, reason="口径有误", by=cast.kexie, at=AT)
    heir = Responsibility.objects.get(continues=line)
    assert heir.department == unit(NEW)
    later = next(p for p in periods_of(county) if p.code == "2023Q4")
    before = ProgressEntry.objects.latest_accepted_before(later, [heir])[heir.pk]
    assert (before.stands_at, before.stands_since) == (25, erratum.period)
    said = [(s.completion, s.corrected) for s in Ledger.load(county).statements[heir.pk]]
    assert said == [(40, False), (25, True)]


def test_a_correction_speaks_of_the_unit_as_the_archive_stored_it(frozen, reformed, signed_in, county, cast):
    """Also of a duty that the reform, dated before it began, gave to the unit that it names now."""
    line = Responsibility.objects.leads().filter(department__name="县文化旅游委").order_by("pk").first()
    reformed()
    Responsibility.objects.filter(pk=line.pk).update(department=unit(NEW))
    client = signed_in(cast.kexie)
    page = client.get(f"{PLAN}periods/2023Q3/archive/")
    label = f"第{line.task.number}项：县文化旅游委自评进度"
    groups = page.context["form"].fields["subject"].choices[1:]
    offered = {key: text for _, choices in groups for key, text in choices}
    assert offered[f"lead-{line.pk}"] == f"{label}（原为40%）"
    data = {"verb": "correct", "subject": f"lead-{line.pk}", "new": "25", "reason": "口径有误"}
    assert client.post(f"{PLAN}periods/2023Q3/archive/", data).status_code == 302
    assert list(Erratum.objects.values_list("subject", "old", "new")) == [
        (label, "40%（推进中）", "25%（推进中）")
    ]
    html = client.get(f"{PLAN}periods/2023Q3/archive/").content.decode()
    assert (label in html, NEW in html) == (True, False)


def test_a_quarter_frozen_meanwhile_takes_nothing_over(county, cast, clock, monkeypatch):
    """The reform holds the quarters it moves returns of; one archived just before keeps its own."""
    clock("2023-12-20 09:00")
    period = factories.make_period(county, "2023Q3", closed_at=moment("2023-10-25 09:00"))
    report = factories.make_report(period, unit("县文化旅游委"), status="DRAFT")
    monkeypatch.setattr(type(period), "hold", lambda held: setattr(held, "frozen_at", FROZEN_AT))
    change = reform.Change("RENAME", (unit("县文化旅游委"),), (NEW,), date(2023, 8, 1), "城委办发〔2023〕9号")
    reform.carry_out(change, reform.Choices(), by=cast.kexie, at=AT)
    report.refresh_from_db()
    assert report.department.name == "县文化旅游委"
    with pytest.raises(Refused, match="已于2023年7月31日终止"):
        reform.carry_out(change, reform.Choices(), by=cast.kexie, at=AT)


@pytest.mark.parametrize(("kind", "names", "expected"), [("ABOLISH", (), True), ("RENAME", (NEW,), False)])
def test_what_an_abolished_unit_began_is_finished_by_kexie(kind, names, expected, county, cast, clock):
    """A unit's own draft of an earlier quarter; where another unit answers for it, that one finishes it."""
    clock("2023-12-20 09:00")
    period = factories.make_period(county, "2023Q3", closed_at=moment("2023-10-25 09:00"))
    old = unit("县文化旅游委")
    factories.make_user("wenlv", ("REPORTER", old))
    report = factories.make_report(period, old, status="DRAFT")
    assert not files_by_proxy(cast.kexie, report)
    change = reform.Change(kind, (old,), names, date(2023, 12, 1), "城委办发〔2023〕9号")
    places = {d.pk: "县农业农村委" for d in reform.held_by([old], change.effective_on)}
    reform.carry_out(change, reform.Choices(duties=places), by=cast.kexie, at=AT)
    report = type(report).objects.select_related("period__plan", "department").get(pk=report.pk)
    assert files_by_proxy(cast.kexie, report) is expected
