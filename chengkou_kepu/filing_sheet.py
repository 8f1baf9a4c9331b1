"""报送表: the return on paper, to be signed and sealed."""

from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from departments.models import User
from tasks.models import Evidence, QuarterlyReport
from tasks.selection import named_period, visible_plan
from tasks.sharing import files_of, read_once, says_something

from .filing import asked_department
from .filing_lines import FilingLine
from .filing_page import FilingPage, assemble

Status = QuarterlyReport.Status


@dataclass(frozen=True)
class SheetGroup:
    """Lines of one section that say the same: their text is printed once, over their merged rows."""

    is_lead: bool
    lines: tuple[FilingLine, ...]

    @property
    def entry(self):
        return self.lines[0].entry

    @property
    def files(self) -> list[Evidence]:
        return files_of(line.entry for line in self.lines)


@dataclass(frozen=True)
class Sheet:
    page: FilingPage

    @cached_property
    def groups(self):
        """SheetGroups of the lines that hold something, in the plan's order."""
        filled = [line for line in self.page.lines if says_something(line.entry)]
        groups = read_once(filled, line_of=lambda line: line.line)
        return [SheetGroup(group[0].line.responsibility.is_lead, group) for group in groups]

    @property
    def last(self):
        """The last SheetGroup, if nothing follows it but the signatures, which on paper never stand alone."""
        return [] if self.page.measurements else self.groups[-1:]

    @property
    def leading(self):
        return self.groups[: len(self.groups) - len(self.last)]

    @property
    def measured(self):
        return [item for item in self.page.measurements if item.owed.own_text]

    @property
    def incomplete(self):
        """Whether something is still to be filled in, of which lead lines block."""
        return bool(self.page.missing or self.page.unmeasured)

    @property
    def reporters(self) -> list[User]:
        """Who filled in lines or figures, in order of first appearance."""
        rows = [line.entry for line in self.page.lines if says_something(line.entry)]
        rows += [item.owed.measurement for item in self.measured]
        return list(dict.fromkeys(row.updated_by for row in rows if row.updated_by))

    @property
    def phones(self):
        return [user.phone for user in self.reporters if user.phone]

    @property
    def approver(self) -> User | None:
        """Who of the unit passed it on to 县科协, where that was its approver."""
        submission = self.page.submission
        return submission.by if submission and submission.from_status == Status.ENDORSING else None

    @property
    def signature(self):
        """The submission that recorded 线下签批, else None."""
        submission = self.page.submission
        return submission if submission and submission.signed_name else None


@require_safe
def filing_sheet(request, slug, code):
    at = timezone.now()
    plan = visible_plan(request, slug)
    department, _ = asked_department(request, plan)
    page = assemble(named_period(plan, code), department, user=request.user, at=at)
    if not page.readable:
        raise PermissionDenied("该单位已自行填写，报送后可在审核页查看。")
    context = {"plan": plan, "page": page, "sheet": Sheet(page)}
    return render(request, "chengkou_kepu/filing_sheet.html", context)
