"""How the portal's pages say lights, percentages, quarters and dates: `{% load portal %}`."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django import template
from django.db.models import Choices
from django.utils.html import format_html

from chengkou_kepu.offline import archive
from indicators.attainment import Attainment
from tasks import calendar, numerals, progress, uploads
from tasks.models import CloseOut, QuarterlyReport
from tasks.obligations import Filing, extended_words, filing_state, own_due
from tasks.progress import Light

register = template.Library()

NOTHING = "—"
CHART_WIDTH, CHART_HEIGHT = 320, 120
CHART_LEFT, CHART_RIGHT, CHART_TOP, CHART_BOTTOM = 10, 310, 18, 100

STORED_WORDS = (QuarterlyReport.Status, CloseOut.Status, Light, Filing, Attainment)
COLOURS = {
    "green": ("NORMAL", "ON_TIME", "ON_TRACK", "ACCEPTED"),
    "amber": ("BEHIND", "LATE", "RETURNED", "REOPENED"),
    "red": ("SEVERE", "MISSING", "NOT_REACHED"),
    "blue": ("DONE", "REACHED", "RATED", "VERIFIED", "VOLUNTARY"),
    "wait": ("UNREVIEWED", "SUBMITTED", "ENDORSING", "APPLIED"),
    "grey": (
        *("NOT_DUE", "UNREPORTED", "BASELINE", "PENDING", "EXEMPT"),
        *("UNMEASURED", "DRAFT", "REFUSED"),
    ),
}
NOT_DUE = (Light.NOT_DUE, Filing.PENDING, Filing.EXEMPT)
COLOUR_OF = {value: colour for colour, values in COLOURS.items() for value in values}


def colour_of(choice):
    """The CSS colour class of a light, filing state, attainment or status; ValueError for any other value."""
    if str(choice) not in COLOUR_OF:
        raise ValueError(f"没有为“{choice}”约定颜色。")
    return COLOUR_OF[str(choice)]


def word_of(choice):
    """The Chinese word of a choice, or of a value as the database or a frozen quarter stores it."""
    if isinstance(choice, Choices):
        return choice.label
    return next(words(choice).label for words in STORED_WORDS if choice in words.values)


@register.simple_tag(takes_context=True)
def light(context, choice, count=None, extended_to=None):
    """A light with its word; with `count` the number, its word kept for hovering and screen readers.

    `choice` is a TextChoices member or a stored value; nothing at all for None or an empty string. A filing state
    that counts from a granted extension says so: 按时（延期至1月20日）. On a page whose `period` nobody has opened,
    what is not due or not owed is 尚未开放.
    """
    if not choice:
        return ""
    period = context.get("period")
    colour, word = colour_of(choice), word_of(choice)
    if choice in NOT_DUE and period is not None and period.pk is None:
        word = "尚未开放"
    if extended_to:
        word = f"{word}（{extended_words(extended_to)}）"
    if count is None:
        return format_html('<span class="light {}">{}</span>', colour, word)
    return format_html(
        '<span class="light {}" title="{}"><span class="visually-hidden">{}：</span>{}</span>',
        *(colour, word, word, count),
    )


@register.simple_tag(takes_context=True)
def unfiled_light(context, period, extended_to, at):
    """未报 or 未到期 of a unit that has not filed the period, by its own deadline."""
    due_at = own_due(period.due_at, extended_to) if period.pk else None
    state = filing_state(owes=True, first_submitted_at=None, due_at=due_at, at=at)
    return light(context, state, extended_to=extended_to)


@register.filter
def extended(extended_to):
    """延期至1月20日 of a date; '' for None."""
    return extended_words(extended_to)


@register.filter
def own_deadline(period, extended_to):
    """When a unit's return of the period is due."""
    return own_due(period.due_at, extended_to)


@register.simple_tag
def progress_bar(completion, expected=None, light=None):
    """Completion against 序时进度 on a scale of 0 to 100, coloured by the light; words where there is no data."""
    if completion is None:
        return format_html('<span class="muted small">{}</span>', "暂无数据")
    said = f"实际 {percent(completion)}" + ("" if expected is None else f"，序时 {percent(expected)}")
    mark = (
        ""
        if expected is None
        else format_html('<rect class="mark" x="{}" y="0" width="0.8" height="14"/>', _mark_at(expected))
    )
    return format_html(
        '<svg class="progress" viewBox="0 0 100 14" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="track" x="0" y="4" width="100" height="6" rx="1"/>'
        '<rect class="fill {}" x="0" y="4" width="{}" height="6" rx="1"/>{}</svg>',
        *(said, colour_of(light) if light else "grey", _coordinate(min(max(completion, 0), 100)), mark),
    )


