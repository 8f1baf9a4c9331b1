"""What a browser would post from the filing page."""

from tasks.forms import LineForm
from tasks.models import ProgressEntry, Responsibility


def return_address(plan, period, unit=None):
    return f"/plans/{plan.slug}/filing/{period.code}/" + (f"?unit={unit.pk}" if unit else "")


def typed(period, unit, number, **values):
    """The POST fields of one line as the page would send them, upon what is stored now."""
    responsibility = Responsibility.objects.get(department=unit, task__number=number, task__plan=period.plan)
    entry = ProgressEntry.objects.filter(responsibility=responsibility, report__period=period).first()
    form = LineForm(responsibility_id=responsibility.pk, entry=entry)
    data = {f"line-{responsibility.pk}-{name}": form[name].value() for name in form.fields}
    data |= {f"line-{responsibility.pk}-{name}": value for name, value in values.items()}
    return {key: "" if value is None else value for key, value in data.items() if value is not False}
