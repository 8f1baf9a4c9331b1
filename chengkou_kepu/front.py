"""The front door itself: where a visitor lands, and whether the portal is alive."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone

from departments.models import Role
from tasks import calendar
from tasks.models import Plan


def home(request):
    """To the current plan's dashboard; accounts and audit people, who read no plan, to the admin."""
    plan = Plan.objects.visible_to(request.user).current(calendar.local_day(timezone.now()))
    if plan:
        return redirect("dashboard", plan.slug)
    if any(m.role in (Role.SYSADMIN, Role.AUDITOR) for m in request.user.roles) or request.user.is_superuser:
        return redirect("admin:index")
    return render(request, "chengkou_kepu/no_plan.html")


@login_not_required
def favicon(request):
    """For browsers that ask at the root whatever a page says, as on the admin's pages."""
    return redirect(static("portal/favicon.svg"))


@login_not_required
def healthz(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
