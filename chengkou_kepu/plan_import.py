"""Saving a plan document: what it says becomes the plan, and a later version changes only what differs.

A filed report and its lines are never touched. Rows are known by the region and spelling of a unit, the ordinal
of an action, the number of a task, and the unit of a responsibility.
"""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from pypinyin import lazy_pinyin

from departments import audit
from departments.lineage import Lineage
from departments.reform import lock_region
from departments.regions import (
    UnitNames,
    UnknownRegion,
    ensure_departments,
    ensure_region,
    place_coded,
    place_named,
)
from indicators.targets import LoadedTargets, load_targets, read_targets
from tasks.assignment import assign
from tasks.models import Action, Plan, PlanFinding, Responsibility, Task
from tasks.numerals import zh_ordinal
from tasks.plan_document import Finding

from .import_lineage import pass_on_duties, reformed_units

SUFFIX = re.compile("(?<=..)(?:自治县|自治州|县|区|市|旗|州)$")


class ImportRefused(Exception):
    """The document cannot be saved as it stands; the message is a sentence for whoever imports."""


@dataclass(frozen=True)
class PlanImport:
    """What an import made of the document: `changes` in sentences, none where all was there already.

    `findings` are those that no document tells of itself, but what was stored before it.
    """

    plan: Plan
    created: bool
    changes: tuple[str, ...]
    targets: LoadedTargets
    findings: tuple[Finding, ...]

    @property
    def changed(self):
        return bool(self.changes) or self.targets.changed


def import_plan(document, *, by, at, slug="", region_code="", retitle=False):
    """Save the PlanDocument as the plan `slug` (default: region and years in pinyin), all of it or nothing.

    Raises ImportRefused, and with `retitle` off also where a task would be renamed that units have reported on.
    """
    try:
        with transaction.atomic():
            plan, created, changes = _save_plan(document, slug, region_code)
            if not retitle:
                _refuse_retitling(plan, document)
            units, unit_changes = _save_units(plan, document)
            changes += unit_changes + _save_actions(plan, document) + _save_tasks(plan, document)
            lineage = Lineage.load(plan.region_id)
            units = {name: lineage.as_of(unit, plan.starts_on) for name, unit in units.items()}
            reformed = reformed_units(plan, document, units, lineage)
            changes += _save_duties(plan, document, units, lineage, at=at)
            pass_on_duties(plan, units, lineage)
            findings = _vanished(plan, document) + reformed
            changes += _save_findings(plan, [*document.findings, *findings])
            if changes:
                detail = extent(document) if created else "\n".join(changes)
                audit.record("导入方案", plan, by=by, at=at, detail=detail)
            targets = load_targets(plan, read_targets(plan.slug), by=by, at=at)
    except UnknownRegion as refusal:
        raise ImportRefused(str(refusal)) from None
    except ValidationError as invalid:
        raise ImportRefused(f"文件中有不能保存的内容：{'；'.join(invalid.messages)}") from None
    return PlanImport(plan, created, tuple(changes), targets, tuple(findings))


def extent(document):
    """How much the document holds: `10 个行动（工程）、42 项重点工作，28 个单位、3 个单位组`, and the duties."""
    tasks = document.tasks
    units = {name for task in tasks for name in (*task.leads, *task.supports)}
    groups = {name for task in tasks for name in (*task.lead_groups, *task.groups)}
    counts = {
        "牵头": sum(len(task.leads) for task in tasks),
        "配合": sum(len(task.supports) for task in tasks),
        "单位组": sum(len(task.lead_groups) + len(task.groups) for task in tasks),
    }
    duties = "、".join(f"{label} {count} 项次" for label, count in counts.items())
    return (
        f"{len(document.actions)} 个行动（工程）、{len(tasks)} 项重点工作，"
        f"{len(units)} 个单位、{len(groups)} 个单位组；{duties}"
    )


def default_slug(region_name, starts_on, ends_on):
    """`chengkou-2021-2025` for 城口县: a name of one character keeps its 县 (忠县: zhongxian)."""
    return "-".join(
        ["".join(lazy_pinyin(SUFFIX.sub("", region_name))), str(starts_on.year), str(ends_on.year)]
    )


