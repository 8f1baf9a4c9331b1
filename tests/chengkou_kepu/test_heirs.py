"""What heirs of a reformed unit do in its name: extensions, reminders, 征集, close-outs and their files."""

import re
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from chengkou_kepu import reform
from departments.models import AuditRecord, Department, Notice
from tasks import cooperation, evidence, extensions
from tasks.ledger import Ledger
from tasks.models import CloseOut, Extension, Reminder, Responsibility
from tasks.refusals import Refused
from tests import factories
from tests.factories import moment
from tests.files import upload_of
from tests.posting import return_address

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
AT = moment("2023-10-09 09:00")
NEW = "县教育委员会"
BEFORE_THE_END, AFTER_THE_END = date(2023, 9, 20), date(2023, 10, 8)


@pytest.fixture(autouse=True)
def today(clock):
    clock("2023-10-09 09:00")


@pytest.fixture
def reformed(cast, units, period):
    """县教委 is renamed, or merged, from the day on, as recorded on 9 October; the heir."""

    def carry_out(effective_on, kind="RENAME", name=NEW):
        change = reform.Change(kind, (units.jiaowei,), (name,), effective_on, "城委办发〔2023〕9号")
        preview = reform.preview(change, reform.Choices(), by=cast.kexie, at=AT)
        reform.carry_out(change, reform.Choices(), by=cast.kexie, at=AT)
        return Department.objects.get(name=name, ends_on=None), preview

    return carry_out


@pytest.fixture
def granted(period, units, cast):
    """县教委 may file 2023Q3 until 16 October."""
    asked = {"until": date(2023, 10, 16), "by": cast.jiaowei, "at": moment("2023-10-08 09:00")}
    extension = extensions.ask_extension(period, units.jiaowei, reason="人员在外培训", **asked)
    return extensions.grant(extension, until=date(2023, 10, 16), by=cast.kexie, at=AT)


def days(plan, period):
    """{unit: the day to which its deadline in the period was extended}."""
    ledger = Ledger.load(plan)
    return {
        str(unit): ledger.extended_to(period, unit.pk)
        for unit in Department.objects.filter(region=plan.region)
    }


