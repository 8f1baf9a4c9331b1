"""报送表: the return on paper."""

import re

import pytest
from django.utils.html import strip_tags

from indicators.models import Indicator
from tasks import evidence, workflow
from tasks.models import QuarterlyReport, Responsibility
from tests import factories
from tests.factories import moment
from tests.files import upload_of
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
AT = moment("2023-10-09 10:00")
HEAD = ["序号", "重点工作", "责任", "状态、进度", "本季进展"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def sheet(client, plan, period, unit=None):
    path, _, query = return_address(plan, period, unit).partition("?")
    return client.get(f"{path}sheet/?{query}")


def cells(page):
    """The words of each row of the page's tables, cell by cell."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    return [
        [
            " ".join(strip_tags(cell).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def test_a_shared_text_is_printed_once_over_its_merged_rows(signed_in, cast, plan, period, units):
    client = signed_in(cast.kexie_tb)
    for number in (1, 2):
        line = typed(period, units.kexie, number, progress="配合三下乡。", activities="2")
        client.post(return_address(plan, period), line)
    client.post(return_address(plan, period), typed(period, units.kexie, 3, progress="进校园。"))
    page = sheet(client, plan, period).content.decode()
    assert page.count('rowspan="2"') == 1
    assert cells(page)[2:6] == [
        HEAD,
        ["1", "第1项重点工作", "配合", "—", "配合三下乡。 活动 2 场次"],
        ["2", "第2项重点工作", "配合", "—"],
        ["3", "第3项重点工作", "配合", "—", "进校园。"],
    ]


def test_everything_of_a_line_is_on_paper_with_the_names_of_its_files(signed_in, cast, plan, period, units):
    texts = {"results": "满意。", "problems": "缺经费。", "next_steps": "再办2期。"}
    data = typed(period, units.nongye, 1, completion="40", progress="办班。", people_trained="1200", **texts)
    client = signed_in(cast.nongye)
    client.post(return_address(plan, period), data)
    own = Responsibility.objects.get(department=units.nongye, task__number=1)
    for name in ("名册.pdf", "照片.pdf"):
        evidence.attach(period, units.nongye, [own.pk], upload_of(name), by=cast.nongye, at=AT)
    page = sheet(client, plan, period).content.decode()
    assert cells(page)[3] == [
        "1",
        "第1项重点工作",
        "牵头",
        "推进中40%",
        "办班。取得成效：满意。问题与困难：缺经费。下步计划：再办2期。 培训 1,200 人次 佐证材料：名册.pdf、照片.pdf",
    ]


def test_a_line_with_a_file_alone_is_on_paper(signed_in, cast, plan, period, units):
    own = Responsibility.objects.get(department=units.kexie, task__number=1)
    evidence.attach(period, units.kexie, [own.pk], upload_of("名册.pdf"), by=cast.kexie_tb, at=AT)
    page = sheet(signed_in(cast.kexie_tb), plan, period).content.decode()
    assert "佐证材料：名册.pdf" in page
    assert "填报人：kexie_tb" in page


def test_the_figures_of_indicators_and_what_is_not_filled_in(signed_in, cast, plan, period, units):
    Indicator.objects.create(
        plan=plan, code="farmers", name="农民教育培训", kind="CUMULATIVE", unit="人次", owner=units.nongye
    )
    client = signed_in(cast.nongye)
    client.post(
        return_address(plan, period), typed(period, units.nongye, 1, completion="40", progress="一。")
    )
    page = " ".join(strip_tags(sheet(client, plan, period).content.decode()).split())
    assert "二、指标监测数据" in page
    assert (
        "尚未填写：牵头工作 1 项（第 2 项），补齐后才能报送；指标 1 项（农民教育培训）；配合工作 1 项（不影响报送）；"
        in page
    )


def test_an_empty_return_says_so(signed_in, cast, plan, period):
    page = sheet(signed_in(cast.nongye), plan, period).content.decode()
    assert "本季还没有填写内容。" in page
    assert "牵头工作 2 项（第 1 项、第 2 项），补齐后才能报送" in page
    assert cells(page)[-4:] == [
        ["填报人：", "审核人：", "签发人："],
        ["联系电话：", "日期：年 月 日", "职务："],
        [f"制表时间：{page.split('制表时间：')[1][:16]}", "日期：年 月 日"],
        ["（单位公章）"],
    ]


def test_who_filled_in_approved_and_signed_is_printed_where_it_is_known(
    signed_in, cast, plan, period, units, clock
):
    clock("2023-10-10 08:00")
    type(cast.nongye).objects.filter(pk=cast.nongye.pk).update(phone="023-59220000")
    report = factories.fill(period, units.nongye, by=cast.nongye, at=AT)
    report = workflow.send_up(report, by=cast.nongye, at=AT, version=report.version)
    report = workflow.submit(report, by=cast.nongye_sh, at=AT, version=report.version)
    client = signed_in(cast.nongye)
    assert cells(sheet(client, plan, period).content.decode())[-4:] == [
        ["填报人：王琳", "审核人：nongye_sh", "签发人："],
        ["联系电话：023-59220000", "日期：2023年10月9日", "职务："],
        ["制表时间：2023-10-10 08:00", "日期：年 月 日"],
        ["（单位公章）"],
    ]
    report = workflow.withdraw(report, by=cast.nongye, at=AT, version=report.version)
    signature = workflow.Signature("李主任", "主任", AT.date())
    workflow.submit(report, by=cast.nongye, at=AT, version=report.version, signature=signature)
    assert cells(sheet(client, plan, period).content.decode())[-4:-1] == [
        ["填报人：王琳", "审核人：", "签发人：李主任"],
        ["联系电话：023-59220000", "日期：年 月 日", "职务：主任"],
        ["制表时间：2023-10-10 08:00", "日期：2023年10月9日"],
    ]


@pytest.mark.parametrize(
    ("user", "status"), [("jiaowei", 404), ("lingdao", 404), ("kexie", 403), ("nongye_sh", 200)]
)
def test_a_draft_on_paper_is_its_units(signed_in, cast, plan, period, units, user, status):
    factories.fill(period, units.nongye, by=cast.nongye, at=AT)
    assert sheet(signed_in(getattr(cast, user)), plan, period, units.nongye).status_code == status


def test_filed_for_the_unit_is_marked_on_paper_also_once_it_is_accepted(signed_in, cast, plan, period, units):
    report = factories.fill(period, units.jiaowei, by=cast.kexie, at=AT)
    source = "县教委2023年10月8日书面报送表"
    draft = sheet(signed_in(cast.kexie), plan, period, units.jiaowei).content.decode()
    assert "本表由县科协代填，报送时须写明所依据的材料。" in draft
    report = workflow.submit(report, by=cast.kexie, at=AT, version=report.version, proxy_source=source)
    marked = f"本表由县科协代填，依据：{source}。"
    assert marked in sheet(signed_in(cast.jiaowei), plan, period).content.decode()
    workflow.accept(report, by=cast.zhengfuban, at=AT, version=report.version)
    page = sheet(signed_in(cast.jiaowei), plan, period).content.decode()
    assert marked in page
    assert "填报人：科协干部（代填）" in page


def test_the_sheet_costs_the_same_however_many_lines(
    signed_in, cast, plan, period, units, django_assert_num_queries
):
    client = signed_in(cast.nongye)
    QuarterlyReport.objects.create(period=period, department=units.nongye)
    client.post(
        return_address(plan, period), typed(period, units.nongye, 1, completion="40", progress="一。")
    )
    with django_assert_num_queries(15):
        sheet(client, plan, period)
    client.post(
        return_address(plan, period), typed(period, units.nongye, 2, completion="40", progress="二。")
    )
    client.post(return_address(plan, period), typed(period, units.nongye, 3, progress="三。"))
    with django_assert_num_queries(15):
        sheet(client, plan, period)
