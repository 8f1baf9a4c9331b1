"""Who is told of a moved deadline, a correction of an archived quarter and a decision on duties: once, in its transaction."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import Membership, Notice, Role
from indicators.models import Indicator
from tasks import reassignment
from tests import factories
from tests.factories import moment
from tests.posting import return_address

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
PERIOD = f"{URL}periods/2023Q3/"


@pytest.fixture(autouse=True)
def before_the_deadline(clock):
    clock("2023-10-05 09:00")


@pytest.fixture
def coordinator(signed_in, cast, plan):
    return signed_in(cast.kexie)


def told():
    """{username: [(text, path)]} of all notices."""
    rows = Notice.objects.order_by("pk").values_list("user__username", "text", "path")
    by_user = {}
    for user, text, path in rows:
        by_user.setdefault(user, []).append((text, path))
    return by_user


class TestDeadline:
    EARLIER = (
        "2023年第三季度季报的截止日期由2023年10月10日改为2023年10月8日，提前 2 天。"
        "尚未报送的，请按调整后的日期报送。"
    )
    LATER = (
        "2023年第三季度季报的截止日期由2023年10月8日改为2023年10月13日。尚未报送的，请按调整后的日期报送。"
    )

    def test_the_owing_units_are_told_once_of_each_change(self, coordinator, period):
        there = f"{URL}filing/2023Q3/"
        for day in ("2023-10-08", "2023-10-08", "2023-10-13"):
            coordinator.post(PERIOD, {"verb": "due", "due_on": day})
        both = [(self.EARLIER, there), (self.LATER, there)]
        assert told() == {"nongye": both, "nongye_sh": both, "jiaowei": both}

    def test_who_owes_for_an_indicator_is_told_and_not_who_moved_it(
        self, coordinator, cast, plan, period, units
    ):
        Indicator.objects.create(
            plan=plan, code="own", name="培训人次", kind="CUMULATIVE", owner=units.kexie, position=1
        )
        Membership.objects.create(user=cast.kexie, role=Role.REPORTER, department=units.kexie)
        coordinator.post(PERIOD, {"verb": "due", "due_on": "2023-10-08"})
        assert sorted(told()) == ["jiaowei", "kexie_tb", "nongye", "nongye_sh"]

    @pytest.mark.parametrize("day", ["", "2023-09-30"])
    def test_a_refused_change_tells_nobody(self, coordinator, period, day):
        coordinator.post(PERIOD, {"verb": "due", "due_on": day})
        assert told() == {}

    def test_costs_the_same_for_more_units(self, coordinator, plan, period):
        counts = []
        for number, day in enumerate(("2023-10-08", "2023-10-09", "2023-10-13")):
            unit = factories.make_department(f"县第{number}局")
            factories.make_user(f"tb{number}", ("REPORTER", unit))
            factories.make_task(plan, 10 + number, leads=[unit])
            with CaptureQueriesContext(connection) as captured:
                coordinator.post(PERIOD, {"verb": "due", "due_on": day})
            counts.append(len(captured))
        assert counts == [counts[0]] * 3


class TestCorrection:
    ARCHIVE = f"{PERIOD}archive/"

    @pytest.fixture
    def frozen(self, signed_in, cast, plan, period, units, clock):
        """2023Q3, archived: 县农业农村委 at 61 and 20; 2023Q4 open."""
        factories.make_report(period, units.nongye, completions={1: 61, 2: 20})
        clock("2023-11-01 09:00")
        for address, verb in ((PERIOD, "close"), (self.ARCHIVE, "freeze")):
            signed_in(cast.kexie).post(address, {"verb": verb})
        clock("2024-01-05 09:00")
        return factories.make_period(plan, "2023Q4")

    def correct(self, client, subject, new, reason="重复计数"):
        return client.post(
            self.ARCHIVE, {"verb": "correct", "subject": subject, "new": new, "reason": reason}
        )

    def lead(self, plan, number):
        return plan.tasks.get(number=number).responsibilities.get(role="LEAD", valid_to=None)

    def test_the_lead_is_told_and_its_next_form_says_so(self, signed_in, cast, plan, units, frozen):
        lead = self.lead(plan, 1)
        self.correct(signed_in(cast.kexie), f"lead-{lead.pk}", "40")
        text = (
            "2023年第三季度归档数据已作更正：第1项：县农业农村委自评进度，原为61%（推进中），"
            "更正为40%（推进中）。原因和依据：重复计数"
        )
        there = f"{URL}tasks/1/?period=2023Q3"
        assert told() == {"nongye": [(text, there)], "nongye_sh": [(text, there)]}
        client = signed_in(cast.nongye)
        assert "更正为" in client.get(there).content.decode()
        page = client.get(return_address(plan, frozen)).content.decode()
        before = re.findall(r'<div class="before"><div class="small muted">(.*?)</div>', page)
        assert before == [
            "2023年第三季度（审核通过，进度 61%；归档后更正为 40%）",
            "2023年第三季度（审核通过，进度 20%）",
            "以前没有审核通过的进展。",
        ]

    def test_where_nothing_new_was_reported_since_the_form_says_what_stands(
        self, signed_in, cast, plan, units, frozen
    ):
        lead = self.lead(plan, 1)
        self.correct(signed_in(cast.kexie), f"lead-{lead.pk}", "40")
        report = factories.make_report(frozen, units.nongye)
        report.entries.create(responsibility=lead, no_change=True, no_change_reason="农闲")
        later = factories.make_period(plan, "2024Q1")
        page = signed_in(cast.nongye).get(return_address(plan, later)).content.decode()
        assert "2023年第四季度（审核通过；归档后更正为 40%）" in page

    def test_who_has_taken_over_since_is_told_as_well(self, signed_in, cast, plan, units, frozen):
        lead = self.lead(plan, 1)
        decision = {
            "leads": [units.jiaowei],
            "supports": [units.nongye],
            "decided_by": "纪要",
            "reason": "调整",
        }
        at = moment("2024-01-04 09:00")
        reassignment.reassign(lead.task, year=2023, quarter=4, by=cast.kexie, at=at, **decision)
        Notice.objects.all().delete()
        self.correct(signed_in(cast.kexie), f"lead-{lead.pk}", "40")
        assert sorted(told()) == ["jiaowei", "nongye", "nongye_sh"]

    def test_matters_in_words_are_told_to_the_unit_they_are_about(self, signed_in, cast, units, frozen):
        self.correct(signed_in(cast.kexie), f"unit-{units.jiaowei.pk}", "按时", reason="纸质件在期内收到")
        self.correct(signed_in(cast.kexie), "plan", "30%", reason="漏计")
        text = (
            "2023年第三季度归档数据已作更正：县教委报送情况，原为未报，更正为按时。"
            "原因和依据：纸质件在期内收到"
        )
        assert told() == {"jiaowei": [(text, f"{URL}?period=2023Q3")]}

    def test_a_refused_correction_tells_nobody(self, signed_in, cast, plan, frozen):
        self.correct(signed_in(cast.kexie), f"lead-{self.lead(plan, 1).pk}", "61")
        self.correct(signed_in(cast.kexie), f"lead-{self.lead(plan, 1).pk}", "40", reason="")
        assert told() == {}


class TestDuties:
    ACT = f"{URL}tasks/3/reassign/"

    def posted(self, leads, supports):
        data = {
            "quarter": "2023Q4",
            "supports": [u.pk for u in supports],
            "decided_by": "纪要",
            "reason": "调整",
        }
        return data | {f"lead_{place}": unit.pk for place, unit in enumerate(leads, start=1)}

    def test_who_gains_or_loses_a_part_is_told_and_who_keeps_it_is_not(self, coordinator, cast, plan, units):
        """县教委 led task 3, 县科协 and 县农业农村委 supported; then 县农业农村委 leads and 县教委 has no part."""
        data = self.posted([units.nongye], [units.kexie])
        preview = coordinator.post(self.ACT, data | {"verb": "preview"})
        assert told() == {}
        seen = preview.context["foreseen"].seen
        assert coordinator.post(self.ACT, data | {"verb": "confirm", "seen": seen}).status_code == 302
        text = (
            "第3项“第3项重点工作”责任分工调整，自2023年第四季度起：县农业农村委改为牵头单位；"
            "不再列牵头单位县教委。依据：纪要。理由：调整"
        )
        notice = [(text, f"{URL}tasks/3/")]
        assert told() == {"nongye": notice, "nongye_sh": notice, "jiaowei": notice}

    def test_a_task_that_is_added_is_told_to_its_units(self, coordinator, cast, plan, units):
        act = f"{URL}actions/1/tasks/new/"
        data = self.posted([units.nongye], [units.jiaowei]) | {"title": "科普交流", "nature": "STANDING"}
        seen = coordinator.post(act, data | {"verb": "preview"}).context["foreseen"].seen
        assert told() == {}
        assert coordinator.post(act, data | {"verb": "confirm", "seen": seen}).status_code == 302
        text = (
            "第4项“科普交流”增列为重点工作，自2023年第四季度起：新增牵头单位县农业农村委；"
            "新增配合单位县教委。依据：纪要。理由：调整"
        )
        notice = [(text, f"{URL}tasks/4/")]
        assert told() == {"nongye": notice, "nongye_sh": notice, "jiaowei": notice}

    def test_where_the_period_is_opened_already_it_leads_there(self, coordinator, cast, plan, units):
        factories.make_period(plan, "2023Q4")
        data = self.posted([units.nongye], [units.kexie])
        seen = coordinator.post(self.ACT, data | {"verb": "preview"}).context["foreseen"].seen
        coordinator.post(self.ACT, data | {"verb": "confirm", "seen": seen})
        assert [path for _, path in told()["jiaowei"]] == [f"{URL}tasks/3/?period=2023Q4"]

    def test_a_refused_decision_tells_nobody(self, coordinator, plan, units):
        data = self.posted([units.jiaowei], [units.kexie, units.nongye])
        coordinator.post(self.ACT, data | {"verb": "preview"})
        assert told() == {}