class TestExtensions:
    def test_it_goes_with_the_return(self, granted, reformed, plan, period):
        _, preview = reformed(BEFORE_THE_END)
        assert list(preview.extensions) == [granted]
        extended = {unit: day for unit, day in days(plan, period).items() if day}
        assert extended == {NEW: date(2023, 10, 16)}

    def test_a_heir_that_has_begun_its_own_return_keeps_its_deadline(
        self, granted, reformed, plan, period, units, cast
    ):
        factories.make_report(period, units.nongye, status="DRAFT")
        _, preview = reformed(BEFORE_THE_END, "MERGE", "县农业农村委")
        assert list(preview.extensions) == []
        assert {unit: day for unit, day in days(plan, period).items() if day} == {}
        granted.refresh_from_db()
        assert (granted.status, granted.granted_until, granted.decided_by) == ("LAPSED", None, cast.kexie)
        record = AuditRecord.objects.get(verb="延期失效")
        assert (record.subject, record.detail) == (
            "县教委2023年第三季度季报",
            "延期申请已失效：机构改革后，该期由承接单位报送。（原为：已同意延期至2023年10月16日24时。）",
        )
        told = Notice.objects.filter(key=f"extension-{granted.pk}-LAPSED").values_list(
            "user__username", "text"
        )
        sentence = "县教委2023年第三季度季报延期申请已失效：机构改革后，该期由承接单位报送。"
        assert set(told) == {(name, sentence) for name in ("jiaowei", "nongye", "nongye_sh")}

    def test_what_nobody_answered_before_the_merger_stands_in_the_way_of_nothing(
        self, reformed, signed_in, plan, period, units, cast, clock
    ):
        asked = {"until": date(2023, 10, 16), "reason": "培训", "by": cast.jiaowei, "at": AT}
        extension = extensions.ask_extension(period, units.jiaowei, **asked)
        factories.make_report(period, units.nongye, status="DRAFT")
        reformed(BEFORE_THE_END, "MERGE", "县农业农村委")
        client = signed_in(cast.kexie)
        page = client.get(f"{URL}review/").content.decode()
        assert "待答复的延期申请" not in page
        data = {"verb": "grant", "due_on": "2023-10-16"}
        page = client.post(f"{URL}extensions/{extension.pk}/", data, follow=True).content.decode()
        assert "延期申请已失效：机构改革后，该期由承接单位报送。" in page
        clock("2023-10-11 09:00")
        client.post(f"{URL}periods/{period.code}/", {"verb": "close"})
        period.refresh_from_db()
        assert period.closed_at == moment("2023-10-11 09:00")

    def test_one_that_an_ended_unit_asked_for_by_mistake_is_not_granted(
        self, reformed, signed_in, period, units, cast
    ):
        asked = {"until": date(2023, 10, 16), "reason": "培训", "by": cast.jiaowei, "at": AT}
        extension = extensions.ask_extension(period, units.jiaowei, **asked)
        type(units.jiaowei).objects.filter(pk=units.jiaowei.pk).update(ends_on=date(2023, 9, 19))
        data = {"verb": "grant", "due_on": "2023-10-16"}
        client = signed_in(cast.kexie)
        page = client.post(f"{URL}extensions/{extension.pk}/", data, follow=True).content.decode()
        assert "县教委至2023年9月19日止，2023年第三季度由承接其工作的单位报送。" in page
        assert Extension.objects.get().status == "ASKED"

    def test_of_two_units_merged_the_longest_granted_holds(self, granted, period, plan, units, cast):
        asked = {"until": date(2023, 10, 20), "reason": "培训", "by": cast.nongye, "at": AT}
        extensions.ask_extension(period, units.nongye, **asked)
        both = (units.nongye, units.jiaowei)
        change = reform.Change("MERGE", both, ("县农教委",), BEFORE_THE_END, "城委办发〔2023〕9号")
        reform.carry_out(change, reform.Choices(), by=cast.kexie, at=AT)
        extended = {unit: day for unit, day in days(plan, period).items() if day}
        assert extended == {"县农教委": date(2023, 10, 16)}
        assert list(Extension.objects.order_by("pk").values_list("department__name", "status")) == [
            ("县农教委", "GRANTED"),
            ("县农业农村委", "LAPSED"),
        ]

    def test_the_former_units_deadline_is_asked_for_by_its_people(
        self, reformed, signed_in, cast, period, plan, units
    ):
        heir, _ = reformed(AFTER_THE_END)
        client = signed_in(cast.jiaowei)
        address = f"{URL}filing/{period.code}/extension/?unit="
        data = {"until": "2023-10-16", "reason": "正在交接"}
        refused = client.post(f"{address}{heir.pk}", data)
        sentence = f"{NEW}自2023年10月8日起设立，2023年第三季度由原单位报送。"
        assert sentence in refused.content.decode()
        assert "申请延期" not in client.get(return_address(plan, period, heir)).content.decode()
        assert signed_in(cast.nongye).post(f"{address}{units.jiaowei.pk}", data).status_code == 404
        assert Extension.objects.count() == 0
        client = signed_in(cast.jiaowei)
        assert client.post(f"{address}{units.jiaowei.pk}", data).status_code == 302
        Notice.objects.all().delete()
        extensions.refuse(Extension.objects.get(), reason="可代填", by=cast.kexie, at=AT)
        assert [(n.user, n.path) for n in Notice.objects.all()] == [
            (cast.jiaowei, return_address(plan, period, units.jiaowei))
        ]

    def test_a_unit_that_ended_before_the_quarters_end_asks_for_none(self, reformed, units, period, cast):
        reformed(BEFORE_THE_END)
        units.jiaowei.refresh_from_db()
        asked = {"until": date(2023, 10, 16), "reason": "交接", "by": cast.jiaowei, "at": AT}
        with pytest.raises(Refused, match="县教委至2023年9月19日止，2023年第三季度由承接其工作的单位报送。"):
            extensions.ask_extension(period, units.jiaowei, **asked)
        assert Extension.objects.count() == 0


