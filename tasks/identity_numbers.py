"""Text that looks like a resident identity number (GB 11643); pure."""

import re
import unicodedata
from datetime import date

NUMBER = re.compile(r"(?<![0-9])([1-9][0-9]{5})([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{3})([0-9Xx])(?![0-9])")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def identity_numbers(text):
    """The 18-character numbers in the text with a possible birth date and the right check digit, masked."""
    plain = re.sub(r"(?<=[0-9])[ \-](?=[0-9Xx])", "", unicodedata.normalize("NFKC", text or ""))
    return tuple(
        f"{found[0][:6]}********{found[0][-4:]}" for found in NUMBER.finditer(plain) if _is_one(found)
    )


def numbers_in(entry):
    """Those in any text of a ProgressEntry (None: none)."""
    names = ("no_change_reason", "fall_reason", "progress", "results", "problems", "next_steps")
    return identity_numbers("\n".join(getattr(entry, name) for name in names)) if entry else ()


def _is_one(found):
    digits = found[0].upper()
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], WEIGHTS, strict=True))
    if CHECKS[total % 11] != digits[17]:
        return False
    try:
        return date(int(found[2]), int(found[3]), int(found[4])).year >= 1900
    except ValueError:
        return False
