"""The admin: Django's own look, entered by role instead of `is_staff`."""

from django.contrib import admin


class PortalAdminSite(admin.AdminSite):
    site_header = "城口科普规划实施跟踪 · 管理后台"
    site_title = "管理后台"
    index_title = "管理"

    def has_permission(self, request):
        """Whoever holds a role may enter; what is shown there follows from the role."""
        user = request.user
        return user.is_active and (user.is_superuser or bool(getattr(user, "roles", ())))
