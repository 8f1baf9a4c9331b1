"""Chinese numerals as official documents number their sections."""

DIGITS = "零一二三四五六七八九"


def zh_ordinal(number):
    """一 … 九十九 for 1–99; other numbers as Arabic digits."""
    if not 1 <= number <= 99:
        return str(number)
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十"
    return head + (DIGITS[ones] if ones else "")
