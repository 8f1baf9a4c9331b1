"""报送表: the return on paper."""

import pytest

from tasks import workflow
from tests import factories
from tests.factories import moment
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db


def sheet(client, plan, period, unit=None):
    path, _, query = return_address(plan, period, unit).partition("?")
    return client.get(f"{path}sheet/?{query}")


def test_it_holds_the_return_a_shared_text_once_and_the_places_to_sign(signed_in, cast, plan, period, units):
    client = signed_in(cast.kexie_tb)
    for number in (1, 2):
        client.post(return_address(plan, period), typed(period, units.kexie, number, progress="配合三下乡。"))
    page = sheet(client, plan, period).content.decode()
    assert page.count("配合三下乡。") == 1
    assert '<td rowspan="2">' in page
    assert "填报人：kexie_tb" in page
    for place in ("审核人：", "签发人（职务）：", "（单位公章）"):
        assert place in page


def test_an_empty_return_says_so(signed_in, cast, plan, period):
    page = sheet(signed_in(cast.nongye), plan, period).content.decode()
    assert "本季还没有填写内容。" in page
    assert "还有 2 项牵头工作没有填写完整" in page


@pytest.mark.parametrize(
    ("user", "status"), [("jiaowei", 404), ("lingdao", 404), ("kexie", 403), ("nongye_sh", 200)]
)
def test_a_draft_on_paper_is_its_units(signed_in, cast, plan, period, units, user, status):
    factories.fill(period, units.nongye, by=cast.nongye, at=moment("2023-10-09 10:00"))
    assert sheet(signed_in(getattr(cast, user)), plan, period, units.nongye).status_code == status


def test_filed_for_the_unit_is_marked_on_paper_and_wherever_it_is_read(signed_in, cast, plan, period, units):
    at = moment("2023-10-09 10:00")
    report = factories.fill(period, units.jiaowei, by=cast.kexie, at=at)
    source = "县教委2023年10月8日书面报送表"
    report = workflow.submit(report, by=cast.kexie, at=at, version=report.version, proxy_source=source)
    assert (
        f"本表由县科协代填，依据：{source}。" in sheet(signed_in(cast.jiaowei), plan, period).content.decode()
    )
    workflow.accept(report, by=cast.zhengfuban, at=at, version=report.version)
    client = signed_in(cast.lingdao)
    for page in ("tasks/3/", f"departments/{units.jiaowei.pk}/"):
        text = client.get(f"/plans/{plan.slug}/{page}?period=2023Q3").content.decode()
        assert f'title="依据：{source}">代填</span>' in text
