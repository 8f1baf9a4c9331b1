"""Units that an imported document calls by a name they no longer have: 机构改革 came between."""

from departments.models import Reform
from tasks.calendar import zh_day
from tasks.handover import hand_over
from tasks.inheritance import hold_periods_from
from tasks.models import Responsibility
from tasks.plan_document import Finding

CODES = {
    Reform.Kind.RENAME: "unit_renamed",
    Reform.Kind.MERGE: "unit_merged",
    Reform.Kind.SPLIT: "unit_split",
}


def reformed_units(plan, document, units, lineage):
    """[Finding] on the former units among `units`, {name in the document: Department}; call it before their duties are saved.

    Not on those whose duties a reform has moved since the plan was imported.
    """
    former = {unit: name for name, unit in units.items() if unit.ends_on}
    had = set(Responsibility.objects.filter(task__plan=plan).values_list("department", flat=True))
    known = list(plan.findings.values_list("message", flat=True))
    return [
        _finding(name, unit, plan, lineage, document)
        for unit, name in former.items()
        if unit.pk not in had or any(message.startswith(_subject(name)) for message in known)
    ]


def _subject(name):
    """How each finding on the name begins."""
    return f"文件所列“{name}”"


def pass_on_duties(plan, units, lineage):
    """Duties that the plan has just given to units which ended in its span go on with those that took their place.

    A unit split up is followed by the one of its heirs that has the task, else by the first.
    """
    if not any(unit.ends_on and unit.ends_on >= plan.starts_on for unit in units.values()):
        return
    steps = {}
    for step in lineage.successions:
        if step.reform.effective_on > plan.starts_on:
            steps.setdefault((step.reform, step.old), []).append(step.new)
    for (reform, old), heirs in steps.items():
        duties = Responsibility.objects.filter(task__plan=plan, department=old, valid_to=None)
        held = Responsibility.objects.in_force(reform.effective_on).filter(department__in=filter(None, heirs))
        has = {(duty.task_id, duty.department_id) for duty in held}
        places = {
            duty.pk: next((heir for heir in heirs if heir and (duty.task_id, heir.pk) in has), heirs[0])
            for duty in duties
        }
        if places:
            concerned = hold_periods_from(plan.region_id, reform.effective_on)
            periods = [period for period in concerned if period.plan_id == plan.pk]
            hand_over(
                [old], on=reform.effective_on, heirs=places, decided_by=reform.document, periods=periods
            )


def _finding(name, unit, plan, lineage, document):
    heirs = lineage.heirs(unit.pk)
    if not heirs:
        told = "其分工此后没有单位承担" if unit.ends_on >= plan.starts_on else "未列入分工"
        message = f"{_subject(name)}至{zh_day(unit.ends_on)}止已撤销，{told}，请核对。"
        return Finding("unit_abolished", None, message)
    reform = lineage.ends(unit.pk)[0].reform
    kind = Reform.Kind.SPLIT if len(heirs) > 1 else Reform.Kind(reform.kind)
    since = f"{_subject(name)}自{zh_day(reform.effective_on)}起已{Reform.Kind(reform.kind).label}"
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
