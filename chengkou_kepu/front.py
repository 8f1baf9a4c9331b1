"""The front door itself: where a visitor lands, and whether the portal is alive."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone

from departments.models import Reform, Role
from tasks import calendar
from tasks.selection import land


def home(request):
    """To the dashboard of the plan to be shown first (`tasks.selection.land`), saying so where that is not today's.

    Accounts and audit people, who read no plan, go to the admin.
    """
    at = timezone.now()
    plan = land(request, at=at)
    if plan:
        if plan.has_ended(at) and (following := _of_today(request.other_plans, plan, at)):
            messages.info(request, f"“{following}”还没有开放填报，先显示仍有填报期没有办完的上一方案。")
        return redirect("dashboard", plan.slug)
    if any(m.role in (Role.SYSADMIN, Role.AUDITOR) for m in request.user.roles) or request.user.is_superuser:
        return redirect("admin:index")
    ended = None if request.user.roles else _reform_that_ended(request.user)
    return render(request, "chengkou_kepu/no_plan.html", {"ended": ended})


def _reform_that_ended(user):
    """The last Reform that may have ended the roles of the user, with the sentence in which it was `told`; or None."""
    told = user.notices.filter(key=Concat(Value("reform-"), Cast(OuterRef("pk"), CharField()))).values("text")
    ending = Reform.objects.filter(kind__in=(Reform.Kind.ABOLISH, Reform.Kind.SPLIT))
    return ending.annotate(told=Subquery(told[:1])).exclude(told=None).first()


def _of_today(others, plan, at):
    """The plan of the same region that contains today, or None."""
    same = [p for p in others if p.region_id == plan.region_id]
    return next((p for p in same if p.starts_on <= calendar.local_day(at) <= p.ends_on), None)


@login_not_required
def favicon(request):
    """For browsers that ask at the root whatever a page says, as on the admin's pages."""
    return redirect(static("portal/favicon.svg"))


@login_not_required
def healthz(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