class TestReminders:
    def test_the_former_unit_is_reminded_through_its_people(self, reformed, signed_in, cast, period, units):
        reformed(AFTER_THE_END)
        client = signed_in(cast.kexie)
        rows = client.get(f"{URL}periods/{period.code}/reminders/").context["rows"]
        people = {row.unit.department: [user.username for user in row.people] for row in rows}
        assert people == {"县农业农村委": ["nongye", "nongye_sh"], "县教委": ["jiaowei"]}
        groups = client.get(f"{URL}periods/{period.code}/").context["page"].groups
        reporters = {row.unit.department: row.reporters for group in groups for row in group.rows}
        assert reporters == {"县农业农村委": (str(cast.nongye),), "县教委": ("jiaowei",)}
        call_command("send_reminders", at="2023-10-09T09:00", stdout=StringIO())
        told = Reminder.objects.order_by("pk").values_list("department__name", "step", "people")
        assert list(told) == [("县农业农村委", -1, 2), ("县教委", -1, 1)]

    def test_the_heir_is_reminded_of_the_quarter_it_owes(self, reformed, cast, period):
        reformed(BEFORE_THE_END)
        call_command("send_reminders", at="2023-10-09T09:00", stdout=StringIO())
        told = Reminder.objects.order_by("pk").values_list("department__name", "step", "people")
        assert list(told) == [("县农业农村委", -1, 2), (NEW, -1, 1)]


class TestCooperation:
    def test_the_former_unit_is_asked_and_its_people_answer(
        self, reformed, signed_in, cast, plan, period, units
    ):
        reformed(AFTER_THE_END)
        line = Responsibility.objects.get(department=units.jiaowei, task__number=1)
        asked = {"due_on": date(2023, 10, 10), "by": cast.nongye, "at": AT}
        cooperation.ask_support(period, units.nongye, [line], **asked)
        client = signed_in(cast.jiaowei)
        asks = client.get(f"{URL}?period=2023Q3").context["asks"]
        assert [(ask.label, ask.unit) for ask in asks] == [
            ("去填报", units.jiaowei.pk),
            ("去答复", units.jiaowei.pk),
        ]
        data = {f"line-{line.pk}-version": "0", f"line-{line.pk}-progress": "协办。", "answer": line.pk}
        assert client.post(return_address(plan, period, units.jiaowei), data).status_code == 302
        request = line.support_requests.get()
        assert (request.answered_by, request.responsibility.department) == (cast.jiaowei, units.jiaowei)


class TestCloseOuts:
    def test_its_people_apply_for_the_former_unit_and_add_files(
        self, reformed, signed_in, cast, plan, period, units
    ):
        reformed(AFTER_THE_END)
        factories.make_report(period, units.jiaowei, completions={3: 100})
        address = f"{URL}tasks/3/close-out/"
        data = {"summary": "全部完成。", "files": [upload_of("验收.pdf")]}
        assert signed_in(cast.nongye).post(address, data).status_code == 403
        data["files"] = [upload_of("验收.pdf")]
        assert signed_in(cast.jiaowei).post(address, data).status_code == 302
        close_out = CloseOut.objects.get()
        assert (close_out.department, close_out.applied_by) == (units.jiaowei, cast.jiaowei)
        evidence.attach_to_close_out(close_out, upload_of("照片.pdf"), by=cast.jiaowei, at=AT)
        assert [file.name for file in close_out.evidence.order_by("pk")] == ["验收.pdf", "照片.pdf"]


@pytest.mark.parametrize("path", ["filing/", "filing/2023Q3/", "filing/2023Q3/cooperation/"])
def test_units_of_one_name_are_told_apart_by_their_end(signed_in, cast, reformed, period, path):
    """县教委 was 县教育委员会 for a while and is 县教委 again."""
    renamed, _ = reformed(date(2023, 3, 20))
    change = reform.Change("RENAME", (renamed,), ("县教委",), date(2023, 8, 1), "城委办发〔2023〕19号")
    reform.carry_out(change, reform.Choices(), by=cast.kexie, at=AT)
    page = signed_in(cast.jiaowei).get(f"{URL}{path}").content.decode()
    switcher = re.search(r'<nav[^>]*aria-label="本人所在单位">(.*?)</nav>', page, re.DOTALL)[1]
    assert re.findall(r">([^<>]+)</a>", switcher) == [
        "县教委",
        "县教育委员会（2023年7月止）",
        "县教委（2023年3月止）",
    ]
