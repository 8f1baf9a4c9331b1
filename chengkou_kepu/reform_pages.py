"""机构改革: the coordinator's list of reforms, and the form with its preview."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from departments.models import Department, Reform
from tasks import calendar
from tasks.day_field import DayField
from tasks.posted import RowsField
from tasks.refusals import NotAllowed, Refused

from . import reform
from .review import coordinated_plan

Kind = Reform.Kind
NOBODY = "-"
CHOICES = ("duty", "indicator", "member")


class ReformForm(forms.Form):
    """Kind, units, what they become, since when and by which document."""

    kind = forms.ChoiceField(label="方式", choices=Kind, widget=forms.RadioSelect, initial=Kind.RENAME)
    units = RowsField(
        None,
        label="改革的单位",
        widget=forms.CheckboxSelectMultiple,
        help_text="合并可选多个，其余方式选一个。",
        error_messages={"required": "请选择改革的单位。", "invalid_choice": "没有这个单位，请重新选择。"},
    )
    names = forms.CharField(
        label="改革后的单位",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="每行一个。更名写新名称；合并写并入的单位（现有的或新设的）；拆分写各承接单位，主要承接的写在前；撤销不填。",
    )
    effective_on = DayField(
        label="生效日期",
        help_text="自该日起以新单位计；填报期最后一天存在的单位报送该期。",
        required_message="请填写生效日期。",
    )
    document = forms.CharField(
        label="依据文件", max_length=200, error_messages={"required": "请写明依据文件。"}
    )
    note = forms.CharField(label="说明", required=False, max_length=500)

    def __init__(self, *args, region, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["units"].queryset = Department.objects.units().filter(region=region, ends_on=None)

    def clean(self):
        data = super().clean()
        kind, units = data.get("kind"), data.get("units")
        names = [line.strip() for line in data.get("names", "").splitlines() if line.strip()]
        if units and kind and kind != Kind.MERGE and len(units) > 1:
            self.add_error("units", f"{Kind(kind).label}只能选一个单位。")
        if kind in (Kind.RENAME, Kind.MERGE) and len(names) != 1:
            self.add_error("names", f"{Kind(kind).label}后的单位写一个。")
        if kind == Kind.SPLIT and len(names) < 2:
            self.add_error("names", "拆分后应有两个以上单位，每行写一个。")
        if kind == Kind.ABOLISH and names:
            self.add_error("names", "撤销不填承接单位；各项工作的去向在下一步选择。")
        data["names"] = names
        return data

    def change(self):
        data = self.cleaned_data
        return reform.Change(
            kind=data["kind"],
            units=tuple(data["units"]),
            names=tuple(data["names"]),
            effective_on=data["effective_on"],
            document=data["document"],
            note=data["note"],
        )

    @property
    def seen(self):
        """What the preview was made of, to tell whether it is still what is confirmed."""
        change = self.change()
        units = ",".join(str(unit.pk) for unit in change.units)
        return "|".join([change.kind, units, *change.names, str(change.effective_on), change.document])


@require_safe
def reform_list(request, slug):
    """The region's reforms, the latest first, with the units before and after."""
    plan = coordinated_plan(request, slug)
    reforms = Reform.objects.filter(region=plan.region_id).select_related("decided_by")
    reforms = reforms.prefetch_related("successions__old", "successions__new")
    return render(request, "chengkou_kepu/reform_list.html", {"plan": plan, "reforms": reforms})


@require_http_methods(["GET", "HEAD", "POST"])
def reform_new(request, slug):
    """The form; posted with `verb` preview what would move, with `all` the same with everything given to one unit.

    With `confirm` it moves, if nothing changed since.
    """
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    initial = {"units": request.GET.getlist("unit"), "effective_on": calendar.local_day(at)}
    form = ReformForm(request.POST or None, region=plan.region_id, initial=initial)
    preview, choices = None, _choices(request.POST)
    if request.method == "POST" and form.is_valid():
        change = form.change()
        try:
            preview = reform.preview(change, choices, by=request.user, at=at)
            if request.POST.get("verb") == "all" and request.POST.get("all") in (*preview.places, NOBODY):
                to_one = reform.all_to(change, choices, _place(request.POST["all"]))
                preview = reform.preview(change, to_one, by=request.user, at=at)
                choices = to_one
            if request.POST.get("verb") == "confirm" and _unchanged(request, form):
                reform.carry_out(change, choices, by=request.user, at=at)
                messages.success(request, f"已登记：{preview.sentence}")
                return redirect("reform-list", plan.slug)
        except NotAllowed:
            raise
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context = {
        "plan": plan,
        "form": form,
        "preview": preview,
        "seen": form.seen if preview else "",
        "abolished": preview and form.cleaned_data["kind"] == Kind.ABOLISH,
        "duties_chosen": choices.duties,
        "all_to": request.POST.get("all"),
        "typed_choices": () if preview else _choice_fields(request.POST),
    }
    return render(request, "chengkou_kepu/reform_new.html", context)


def _unchanged(request, form):
    if request.POST.get("seen") == form.seen:
        return True
    messages.warning(request, "内容有改动，请核对下面的安排后再确认。")
    return False


def _choice_fields(data):
    """(field, id, value) of the choices posted: fields such as duty-17; an empty value is none."""
    for key, value in data.items():
        name, _, pk = key.partition("-")
        known = name in CHOICES and pk.isascii() and pk.isdecimal() and len(pk) < 18
        if known and value and value.isprintable():
            yield name, int(pk), value


def _choices(data):
    """Choices from the posted fields; `-` says that nobody takes it."""
    read = {name: {} for name in CHOICES}
    for name, pk, value in _choice_fields(data):
        read[name][pk] = _place(value)
    return reform.Choices(read["duty"], read["indicator"], read["member"])


def _place(value):
    return None if value == NOBODY else value
