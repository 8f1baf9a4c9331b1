"""What the admin's forms of units and roles refuse."""

from django import forms
from django.core.exceptions import ValidationError

from .models import Department, DepartmentAlias, Membership
from .names import visible


class DepartmentForm(forms.ModelForm):
    """A unit's name is no other unit's spelling: the import goes by either."""

    def clean_name(self):
        name = visible(self.cleaned_data["name"])
        if not name:
            raise ValidationError("请写明单位名称。")
        return name

    def clean(self):
        data = super().clean()
        region = data.get("region") or (self.instance.region if self.instance.pk else None)
        same = Department.objects.filter(region=region, name=data.get("name")).exclude(pk=self.instance.pk)
        if any(unit.ends_on is None for unit in same):
            self.add_error("name", "本行政区已有同名单位。")
        elif same:
            self.add_error("name", "本行政区曾有同名单位；沿用其名称的，请在“机构改革”中登记。")
        others = DepartmentAlias.objects.filter(region=region, name=data.get("name"))
        if others.exclude(department=self.instance.pk).exists():
            self.add_error("name", "这是本行政区另一单位的其他写法。")
        return data


class AliasFormSet(forms.BaseInlineFormSet):
    """A spelling means one unit of its region; the region is no field of the rows, so they cannot check it."""

    def clean(self):
        super().clean()
        names = {}
        for form in self.forms:
            name = form.cleaned_data.get("name")
            if not name or form.cleaned_data.get("DELETE"):
                continue
            if name in names:
                form.add_error("name", "这一写法填写了两次。")
            names[name] = form
        taken = set(self._taken(names))
        for name in names.keys() & taken:
            names[name].add_error("name", f"本行政区已有“{name}”。")

    def _taken(self, names):
        region, unit = self.instance.region_id, self.instance.pk
        if region is None:
            return
        known = Department.objects.filter(region=region, name__in=names).exclude(pk=unit)
        yield from known.values_list("name", flat=True)
        aliases = DepartmentAlias.objects.filter(region=region, name__in=names).exclude(department=unit)
        yield from aliases.values_list("name", flat=True)


class MembershipFormSet(forms.BaseInlineFormSet):
    """A user has a role in a place once; the user is no field of the rows, so they cannot check it."""

    def clean(self):
        super().clean()
        shown = [form.instance.pk for form in self.forms if form.instance.pk]
        others = (
            self.instance.memberships.exclude(pk__in=shown) if self.instance.pk else Membership.objects.none()
        )
        held = {(m.role, m.department, m.region) for m in others.select_related("department", "region")}
        for form in self.forms:
            data = form.cleaned_data
            if not data or data.get("DELETE"):
                continue
            place = data.get("role"), data.get("department"), data.get("region")
            if place in held:
                raise ValidationError("该用户已有这一角色。")
            held.add(place)