@register.filter
def percent(value):
    """49% or 49.3% of a number on a scale of 0 to 100; a dash for None."""
    return NOTHING if value is None else f"{points(value)}%"


@register.filter
def points(value):
    """A number of percentage points as `tasks.progress.points` writes it; a dash for None."""
    return NOTHING if value is None else progress.points(value)


@register.filter
def number(value):
    """Thousands separated; decimals without trailing zeros, fractions to two places; a dash for None."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
        value = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def of(mapping, key):
    """The mapping's value for the key as text; '' without a mapping or a value."""
    return mapping.get(str(key), "") if mapping else ""


@register.filter
def zh_date(value):
    """2023年10月10日 of a date, or of an aware moment as the day in Asia/Shanghai; a dash for None."""
    if not value:
        return NOTHING
    day = calendar.local_day(value) if isinstance(value, datetime) else value
    return calendar.zh_day(day)


@register.filter
def day_note(value):
    """What to say of a date that is no working day; '' for a working day or None."""
    return calendar.day_note(value) if value else ""


@register.filter
def zh_datetime(value):
    """2023-10-10 09:20 in Asia/Shanghai of an aware moment; a dash for None."""
    return f"{value.astimezone(calendar.SHANGHAI):%Y-%m-%d %H:%M}" if value else NOTHING


@register.filter
def zh_ordinal(value):
    """一 of 1, as official documents number their sections."""
    return numerals.zh_ordinal(value)


@register.filter
def worded(text, plan):
    """One of the portal's own sentences as the plan's cadence says it (`calendar.Cadence.worded`)."""
    return plan.words.worded(text)


@register.filter
def period_label(key, cadence):
    """2023年第三季度 of (2023, 3) where units report by quarter; a dash for None."""
    return calendar.label(*key, cadence) if key else NOTHING


@register.inclusion_tag("_partials/period_picker.html", takes_context=True)
def period_picker(context, period, periods):
    """A GET form that changes `?period=` and keeps the page's other choices; the newest quarter stands first."""
    request = context.get("request")
    kept = request.GET.lists() if request else ()
    return {
        "period": period,
        "periods": list(reversed(periods)),
        "kept": [
            (name, value) for name, values in kept if name not in ("period", "page") for value in values
        ],
    }


@register.inclusion_tag("_partials/trend_chart.html")
def trend_chart(points, target=None):
    """A line through (label, number) points, oldest first, against the target; numbers None are left out."""
    measured = [(label, value) for label, value in points if value is not None]
    top = max([*(value for _, value in measured), target or 0, 0]) or 1
    said = "，".join(f"{label} {number(value)}" for label, value in measured)
    return {
        "width": CHART_WIDTH,
        "height": CHART_HEIGHT,
        "left": CHART_LEFT,
        "right": CHART_RIGHT,
        "bottom": CHART_BOTTOM,
        "label": said + ("" if target is None else f"；目标 {number(target)}"),
        "dots": _dots(measured, top),
        "target": target,
        "target_y": None if target is None else _coordinate(_height(target, top)),
    }


def _dots(measured, top):
    """Each point as {x, y, label, value}, spread evenly from left to right."""
    step = Fraction(CHART_RIGHT - CHART_LEFT, max(len(measured) - 1, 1))
    return [
        {
            "x": _coordinate(CHART_LEFT + step * index),
            "y": _coordinate(_height(value, top)),
            "label": label,
            "value": value,
        }
        for index, (label, value) in enumerate(measured)
    ]


def _height(value, top):
    return CHART_BOTTOM - Fraction(value) / Fraction(top) * (CHART_BOTTOM - CHART_TOP)


def _mark_at(expected):
    """Where the mark of 序时进度 begins so that it stays inside the picture."""
    return _coordinate(min(max(Fraction(expected), Fraction(0)), Fraction("99.2")))


def _coordinate(value):
    return f"{float(value):.1f}".removesuffix(".0")


@register.simple_tag
def upload_limits():
    """How large evidence may be: `bytes` and, for people, `each` file; `together` all of one return; and a workbook."""
    return {
        "workbook_bytes": archive.MOST_BYTES,
        "workbook": uploads.in_mb(archive.MOST_BYTES),
        "bytes": uploads.MOST_BYTES,
        "each": uploads.in_mb(uploads.MOST_BYTES),
        "together": uploads.in_mb(uploads.MOST_TOGETHER),
    }
