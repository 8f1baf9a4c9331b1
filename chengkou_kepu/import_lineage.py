"""Findings on units that an imported document calls by a name they no longer have: 机构改革 came between."""

from departments.lineage import Lineage
from departments.models import Reform
from tasks.calendar import zh_day
from tasks.models import Responsibility
from tasks.plan_document import Finding

CODES = {
    Reform.Kind.RENAME: "unit_renamed",
    Reform.Kind.MERGE: "unit_merged",
    Reform.Kind.SPLIT: "unit_split",
}


def reformed_units(plan, document, units):
    """[Finding] on the former units among `units`, {name in the document: Department}, that never had a duty in the plan.

    Where they had one, the plan knew them before the reform, which moved their duties.
    """
    former = {unit: name for name, unit in units.items() if unit.ends_on}
    if not former:
        return []
    lineage = Lineage.load(plan.region_id)
    had = set(Responsibility.objects.filter(task__plan=plan).values_list("department", flat=True))
    return [_finding(name, unit, lineage, document) for unit, name in former.items() if unit.pk not in had]


def _finding(name, unit, lineage, document):
    heirs = lineage.heirs(unit.pk)
    if not heirs:
        message = f"文件所列“{name}”至{zh_day(unit.ends_on)}止已撤销，未列入分工，请核对。"
        return Finding("unit_abolished", None, message)
    reform = lineage.ends(unit.pk)[0].reform
    kind = Reform.Kind.SPLIT if len(heirs) > 1 else Reform.Kind(reform.kind)
    since = f"文件所列“{name}”自{zh_day(reform.effective_on)}起已{Reform.Kind(reform.kind).label}"
    if kind != Reform.Kind.SPLIT:
        return Finding(CODES[kind], None, f"{since}，按现单位{heirs[0]}列入分工，请核对。")
    message = (
        f"{since}，现由{'、'.join(map(str, heirs))}承接；文件列给“{name}”的{_duties(name, document)}"
        f"，暂列在{heirs[0]}，请按职能核对，应由其他承接单位承担的予以更正。"
    )
    return Finding(CODES[kind], None, message)


def _duties(name, document):
    """牵头工作（第25、26项）和配合工作 3 项: what the document gives to the unit."""
    leads = [str(task.number) for task in document.tasks if name in task.leads]
    supports = sum(name in task.supports for task in document.tasks)
    told = [f"牵头工作（第{'、'.join(leads)}项）"] if leads else []
    return "和".join([*told, *([f"配合工作 {supports} 项"] if supports else [])])
