"""What is uncertain in the table itself: its numbers, its unit cells, the spelling of units, where it ends."""

from .broken import is_short
from .cells import cell_at
from .model import Finding
from .names import bare, is_group, read_units


def table_questions(reading, document):
    yield from question_rows(reading.table)
    for index, row in enumerate(reading.table.tasks):
        number = index + 1
        yield from question_number(reading.table, index)
        for columns, label, code in (
            (reading.table.header.leads, "牵头单位", "leads_run_together"),
            (reading.table.header.supports, "配合单位", "supports_run_together"),
        ):
            for column in row.own.intersection(columns):
                yield from question_cell(row, column, number, label, code)
        yield from question_empty_cells(reading.table, index)
        yield from question_units(reading, index, document.tasks[index])
    yield from question_spellings(reading, document)
    yield from question_end(reading, document)


def question_rows(table):
    if not table.has_sections:
        yield Finding(
            "no_action_sections", None, "责任分解表中有重点工作不属于任何行动（工程），暂归入“重点任务”。"
        )
    for before, text in table.untitled:
        message = f"{after(before)}有一行没有重点工作内容（“{text}”），未读入。"
        yield Finding("row_without_title", before or None, message)
    for before, text in table.unread:
        message = f"{after(before)}有一行无法判断是标题还是重点工作（“{text}”），未读入。"
        yield Finding("row_not_understood", before or None, message)


def after(number):
    return f"第{number}项之后" if number else "表首"


def question_number(table, index):
    """Numbering may restart; any other jump is a finding."""
    row, before = table.tasks[index], table.tasks[index - 1] if index else None
    expected = before.printed + 1 if before and before.printed is not None else 1
    if row.printed is not None and row.printed not in (expected, 1):
        message = f"本项在表中的序号为 {row.printed}，与上一项不连续，按顺序记为第{index + 1}项。"
        yield Finding("numbering_has_gap", index + 1, message)


def question_cell(row, column, number, label, code):
    text = cell_at(row.row, column).text
    units, shown = read_units(text), text.replace("\n", "／")
    if units.run_together:
        yield Finding(
            code, number, f"第{number}项{label}“{shown}”连写，按“{'”“'.join(units.names)}”分别读入。"
        )
    if len(units.separators) > 1:
        marks = "”“".join(sorted(units.separators))
        yield Finding(
            "mixed_separators", number, f"第{number}项{label}中混用“{marks}”分隔，均按单位之间的分隔读入。"
        )
    if units.breaks:
        yield Finding(
            "units_on_several_lines",
            number,
            f"第{number}项{label}分行书写，按“{'”“'.join(units.names)}”分别读入。",
        )
    if units.unclosed:
        yield Finding("bracket_not_closed", number, f"第{number}项{label}“{shown}”括号不完整，请核对。")


def question_empty_cells(table, index):
    row, number, header = table.tasks[index], index + 1, table.header
    if not any(column in row.units for column in header.leads):
        yield Finding("task_without_lead", number, f"第{number}项没有牵头单位。")
    doubtful = row.own or (
        table.shows_merges and any(cell.continued for task in table.tasks for cell in task.row)
    )
    if row.inherited and doubtful:
        labels = "、".join(label_of(header, column) for column in sorted(row.inherited))
        message = f"第{number}项{labels}栏为空，未与上行合并，按与上行相同读入。"
        yield Finding("units_inherited", number, message)
    earlier = {column for task in table.tasks[:index] if task.section == row.section for column in task.units}
    if row.own and any(column in earlier and column not in row.units for column in header.supports):
        message = f"第{number}项配合单位栏为空，未与上行合并，按无配合单位读入。"
        yield Finding("supports_left_empty", number, message)


def label_of(header, column):
    return "牵头单位" if column in header.leads else "配合单位"


def question_units(reading, index, task):
    row, header, number = reading.table.tasks[index], reading.table.header, index + 1
    leads = {*task.leads, *task.lead_groups}
    named = [
        reading.canonical[name]
        for column in header.supports
        for name in read_units(row.units.get(column, "")).names
    ]
    both = "、".join(dict.fromkeys(name for name in named if name in leads))
    if both:
        message = f"第{number}项中{both}既是牵头单位又是配合单位，按牵头单位读入。"
        yield Finding("unit_leads_and_supports", number, message)
    twice = "、".join(dict.fromkeys(name for name in named if named.count(name) > 1))
    if twice:
        yield Finding("unit_named_twice", number, f"第{number}项配合单位中{twice}重复出现，按一次读入。")


def question_spellings(reading, document):
    """One unit in several spellings; and names that differ in their bracket only, which stay apart."""
    for chosen, others in document.spellings.items():
        message = f"“{chosen}”在表中还写作“{'”“'.join(others)}”，按同一单位读入。"
        yield Finding("unit_spelled_differently", None, message)
    chosen = {}
    for name in dict.fromkeys(reading.canonical.values()):
        if not is_group(name):
            chosen.setdefault(bare(name), []).append(name)
    for names in chosen.values():
        if len(names) > 1:
            message = f"“{'”“'.join(names)}”只有括号内文字不同，按不同单位读入，请核对是否为同一单位。"
            yield Finding("unit_spelled_differently", None, message)


def question_end(reading, document):
    """The table may go on in the original: its last row is short, or the body has more than the table."""
    table, last = reading.table, len(document.tasks)
    rowless = [a for a in document.actions if a.ordinal > document.tasks[-1].action]
    signs = []
    if is_short(table.tasks[-1], table):
        signs.append(f"第{last}项缺少责任单位栏")
    if reading.goes_on():
        signs.append("该项所在部分的正文之后还有内容未列入")
    if rowless:
        signs.append(f"“{'”“'.join(action.title for action in rowless)}”未列入")
    if signs:
        message = f"责任分解表到第{last}项为止，附件文本可能不全，待核：{'；'.join(signs)}。"
        yield Finding("table_may_be_cut_off", last, message)
