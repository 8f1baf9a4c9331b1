"""催报函: a letter on paper to a unit whose return is overdue; the second reads as one."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings

from chengkou_kepu.navigation import SITE_NAME
from departments.models import Role
from tasks import calendar
from tasks.obligations import own_due
from tasks.telling import filing_path

from . import documents


@dataclass(frozen=True)
class Contact:
    """Whom the unit may call, of which unit, and who signs where the plan names no issuer."""

    name: str
    phone: str
    department: str

    @classmethod
    def of(cls, user, plan):
        """The coordinator who prints the letter."""
        held = [
            m for m in user.roles if m.role == Role.COORDINATOR and m.department.region_id == plan.region_id
        ]
        return cls(str(user), user.phone, str(held[0].department) if held else plan.region.name)


@dataclass(frozen=True)
class Letter:
    """One unit's letter as it will stand on the page."""

    title: str
    addressee: str
    paragraphs: tuple[str, ...]
    issuer: str
    day: str

    @property
    def text(self):
        """What is kept on record."""
        return "\n".join(self.paragraphs)


def urging_letter(period, unit, contact, *, urged_on: date | None, at):
    """The Letter to a UnitFiling; `urged_on` is the day after its deadline on which it was last urged, if it was."""
    plan, title = period.plan, period.report_title
    return Letter(
        title=f"关于再次催报{title}的函" if urged_on else f"关于报送{title}的催报函",
        addressee=unit.department,
        paragraphs=(
            _what_is_missing(period, unit, urged_on, at),
            _what_to_do(period, unit, urged_on),
            f"联系人：{contact.name}（{contact.department}）"
            + (f"，联系电话：{contact.phone}。" if contact.phone else "。"),
        ),
        issuer=plan.issuer or contact.department,
        day=calendar.zh_day(calendar.local_day(at)),
    )


def urging_letters(letters):
    """The Document of the Letters, each on a page of its own."""
    document = documents.official_document()
    for place, letter in enumerate(letters):
        documents.title(document, letter.title, new_page=place > 0)
        documents.addressee(document, letter.addressee)
        for paragraph in letter.paragraphs:
            documents.body(document, paragraph)
        documents.signature(document, letter.issuer, letter.day)
    return document


def _what_is_missing(period, unit, urged_on, at):
    plan, today = period.plan, calendar.local_day(at)
    due = calendar.local_day(own_due(period.due_at, unit.extended_to))
    extended = "（已同意延期）" if due == unit.extended_to else ""
    urged = f"我们已于{calendar.zh_day(urged_on)}催报。" if urged_on else ""
    missing = "仍未收到" if urged_on else "尚未收到"
    return (
        f"按照《{plan.title}》实施情况{plan.words.noun}填报安排，贵单位{period.report_title}应于{calendar.zh_day(due)}24时前报送{extended}。"
        f"{urged}截至{calendar.zh_day(today)}，已逾期{(today - due).days}天，{missing}贵单位的{plan.words.report}。"
    )


def _what_to_do(period, unit, urged_on):
    """Where to file: by the portal's name, and its address where one is set that leads there from anywhere."""
    link = f"（{settings.SITE_URL}{filing_path(period, unit.department_id)}）" if settings.SITE_URL else ""
    soon = "抓紧" if urged_on else "尽快"
    portal = f"{period.plan.region.name}{SITE_NAME}"
    return f"请贵单位收到本函后{soon}登录“{portal}”平台{link}填报；确有困难的，请及时与我们联系。"
