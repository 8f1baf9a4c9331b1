"""催报函: a letter on paper to a unit whose return is overdue."""

from dataclasses import dataclass

from django.conf import settings

from departments.models import Role
from tasks import calendar
from tasks.obligations import extended_words, own_due
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


def urging_letters(period, units, contact, *, at):
    """The Document of the UnitFilings, each on a page of its own."""
    document = documents.official_document()
    for place, unit in enumerate(units):
        documents.title(document, f"关于报送{period.report_title}的催报函", new_page=place > 0)
        documents.addressee(document, unit.department)
        for paragraph in _paragraphs(period, unit, contact, at=at):
            documents.body(document, paragraph)
        issuer = period.plan.issuer or contact.department
        documents.signature(document, issuer, calendar.zh_day(calendar.local_day(at)))
    return document


def letter_text(period, unit, contact, *, at):
    """What the letter says, as kept on record."""
    return "\n".join(_paragraphs(period, unit, contact, at=at))


def _paragraphs(period, unit, contact, *, at):
    due_at = own_due(period.due_at, unit.extended_to)
    due, today = calendar.local_day(due_at), calendar.local_day(at)
    extended = f"（经同意{extended_words(unit.extended_to)}）" if unit.extended_to else ""
    link = f"（{settings.SITE_URL}{filing_path(period, unit.department_id)}）" if settings.SITE_URL else ""
    phone = f"，联系电话：{contact.phone}" if contact.phone else ""
    return [
        f"按照《{period.plan.title}》实施情况季度填报安排，贵单位{period.report_title}应于{calendar.zh_day(due)}24时前报送{extended}。"
        f"截至{calendar.zh_day(today)}，已逾期{(today - due).days}天，尚未收到贵单位的季报。",
        f"请贵单位收到本函后尽快登录平台{link}填报；确有困难的，请及时与我们联系。",
        f"联系单位：{contact.department}，联系人：{contact.name}{phone}。",
    ]
