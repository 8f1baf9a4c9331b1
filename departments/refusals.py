"""How a write is refused; every message is a sentence for the user."""

from django.core.exceptions import PermissionDenied


class Refused(Exception):
    """The verb is not possible now; the message is a sentence for the user."""


class NotAllowed(Refused, PermissionDenied):
    """The user has no right to the verb, whatever the state; HTTP 403 where nobody catches it."""
