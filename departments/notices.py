"""消息: what people are told, in the portal and, where an address is known, by email; text and path only."""

import logging
from collections import Counter
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from .models import UNIT_ROLES, Membership, Notice, Role, User
from .permissions import acting_by_unit, acting_for

log = logging.getLogger(__name__)


SUBJECT = 60
ENDS = ("。；！？", "，：", "、")


def notify(users, *, text, path, key, at):
    """Tell each of the `users` once: a second call with the same `key` tells nobody again.

    The rows are written in the caller's transaction, emails are sent after it has been committed. `path` is an
    address within the site.
    """
    rows = [Notice(user=user, key=key, text=text[:500], path=path, created_at=at) for user in users]
    if rows:
        Notice.objects.bulk_create(rows, ignore_conflicts=True)
        transaction.on_commit(partial(email_waiting, [key], at=at), robust=True)


def people_of(department_id, *, but=None):
    """Active users who report or approve for the unit, or for one in its place, without the one who did the deed."""
    return (
        _active(but)
        .filter(memberships__in=Membership.objects.filter(acting_for(department_id), role__in=UNIT_ROLES))
        .distinct()
    )


def approvers_of(department_id, *, but=None):
    approving = Membership.objects.filter(acting_for(department_id), role=Role.APPROVER)
    return _active(but).filter(memberships__in=approving).distinct()


def coordinators_of(region_id, *, but=None, not_department=None):
    """Active coordinators of the region who are not of the unit that a deed is about."""
    users = _active(but).filter(memberships__role=Role.COORDINATOR, memberships__department__region=region_id)
    if not_department:
        users = users.exclude(memberships__in=Membership.objects.filter(acting_for(not_department)))
    return users.distinct()


def people_of_units(department_ids, *, but=None):
    """`people_of` all of those units, each person once, in order of joining; one query."""
    by_unit = people_by_unit(department_ids)
    users = {user.pk: user for unit in sorted(by_unit) for user in by_unit[unit]}
    return [user for user in users.values() if but is None or user.pk != but.pk]


def people_by_unit(department_ids):
    """{unit id: `people_of` it} of those units that have any; one query."""
    return {unit: tuple(users) for unit, users in acting_by_unit(department_ids, UNIT_ROLES).items()}


def email_waiting(keys, *, at):
    """Email the notices of those keys that have an address and were not emailed; each is claimed first, so that none is sent twice."""
    waiting = Notice.objects.filter(key__in=keys, emailed_at=None).exclude(user__email="")
    for notice in waiting.select_related("user"):
        if not Notice.objects.filter(pk=notice.pk, emailed_at=None).update(emailed_at=at):
            continue
        link = f"{settings.SITE_URL}{notice.path}" if settings.SITE_URL else ""
        body = f"{notice.user}：\n\n{notice.text}\n\n{link or '请登录平台查看。'}\n"
        try:
            send_mail(subject_of(notice.text), body, None, [notice.user.email])
        except Exception:
            log.exception("通知邮件没有发出：%s", notice.pk)
            Notice.objects.filter(pk=notice.pk).update(emailed_at=None)


def subject_of(text):
    """The text in one line of at most 60 characters, cut where a sentence, a clause or an item ends."""
    line = " ".join(text.split())
    if len(line) <= SUBJECT:
        return line
    for marks in ENDS:
        end = max(line.rfind(mark, 0, SUBJECT) for mark in marks)
        if end > 0:
            return line[: end + 1].rstrip("，：、；")
    return f"{line[: SUBJECT - 1]}…"


def emailed(keys):
    """{key: how many were emailed}; one query."""
    return Counter(
        Notice.objects.filter(key__in=keys, emailed_at__isnull=False).values_list("key", flat=True).order_by()
    )


def _active(but):
    users = User.objects.filter(is_active=True)
    return users.exclude(pk=but.pk) if but else users