def _save_plan(document, slug, region_code):
    """The plan, locked, whether it is new, and what changed; ImportRefused where the document leaves gaps."""
    region = _region_of(document, Plan.objects.filter(slug=slug).first(), region_code)
    lock_region(region.pk)
    plan = _locked(slug)
    if plan is None:
        _require_heading(document)
        slug = slug or default_slug(region.name, document.starts_on, document.ends_on)
        plan = _locked(slug)
        if plan and plan.region_id != region.pk:
            raise ImportRefused(f"标识 {slug} 已用于{plan.region}的方案，请用 --slug 另定标识。")
    fields = {
        "title": document.title,
        "issued_on": document.issued_on,
        "starts_on": document.starts_on,
        "ends_on": document.ends_on,
    }
    if plan is None:
        plan = Plan(slug=slug, region=region, **fields)
        plan.full_clean()
        plan.save()
        return plan, True, ["新建方案"]
    changed = [name for name, value in fields.items() if value and getattr(plan, name) != value]
    for name in changed:
        setattr(plan, name, fields[name])
    if changed:
        plan.full_clean()
        plan.save(update_fields=changed)
    return plan, False, [f"方案{Plan._meta.get_field(name).verbose_name}有更新" for name in changed]


def _locked(slug):
    return Plan.objects.select_for_update(of=("self",)).select_related("region").filter(slug=slug).first()


def _region_of(document, plan, region_code):
    """The document's region; a plan that is there already says which one, if the document does not differ."""
    name = document.region_name
    if plan is not None:
        if region_code not in ("", plan.region.code) or not (region_code or name in (None, plan.region.name)):
            raise ImportRefused(
                f"标识 {plan.slug} 是{plan.region}的方案，与要导入的行政区不一致，请核对 --slug。"
            )
        return plan.region
    if region_code:
        return ensure_region(place_coded(region_code, name))
    if not name:
        raise ImportRefused("文件中没有找到所属的县（区、市），请用 --region 指明 6 位行政区划代码。")
    return ensure_region(place_named(name))


def _require_heading(document):
    if not document.title:
        raise ImportRefused("文件中没有找到方案名称，请在责任分解表之前补上名称后再导入。")
    if not (document.starts_on and document.ends_on):
        raise ImportRefused("文件中没有找到方案的起止年份，请在方案名称中写明，如“（2021―2025年）”。")


def _refuse_retitling(plan, document):
    titles = {task.number: task.title for task in document.tasks}
    reported = plan.tasks.filter(responsibilities__department__reports__period__plan=plan).distinct()
    changed = [str(task.number) for task in reported if titles.get(task.number, task.title) != task.title]
    if changed:
        numbers = "、".join(changed)
        raise ImportRefused(
            f"第{numbers}项已有单位填报，而文件中的名称与现有名称不同，没有导入；"
            "确属同一项工作改了名称的，请加 --retitle 再导入。"
        )


def _save_units(plan, document):
    """{name: department} of the table's units and groups, in its order, and what changed."""
    is_group = {}
    for task in document.tasks:
        for names, groups in ((task.leads, task.lead_groups), (task.supports, task.groups)):
            is_group |= dict.fromkeys(names, False) | dict.fromkeys(groups, True)
    wanted = [UnitNames(name, group, document.spellings.get(name, ())) for name, group in is_group.items()]
    ensured = ensure_departments(plan.region, wanted)
    changes = [f"新增单位：{department}" for department in ensured.created]
    changes += [f"{department}新增写法：{spelling}" for spelling, department in ensured.new_spellings]
    return ensured.by_name, changes


def _save_actions(plan, document):
    wanted = {
        action.ordinal: {"title": action.title, "paragraphs": "\n".join(action.paragraphs)}
        for action in document.actions
    }
    stored = {action.ordinal: action for action in plan.actions.all()}
    return _save_rows(
        Action, plan, "ordinal", wanted, stored, lambda ordinal: f"行动（工程）{zh_ordinal(ordinal)}"
    )


