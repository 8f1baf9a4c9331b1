"""消息: what the user has been told, and where each leads."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from tasks.selection import land

from .way_back import way_back

PAGE = 30


@require_http_methods(["GET", "HEAD", "POST"])
def notice_list(request):
    """One's own, unread first; POST marks all as read."""
    if request.method == "POST":
        request.user.notices.unread().update(read_at=timezone.now())
        messages.success(request, "已全部标为已读。")
        return redirect("notice-list")
    land(request, at=timezone.now())
    page = Paginator(request.user.notices.for_list(), PAGE).get_page(request.GET.get("page"))
    return render(request, "chengkou_kepu/notice_list.html", {"page": page})


@require_POST
def notice_open(request, pk):
    """Mark one as read and go where it leads."""
    notice = request.user.notices.filter(pk=pk).first()
    if notice is None:
        raise Http404("没有这条消息。")
    request.user.notices.unread().filter(pk=pk).update(read_at=timezone.now())
    return way_back(request, notice.path, otherwise=reverse("notice-list"))
