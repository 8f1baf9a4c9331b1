"""Who files an indicator, changed from a day on: by a reform or by decision."""

from datetime import timedelta

from departments import audit
from tasks import calendar, permissions
from tasks.refusals import NotAllowed, Refused

from .models import FormerOwner, Indicator


def owned(units, region_id):
    """The indicators that the units file now, in all plans of the region, by plan and position."""
    return Indicator.objects.filter(owner__in=units, plan__region=region_id).select_related("plan", "owner")


def hand_over(indicator, owner, *, on, decided_by, by, at):
    """From the date `on` the unit `owner` (None: nobody) files the indicator; what was filed stays with the former.

    One that has filed it only since a later day is replaced from that day on. Call it inside the deed's transaction.
    Refused for a group and a unit of another region.
    """
    if not permissions.coordinates(by, indicator.plan):
        raise NotAllowed("只有科协工作人员可以调整指标的报送单位。")
    if owner and (owner.is_group or owner.region_id != indicator.plan.region_id):
        raise Refused("指标由本行政区的单位报送。")
    until = on - timedelta(days=1)
    former = indicator.owner
    if former and not indicator.former_owners.filter(until__gte=until).exists():
        FormerOwner.objects.create(indicator=indicator, department=former, until=until, decided_by=decided_by)
    indicator.owner = owner
    indicator.save(update_fields=["owner"])
    detail = f"自{calendar.zh_day(on)}起由“{former or '未定'}”改为“{owner or '未定'}”，依据：{decided_by}"
    audit.record("调整指标报送单位", indicator, by=by, at=at, detail=detail)