def _save_tasks(plan, document):
    actions = {action.ordinal: action for action in plan.actions.all()}
    wanted = {
        task.number: {
            "title": task.title,
            "paragraphs": "\n".join(task.paragraphs),
            "action": actions[task.action],
        }
        for task in document.tasks
    }
    stored = {task.number: task for task in plan.tasks.select_related("action")}
    return _save_rows(Task, plan, "number", wanted, stored, lambda number: f"第{number}项")


def _save_rows(model, plan, key, wanted, stored, label):
    """Make and update the plan's rows of `model` known by `key`, {key: fields}; what changed."""
    new, updated, changes = [], [], []
    for number, fields in wanted.items():
        row = stored.get(number)
        if row is None:
            row = model(plan=plan, **{key: number}, **fields)
            new.append(row)
            changes.append(f"新增{label(number)}：{row.title}")
        elif changed := [name for name, value in fields.items() if getattr(row, name) != value]:
            changes.append(
                f"{label(number)}{'、'.join(_what_changed(row, name, fields[name]) for name in changed)}"
            )
            for name in changed:
                setattr(row, name, fields[name])
            updated.append(row)
    for row in (*new, *updated):
        row.clean_fields(exclude=["plan", "action"])
    model.objects.bulk_create(new)
    if updated:
        model.objects.bulk_update(updated, list(next(iter(wanted.values()))))
    return changes


def _what_changed(row, name, value):
    if name == "title":
        return f"名称由“{row.title}”改为“{value}”"
    return "改列" + str(value) if name == "action" else "原文有更新"


def _save_duties(plan, document, units, lineage, *, at):
    tasks = {task.number: task for task in plan.tasks.all()}
    wanted = {}
    for task in document.tasks:
        duties = wanted[tasks[task.number]] = {}
        for role, names in (
            (Responsibility.Role.LEAD, (*task.leads, *task.lead_groups)),
            (Responsibility.Role.SUPPORT, (*task.supports, *task.groups)),
        ):
            for position, name in enumerate(names, start=1):
                duties.setdefault(units[name], (role, position))
    ended = [unit for unit in units.values() if unit.ends_on and unit.ends_on < plan.starts_on]
    return assign(plan, wanted, at=at, heirs={unit: lineage.heirs(unit.pk) for unit in ended})


def _save_findings(plan, findings):
    """Keep the findings in step: new ones open, those that no longer hold vanish unless they were settled."""
    found = [(f.code, f.row, f.message) for f in findings]
    stored = {(f.code, f.row, f.message): f for f in plan.findings.all()}
    new = [key for key in dict.fromkeys(found) if key not in stored]
    gone = [f.pk for key, f in stored.items() if key not in found and f.settled_at is None]
    plan.findings.filter(pk__in=gone).delete()
    PlanFinding.objects.bulk_create(
        PlanFinding(plan=plan, code=code, row=row, message=message) for code, row, message in new
    )
    changes = [f"新增核对事项：{message}" for _, _, message in new]
    return changes + ([f"{len(gone)} 条核对事项已不存在，予以删除"] if gone else [])


def _vanished(plan, document):
    """Findings on tasks and actions that the plan has and the document has not, but for those added by decision."""
    numbers = {task.number for task in document.tasks}
    ordinals = {action.ordinal for action in document.actions}
    tasks = plan.tasks.exclude(number__in=numbers).prefetch_related("responsibilities")
    findings = [
        Finding(
            "task_vanished",
            t.number,
            f"第{t.number}项“{t.title}”在重新导入的文件中已不存在，平台予以保留，请核对。",
        )
        for t in tasks
        if not _decided(t)
    ]
    return findings + [
        Finding("action_vanished", None, f"“{a.title}”在重新导入的文件中已不存在，平台予以保留，请核对。")
        for a in plan.actions.exclude(ordinal__in=ordinals)
    ]


def _decided(task):
    """Whether a coordinator added the task: every responsibility in it names the decision."""
    duties = [duty for duty in task.responsibilities.all() if duty.valid_to is None]
    return bool(duties) and all(duty.decided_by for duty in duties)
