"""The one password of all demo users: DEMO_PASSWORD, else a random one kept in an ignored file."""

import os
import secrets

from django.conf import settings

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP_LENGTH = 3, 4


def password_file():
    return settings.BASE_DIR / ".demo-password"


def from_environment():
    return os.environ.get("DEMO_PASSWORD", "").strip()


def kept():
    """The password in the file; '' where there is none."""
    path = password_file()
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def for_new_users():
    """DEMO_PASSWORD, else the kept one, else a new random one; see `keep`."""
    return from_environment() or kept() or _random()


def keep(password):
    """Write it to the file, readable by its owner alone, unless it comes from the environment; OSError if it cannot."""
    if password in (from_environment(), kept()):
        return
    path = password_file()
    path.touch(mode=0o600)
    path.write_text(password + "\n", encoding="utf-8")


def still_valid(user):
    """The password the demo user was given, where it is known and still opens the account; else ''."""
    return next((p for p in (from_environment(), kept()) if p and user.check_password(p)), "")


def _random():
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)
