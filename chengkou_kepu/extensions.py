"""延期: the coordinator's answer to what a unit asked on its filing page."""

from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tasks import calendar, extensions
from tasks.forms import DueForm
from tasks.models import Extension
from tasks.posted import posted_text
from tasks.refusals import Refused

from .review import coordinated_plan
from .way_back import way_back


@require_POST
def extension_decide(request, slug, pk):
    """Grant or refuse as posted; back to the page it came from, where a refusal is said, also of one's own unit's request."""
    plan = coordinated_plan(request, slug)
    extension = Extension.objects.filter(pk=pk, period__plan=plan).first()
    if extension is None:
        raise Http404("没有这项延期申请。")
    asked = {"by": request.user, "at": timezone.now()}
    try:
        verb = request.POST.get("verb")
        if verb == "grant":
            form = DueForm(request.POST)
            if not form.is_valid():
                raise Refused(form.errors["due_on"][0])
            decided = extensions.grant(extension, until=form.cleaned_data["due_on"], **asked)
        elif verb == "refuse":
            decided = extensions.refuse(extension, reason=posted_text(request.POST, "reason", 500), **asked)
        else:
            raise Refused("没有这个操作。")
        note = calendar.day_note(decided.granted_until) if decided.granted_until else ""
        messages.success(request, f"{decided.department}{decided.period.report_title}{decided.answer}{note}")
    except Refused as refusal:
        messages.error(request, str(refusal))
    inbox = f"{reverse('review', args=[slug])}#extensions"
    return way_back(request, request.POST.get("next", ""), otherwise=inbox)
