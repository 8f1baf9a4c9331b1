"""Where a deed leads back to."""

from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request, path, *, otherwise):
    """Redirect to `path` where it is one within this site, else to the address `otherwise`."""
    within = path.startswith("/") and url_has_allowed_host_and_scheme(
        path, allowed_hosts={request.get_host()}
    )
    return HttpResponseRedirect(path if within else otherwise)
