"""Where table and body disagree, and where the body contradicts itself."""

import re
from collections import Counter

from .body import END_OF_CLAUSE, same
from .model import Finding
from .names import bare, is_group
from .numbering import chinese_mark

CUES = "会同|联合|协同|由|和|与|及"  # what stands before the name of a unit, but for the start of a clause
NOT_UNITS = "级域内乡镇城区长"  # 县级, 县域, 县内 … are no units
FACILITY = "馆|中心|基地|园区|公园|广场|站|平台"
DONE = "基本建成|建成并投入使用|建成投用|建成|投入使用|免费开放|对外开放|竣工|完工|启用"
TARGET = re.compile(f"([\u4e00-\u9fff]{{1,10}}(?:{FACILITY}))[\u4e00-\u9fff]{{0,4}}?({DONE})")
OPENING = re.compile("^.*(?:[县区市]级|推动|推进|争取|加快|实现|力争|确保|完成)")


def body_questions(reading, document):
    if not reading.sections:
        yield Finding("no_body_text", None, "文件中没有方案正文，未与正文核对。")
        return
    yield from question_sections(document)
    yield from question_titles(reading, document)
    for place in reading.places:
        yield from question_paragraphs(reading, place)
    yield from question_unlisted_units(reading, document)
    yield from question_targets(document)


def question_sections(document):
    numbers = {task.action for task in document.tasks}
    for action in document.actions:
        if not action.heading_title:
            message = f"表中“{action.title}”在正文中没有对应的标题。"
            yield Finding("section_not_in_body", None, message)
        elif same(action.title) != same(action.heading_title):
            message = f"表中“{action.title}”在正文中作“{action.heading_title}”。"
            yield Finding("section_title_differs", None, message)
        if action.ordinal not in numbers:
            message = f"“{action.title}”未列入责任分解表（附件文本可能不全，待核）。"
            yield Finding("action_without_rows", None, message)


def question_titles(reading, document):
    """A title agrees if it stands in its section as a run of whole clauses (`body.describes`)."""
    for task, row, found in zip(document.tasks, reading.table.tasks, reading.described, strict=True):
        if found is None and reading.place_of(row).section:
            yield Finding(
                "task_not_in_body",
                task.number,
                f"第{task.number}项“{task.title}”在正文该部分中没有对应内容。",
            )
        elif found and not found[2]:
            message = f"第{task.number}项表中作“{task.title}”，正文作“{task.body_title}”。"
            yield Finding("title_differs_from_body", task.number, message)


def question_paragraphs(reading, place):
    for _, title in reading.without_row(place):
        message = f"正文“{place.section.title}”中的“{title}”未列入责任分解表。"
        yield Finding("paragraph_without_row", None, message)


def question_unlisted_units(reading, document):
    """A paragraph charges a unit that the table does not name among its section's units."""
    spelled = {
        spelling: canonical
        for name, canonical in reading.canonical.items()
        for spelling in (name, bare(name))
        if not is_group(name)
    }
    if not spelled:
        return
    unknown = unknown_units(spelled)
    for action in document.actions:
        tasks = [task for task in document.tasks if task.action == action.ordinal]
        listed = {name for task in tasks for name in (*task.leads, *task.supports)}
        for paragraph in action.paragraphs if tasks else ():
            names, clause_of = units_named(paragraph, spelled, unknown)
            missing = [name for name in names if name not in listed]
            if missing:
                row = next((task.number for task in tasks if paragraph in task.paragraphs), None)
                message = f"正文“{clause_of[missing[0]]}”提到{'、'.join(missing)}，责任分解表该部分未列入。"
                yield Finding("unit_not_in_table", row, message)


def unknown_units(spelled):
    """A pattern for units that the table does not know: they begin and end as most of its units do (县…局)."""
    first = Counter(name[0] for name in spelled).most_common(1)[0][0]
    last = re.escape("".join(sorted({bare(name)[-1] for name in spelled})))
    letters = "\u4e00-\u9fff"
    return re.compile(
        f"(?:^|{CUES}|[{END_OF_CLAUSE}、])({first}(?![{NOT_UNITS}])[{letters}]{{1,10}}?[{last}])"
    )


def units_named(paragraph, spelled, unknown):
    """(names in order of appearance, {name: the clause that has it}) of the units in a paragraph."""
    known = re.compile("|".join(map(re.escape, sorted(spelled, key=len, reverse=True))))
    names, clause_of = [], {}
    for clause in re.split(f"[{END_OF_CLAUSE}]", paragraph):
        found = [(match.start(), spelled[match[0]]) for match in known.finditer(clause)]
        rest = known.sub(lambda match: "、" * len(match[0]), clause)
        found += [(match.start(1), match[1]) for match in unknown.finditer(rest)]
        for _, name in sorted(found):
            if name not in clause_of:
                names.append(name)
                clause_of[name] = clause
    return names, clause_of


def question_targets(document):
    """A facility of the goals chapter whose completion the actions word otherwise (建成, 投入使用, 开放)."""
    told = [text for action in document.actions for text in action.paragraphs]
    for goal in goal_lines(document.body):
        for facility, wording, clause in facilities(goal):
            others = [
                other
                for text in told
                for other in clauses_with(text, facility)
                if completion(other, facility) not in ("", wording)
            ]
            if others:
                message = (
                    f"工作目标作“{clause}”，正文另作“{'”“'.join(others)}”，两处表述不一致，以何者为准待核。"
                )
                yield Finding("target_worded_differently", None, message)


def goal_lines(lines):
    """The lines of the chapters whose heading speaks of goals (工作目标, 主要目标)."""
    inside = False
    for line in lines:
        mark = chinese_mark(line)
        if mark and mark[2] == "、":
            inside = "目标" in mark[1]
        elif inside:
            yield line


def facilities(text):
    """(facility, how it is to be completed, clause) in a text: (科技馆, 基本建成, 县级科技馆基本建成)."""
    for clause in re.split(f"[{END_OF_CLAUSE}]", text):
        match = TARGET.search(clause)
        if match:
            yield OPENING.sub("", match[1]), match[2], clause


def clauses_with(text, facility):
    return [clause for clause in re.split(f"[{END_OF_CLAUSE}]", text) if completion(clause, facility)]


def completion(clause, facility):
    """How the clause says the facility is to be completed, "" where it does not."""
    match = re.search(f"{re.escape(facility)}[\u4e00-\u9fff]{{0,4}}?({DONE})", clause)
    return match[1] if match else ""
