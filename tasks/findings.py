"""Settling what the import found uncertain."""

from django.db import transaction

from departments import audit

from . import permissions
from .models import PlanFinding
from .refusals import NotAllowed, Refused


def settle(finding, *, by, at, settlement):
    """Record what the coordinator made of the finding; settling again replaces the opinion."""
    if not permissions.coordinates(by, finding.plan):
        raise NotAllowed("只有科协工作人员可以处理核对事项。")
    if not settlement.strip():
        raise Refused("请写明处理意见。")
    with transaction.atomic():
        finding = PlanFinding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
        finding.settlement, finding.settled_by, finding.settled_at = settlement.strip(), by, at
        finding.save(update_fields=["settlement", "settled_by", "settled_at"])
        audit.record("处理核对事项", finding, by=by, at=at, detail=finding.settlement)
    return finding
