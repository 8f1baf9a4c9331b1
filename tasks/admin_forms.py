"""What the admin's forms of the plan and its quarters refuse."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from . import calendar, periods
from .forms import SettlementForm
from .models import Responsibility, Task
from .refusals import Refused


class TaskForm(forms.ModelForm):
    def clean(self):
        data = super().clean()
        plan, action = data.get("plan"), data.get("action")
        if plan and action and action.plan_id != plan.pk:
            self.add_error("action", "该行动（工程）不属于所选方案。")
        if data.get("nature") == Task.Nature.STANDING and self._is_closing():
            self.add_error("nature", "该项工作已申请办结或已办结，不能改为长期坚持。")
        return data

    def _is_closing(self):
        return self.instance.pk and self.instance.close_outs.standing().exists()


class ResponsibilityForm(forms.ModelForm):
    """A unit holds a task once at a time; a duty decided here names its basis, or an import would undo it."""

    def clean(self):
        data = super().clean()
        stored = self.instance if self.instance.pk else None
        task = data.get("task") or (stored and stored.task)
        unit = data.get("department") or (stored and stored.department)
        if (not stored or {"task", "department", "role"} & set(self.changed_data)) and not data.get(
            "decided_by"
        ):
            self.add_error("decided_by", "请写明依据的文件或会议。")
        continues = data.get("continues")
        if continues and task and (continues.task_id != task.pk or self._goes_before(continues)):
            self.add_error("continues", "只能承接同一项重点工作的其他分工。")
        if task and unit:
            self._check_unit(task, unit, data)
        return data

    def _check_unit(self, task, unit, data):
        if "department" in self.fields and unit.region_id != task.plan.region_id:
            self.add_error("department", "该单位不属于本方案所在行政区。")
        start, end = data.get("valid_from"), data.get("valid_to")
        if start is None or (end and end < start):
            return
        if self.changed_data:
            self._check_days(task.plan, unit, start, end)
        others = Responsibility.objects.filter(task=task, department=unit).exclude(pk=self.instance.pk)
        others = others.filter(Q(valid_to=None) | Q(valid_to__gte=start))
        if (others.filter(valid_from__lte=end) if end else others).exists():
            self.add_error("valid_from", "该单位在此期间已有这项工作的分工。")

    def _goes_before(self, duty):
        """Whether the duty is this one, or continues it."""
        descents = Responsibility.objects.descents(duty.task.plan_id, [duty])
        return self.instance.pk in descents.get(duty.pk, (duty.pk,))

    def _check_days(self, plan, unit, start, end):
        """A unit can hold a duty only in the plan's span and while there is such a unit, or it would owe what it cannot file."""
        if not plan.starts_on <= start <= plan.ends_on:
            self.add_error(
                "valid_from",
                f"应在方案期内（{calendar.zh_day(plan.starts_on)}至{calendar.zh_day(plan.ends_on)}）。",
            )
        elif unit.begins_on and start < unit.begins_on:
            self.add_error("valid_from", f"{unit}自{calendar.zh_day(unit.begins_on)}起设立。")
        if unit.ends_on and (end is None or end > unit.ends_on):
            self.add_error("valid_to", f"{unit}至{calendar.zh_day(unit.ends_on)}止，分工不能晚于该日。")


class FindingForm(forms.ModelForm):
    settlement = SettlementForm.base_fields["settlement"]


class OpeningFormMixin:
    """Opens the period while it validates, so that a refusal stands at the form."""

    def _post_clean(self):
        super()._post_clean()
        if self.errors:
            return
        plan, quarter = self.cleaned_data["plan"], (self.cleaned_data["year"], self.cleaned_data["quarter"])
        try:
            if not plan.starts_on.year <= quarter[0] <= plan.ends_on.year:
                raise Refused(f"{calendar.label(*quarter, plan.cadence)}不在方案期内。")
            self.instance = periods.open_period(plan, *quarter, by=self.user, at=self.at)
        except Refused as refusal:
            self.add_error(None, ValidationError(str(refusal)))
