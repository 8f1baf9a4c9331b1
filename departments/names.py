"""Names and titles as people read them: what nobody sees is no part of them."""

import unicodedata

# Joiners, fillers and the empty braille pattern, which Unicode counts among letters, marks and symbols.
BLANK = {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u2800", "\u3164", "\uffa0"}
SELECTORS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))


def visible(text):
    """The text without invisible characters (zero-width and soft-hyphen, direction marks, controls), stripped."""
    return "".join(character for character in text if not _is_invisible(character)).strip()


def _is_invisible(character):
    if character in BLANK or any(first <= ord(character) <= last for first, last in SELECTORS):
        return True
    return unicodedata.category(character) in ("Cc", "Cf") and not character.isspace()
