"""Text that looks like a resident identity number (GB 11643), also a mistyped one; pure."""

import re
import unicodedata
from datetime import date

NUMBER = re.compile(r"(?<![0-9])([1-9][0-9]{5})([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{3})([0-9Xx])(?![0-9])")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
PROVINCES = {
    *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37"),
    *("41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65"),
    *("71", "81", "82", "83"),
}
LATEST_MISTYPED = 2020
WRONG = "，校验码不符"


def identity_numbers(text):
    """The 18-character numbers in the text with a possible birth date, masked; of those whose check digit is wrong, that
    it is, where region and birth year are a person's: they are real ones with a slip, most likely.
    """
    plain = re.sub(r"(?<=[0-9])[ \-](?=[0-9Xx])", "", unicodedata.normalize("NFKC", text or ""))
    return tuple(
        f"{found[0][:6]}********{found[0][-4:]}{'' if _checks(found) else WRONG}"
        for found in NUMBER.finditer(plain)
        if _has_birth_date(found) and (_checks(found) or _could_be_mistyped(found))
    )


def numbers_in(entry):
    """Those in any text of a ProgressEntry (None: none)."""
    names = ("no_change_reason", "fall_reason", "progress", "results", "problems", "next_steps")
    return identity_numbers("\n".join(getattr(entry, name) for name in names)) if entry else ()


def _checks(found):
    digits = found[0].upper()
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], WEIGHTS, strict=True))
    return CHECKS[total % 11] == digits[17]


def _could_be_mistyped(found):
    """Numbers of projects and documents carry recent years, and begin with anything."""
    return found[0][:2] in PROVINCES and int(found[2]) <= LATEST_MISTYPED


def _has_birth_date(found):
    try:
        return date(int(found[2]), int(found[3]), int(found[4])).year >= 1900
    except ValueError:
        return False
