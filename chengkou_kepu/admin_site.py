"""The admin: Django's own look, entered by role instead of `is_staff`."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator

from departments import permissions as roles
from departments.models import UNIT_ROLES, Role

KEEPERS = (Role.COORDINATOR, Role.SYSADMIN, Role.AUDITOR)
WITH_ADMIN = (*KEEPERS, *UNIT_ROLES)


def enters_admin(user):
    """Everybody who has something to keep there; leaders have not."""
    return user.is_active and (user.is_superuser or roles.holds(user, *WITH_ADMIN))


def is_led_to_admin(user):
    """Whether the header leads there: a unit's people find all they do on the portal's own pages."""
    return enters_admin(user) and (user.is_superuser or roles.holds(user, *KEEPERS))


class PortalAdminSite(admin.AdminSite):
    site_header = "科普规划实施跟踪 · 管理"
    site_title = "管理"
    index_title = "管理"
    site_url = "/"
    enable_nav_sidebar = True

    def has_permission(self, request):
        return request.user.is_authenticated and enters_admin(request.user)

    @method_decorator(login_not_required)
    def login(self, request, extra_context=None):
        """The portal's own login page; whoever is signed in and sent here has no business in the admin."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied("您没有管理权限。")
        return redirect_to_login(request.GET.get("next", resolve_url("admin:index")), resolve_url("login"))
