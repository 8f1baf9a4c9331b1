"""Settling what the import found uncertain."""

import re

import pytest

from departments.models import AuditRecord
from tasks.findings import settle
from tasks.models import PlanFinding
from tasks.plan_document.kinds import KINDS
from tasks.refusals import NotAllowed, Refused
from tests.factories import moment

AT = moment("2023-10-08 09:00")
LATER = moment("2023-10-09 15:00")


@pytest.fixture
def finding(plan):
    return PlanFinding.objects.create(
        plan=plan, code="title_differs", row=11, message="第11行标题与正文不一致。"
    )


def stored():
    return PlanFinding.objects.values_list("settlement", "settled_by__username", "settled_at").get()


def test_a_coordinator_settles_and_may_think_again(finding, cast):
    settle(finding, by=cast.kexie, at=AT, settlement=" 以表格为准 ")
    assert stored() == ("以表格为准", "kexie", AT)
    settle(finding, by=cast.zhengfuban, at=LATER, settlement="以正文为准")
    assert stored() == ("以正文为准", "zhengfuban", LATER)
    records = AuditRecord.objects.order_by("pk")
    assert list(records.values_list("verb", "subject", "by__username", "at", "detail")) == [
        ("处理核对事项", "第11行标题与正文不一致。", "kexie", AT, "以表格为准"),
        ("处理核对事项", "第11行标题与正文不一致。", "zhengfuban", LATER, "以正文为准"),
    ]


@pytest.mark.parametrize("name", ["nongye", "kexie_tb", "lingdao", "outsider", "sysadmin"])
def test_nobody_else_settles(name, finding, cast):
    with pytest.raises(NotAllowed, match="只有科协工作人员可以处理核对事项。"):
        settle(finding, by=getattr(cast, name), at=AT, settlement="以表格为准")
    assert (stored(), AuditRecord.objects.count()) == (("", None, None), 0)


def test_a_settlement_says_something(finding, cast):
    with pytest.raises(Refused, match="请写明处理意见。"):
        settle(finding, by=cast.kexie, at=AT, settlement=" \n")
    assert stored() == ("", None, None)


def test_findings_stand_by_row_the_whole_documents_last(plan, finding):
    others = [(None, "附件可能不全"), (1, "第1行"), (30, "第30行")]
    for row, message in others:
        PlanFinding.objects.create(plan=plan, code="other", row=row, message=message)
    assert [f.row for f in plan.findings.all()] == [1, 11, 30, None]


def test_every_kind_is_told_in_chinese_and_an_unknown_code_is_not_shown(plan):
    assert [label for label in KINDS.values() if not re.fullmatch("[\u4e00-\u9fff]{4,10}", label)] == []
    codes = ("task_vanished", "no_such_code")
    assert [PlanFinding(plan=plan, code=code).kind for code in codes] == ["新文件缺少该工作", "其他"]
