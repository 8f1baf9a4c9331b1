"""What happens to somebody who is not, or no longer, signed in."""

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpResponse


class PageLoginRequiredMiddleware(LoginRequiredMiddleware):
    """The login page for whoever is not signed in; 401 for a part of a page, which would swallow that page."""

    def handle_no_permission(self, request, view_func):
        if request.headers.get("HX-Request"):
            return HttpResponse(
                "登录已过期，没有保存。请先在新窗口登录，再回到本页重试。",
                status=401,
                content_type="text/plain; charset=utf-8",
            )
        return super().handle_no_permission(request, view_func)
