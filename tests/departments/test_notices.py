"""People are told once, in the portal at once, by email after the commit."""

from datetime import timedelta

import pytest
from django.db import transaction

from departments import notices
from departments.models import Notice, Role
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db
AT = moment("2023-10-09 10:00")


@pytest.fixture
def wang(cast):
    cast.nongye.email = "wang@example.invalid"
    cast.nongye.save()
    return cast.nongye


@pytest.fixture
def tell(django_capture_on_commit_callbacks):
    """Tell users of one deed and commit."""

    def tell(*users, key="event-1"):
        with django_capture_on_commit_callbacks(execute=True):
            notices.notify(users, text="县农业农村委季报审核通过。", path="/notices/", key=key, at=AT)

    return tell


def test_one_deed_is_told_once_and_mailed_once(tell, wang, cast, mailoutbox):
    tell(wang, cast.nongye_sh)
    tell(wang, cast.nongye_sh)
    assert [(n.user, n.text, n.read_at) for n in Notice.objects.order_by("pk")] == [
        (wang, "县农业农村委季报审核通过。", None),
        (cast.nongye_sh, "县农业农村委季报审核通过。", None),
    ]
    assert [(m.to, m.subject) for m in mailoutbox] == [
        (["wang@example.invalid"], "县农业农村委季报审核通过。")
    ]


def test_what_was_rolled_back_is_neither_told_nor_mailed(wang, mailoutbox):
    with transaction.atomic():
        notices.notify([wang], text="不会有的事。", path="/", key="never", at=AT)
        transaction.set_rollback(True)
    assert (Notice.objects.count(), mailoutbox) == (0, [])


def test_the_link_needs_the_sites_address(tell, wang, mailoutbox, settings):
    for address, key in (("", "a"), ("https://kepu.example.gov.cn", "b")):
        settings.SITE_URL = address
        tell(wang, key=key)
    assert ["https://kepu.example.gov.cn/notices/" in m.body for m in mailoutbox] == [False, True]


def test_a_mail_that_fails_stops_nothing_and_is_sent_when_told_again(
    tell, wang, mailoutbox, monkeypatch, caplog
):
    def unreachable(*args):
        raise OSError("no server")

    monkeypatch.setattr(notices, "send_mail", unreachable)
    tell(wang)
    assert "通知邮件没有发出" in caplog.text
    monkeypatch.undo()
    tell(wang)
    assert (Notice.objects.count(), len(mailoutbox)) == (1, 1)


def test_who_is_meant(cast, units):
    gone = factories.make_user("gone", (Role.REPORTER, units.nongye))
    gone.is_active = False
    gone.save()
    region = units.kexie.region_id
    meant = [
        notices.people_of(units.nongye.pk),
        notices.people_of(units.nongye.pk, but=cast.nongye),
        notices.approvers_of(units.nongye.pk),
        notices.coordinators_of(region),
        notices.coordinators_of(region, not_department=units.kexie.pk),
    ]
    assert [{user.username for user in users} for users in meant] == [
        {"nongye", "nongye_sh"},
        {"nongye_sh"},
        {"nongye_sh"},
        {"kexie", "zhengfuban"},
        {"zhengfuban"},
    ]


def test_unread_ones_come_first(cast):
    for number in range(4):
        told = AT + timedelta(hours=number)
        Notice.objects.create(user=cast.nongye, key=str(number), text=str(number), path="/", created_at=told)
    Notice.objects.filter(key__in=["1", "3"]).update(read_at=AT)
    assert [n.key for n in cast.nongye.notices.for_list()] == ["2", "0", "3", "1"]


SENTENCE = "县农业农村委2023年第三季度季报已退回，请于2023年10月18日24时前补正后重新报送。"
REASONS = "第一，参训人员名册缺少签名，请补充后另行上传；第二，进度与上一季度相比有所下降，请说明原因"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("县教委季报审核通过。", "县教委季报审核通过。"),
        (f"{SENTENCE}\n理由：{REASONS}", SENTENCE),
        (
            f"县教委退回：{REASONS}，并附主办单位盖章的依据",
            "县教委退回：第一，参训人员名册缺少签名，请补充后另行上传",
        ),
        ("县教委：" + "农" * 50 + "，请按时填报、上传佐证材料", "县教委：" + "农" * 50),
        ("农" * 70, "农" * 59 + "…"),
    ],
)
def test_a_mails_subject_ends_where_a_sentence_or_a_clause_does(
    wang, mailoutbox, django_capture_on_commit_callbacks, text, subject
):
    with django_capture_on_commit_callbacks(execute=True):
        notices.notify([wang], text=text, path="/", key="long", at=AT)
    assert [m.subject for m in mailoutbox] == [subject]
    assert text in mailoutbox[0].body
