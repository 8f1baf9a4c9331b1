"""The header row of the responsibility table: which column means what (DESIGN §5, the genre)."""

import re
from dataclasses import dataclass

from .cells import cell_at

NUMBER = re.compile("序号|编号|项次|序")
NOT_A_UNIT = re.compile("领导|责任人|负责人|联系|时限|时间|进度|备注|成果|日期")
LEAD = re.compile(".*(?:牵头|主办|主责).*(?:单位|部门)|牵头")
SUPPORT = re.compile(".*(?:配合|协办|协同|协作|协助|参与|参加|支持).*(?:单位|部门)|配合|协办")
RESPONSIBLE = re.compile("(?:主要)?(?:责任|负责|承办|实施|落实)(?:单位|部门)")
TASK = re.compile(".{0,6}(?:工作|任务|事项|举措|措施)(?:内容|事项|清单|名称|分解|要点)*")
FAVOURED = ("重点工作", "重点任务", "工作任务", "主要任务", "任务")
ACTION = re.compile(".{0,4}(?:行动|工程)(?:、|或|和|/|与)?(?:行动|工程)?(?:名称|类别)?|类别")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are; `wording` is the header row's text, by which a repeated one is known."""

    wording: tuple[str, ...]
    task: int
    leads: tuple[int, ...]
    supports: tuple[int, ...]
    number: int | None
    action: int | None
    height: int

    @property
    def units(self):
        return self.leads + self.supports


def plain(text):
    return re.sub(r"[\s　:：]|[（(].*?[）)]", "", text)


def columns_by_role(row):
    """{role: [columns]} of the heading words in a row (DESIGN §5, the genre)."""
    roles = {}
    for column, cell in enumerate(row):
        word = plain(cell.text)
        role = role_of(word) if 0 < len(word) <= 12 else None
        if role:
            roles.setdefault(role, []).append(column)
    return roles


def role_of(word):
    if NUMBER.fullmatch(word):
        return "number"
    if NOT_A_UNIT.search(word):
        return None
    forms = {"lead": LEAD, "support": SUPPORT, "responsible": RESPONSIBLE, "task": TASK, "action": ACTION}
    return next((role for role, form in forms.items() if form.fullmatch(word)), None)


def header_at(rows, index):
    """The header that begins with `rows[index]`, else None; a second row may part 责任单位 in two."""
    heads, height = rows[index], 1
    if index + 1 < len(rows) and "lead" not in columns_by_role(heads):
        below = columns_by_role(rows[index + 1])
        parted = {*below.get("lead", ()), *below.get("support", ())} if "lead" in below else ()
        if parted:
            width = range(max(len(heads), len(rows[index + 1])))
            heads = tuple(cell_at(rows[index + 1] if c in parted else heads, c) for c in width)
            height = 2
    roles = columns_by_role(heads)
    responsible = roles.get("responsible", [])
    leads = roles.get("lead") or responsible
    if not roles.get("task") or not leads:
        return None
    return Header(
        wording=tuple(plain(cell.text) for cell in heads),
        task=favoured_task(heads, roles["task"]),
        leads=tuple(leads),
        supports=tuple(sorted(roles.get("support", []) + (responsible if leads is not responsible else []))),
        number=next(iter(roles.get("number", [])), None),
        action=next(iter(roles.get("action", [])), None),
        height=height,
    )


def favoured_task(row, columns):
    """Of several task columns the one whose word the genre favours, else the first."""
    words = {plain(row[column].text): column for column in reversed(columns)}
    return next((words[word] for word in FAVOURED if word in words), columns[0])
