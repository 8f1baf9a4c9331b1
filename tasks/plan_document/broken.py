"""Where a file is broken inside a row's text: half a title or half a list of units is refused, never read."""

from .body import is_cut_short, leading_sentence, same
from .cells import cell_at
from .model import PlanDocumentError
from .names import bare, read_units


def refuse_broken(reading):
    """PlanDocumentError where the table's last row is not whole.

    A copy may end between rows, or after a whole title if its unit cells are merged with those above
    (DESIGN §3). In a text export a title is whole when its line is ended and it does not break off inside a
    clause of the body; a unit cell is broken when two of three signs meet: its line is not ended, the
    section's body goes on, its last name seems the beginning of a longer one.
    """
    table, task = reading.table, reading.table.tasks[-1]
    if table.ends_with == "task":
        refuse_broken_units(reading, task)
    if table.shows_merges:
        return
    if table.ends_with == "untitled":
        raise broken("有序号而没有重点工作内容", len(table.tasks) + 1)
    if table.ends_with == "task":
        refuse_broken_row(reading, task)
    elif reading.layout.unfinished or section_is_cut(reading):
        raise PlanDocumentError("文件不完整：责任分解表在标题行中间断开，请重新获取完整的文件。")


def refuse_broken_units(reading, task):
    """A last cell that ends with 、 or with an open bracket goes on in the original."""
    for column in task.own:
        units = read_units(cell_at(task.row, column).text)
        if units.hanging or units.unclosed:
            raise broken("责任单位没有写完", len(reading.table.tasks))


def refuse_broken_row(reading, task):
    """`open_at` is the column of the cell whose line the file does not end, None where it ends them all."""
    number, paragraphs, header = len(reading.table.tasks), reading.paragraphs_of(task), reading.table.header
    open_at = len(task.row) - 1 if reading.layout.unfinished else None
    short = is_short(task, reading.table)
    if short and (task.own or not task.units):
        raise broken("缺少责任单位", number)
    if (short or open_at == header.task) and is_cut_short(task.title, paragraphs):
        raise broken("重点工作没有写完", number)
    if short and open_at == header.task and (reading.goes_on() or not is_titled(task.title, paragraphs)):
        raise broken("重点工作没有写完", number)
    signs = (open_at is not None, reading.goes_on(), ends_inside_name(reading, task))
    if task.own and len(task.row) - 1 in header.units and sum(signs) > 1:
        raise broken("责任单位没有写完", number)


def is_short(task, table):
    """Whether the row lacks unit cells that the header, or any other row, has."""

    def lacks_units(row):
        return len(row) <= max(table.header.units)

    return lacks_units(task.row) and not (
        len(table.tasks) > 1 and all(lacks_units(other.row) for other in table.tasks[:-1])
    )


def is_titled(title, paragraphs):
    return any(same(leading_sentence(paragraph)) == same(title) for paragraph in paragraphs)


def ends_inside_name(reading, task):
    """Whether the row's last name seems the beginning of a longer one.

    Another name of the table begins with it; or the body has it and no other unit ends in its last character.
    """
    names = read_units(cell_at(task.row, len(task.row) - 1).text).names
    if not names:
        return False
    last = names[-1]
    others = [name for name in reading.canonical if name != last]
    longer = any(name.startswith(last) and reading.canonical[name] != last for name in others)
    unlike = last[-1] not in {"）", *(bare(name)[-1] for name in others)}
    return longer or (unlike and any(last in line for line in reading.layout.lines))


def section_is_cut(reading):
    """Whether the table ends with a section row whose title breaks off before the body's heading does."""
    title = same(reading.table.sections[-1].title)
    headings = [same(section.title) for section in reading.sections]
    return title not in headings and any(heading.startswith(title) for heading in headings)


def broken(what, number):
    return PlanDocumentError(f"文件不完整：责任分解表在第{number}项处断开（{what}），请重新获取完整的文件。")
