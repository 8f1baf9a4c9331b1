"""The portal's own error pages also where DEBUG is on: in the demo a clerk reads them, not a developer."""

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.views import defaults

PAGES = (
    (Http404, defaults.page_not_found),
    (PermissionDenied, defaults.permission_denied),
    ((SuspiciousOperation, BadRequest), defaults.bad_request),
)


class ErrorPagesMiddleware:
    """Answers what a view refuses as production would; an address nobody serves keeps Django's list of addresses."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        page = next((page for kinds, page in PAGES if isinstance(exception, kinds)), None)
        return page(request, exception) if page else None
