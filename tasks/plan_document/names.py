"""Names of units in the table's cells: where one ends and the next begins, and which spelling stands for a unit."""

import re
from dataclasses import dataclass
from itertools import pairwise

SEPARATORS = "、，；,;。"
KINDS = {",": "，", ";": "；"}
WIDE_BRACKETS = str.maketrans("()﹙﹚", "（）（）")
LAST_BRACKET = re.compile(r"（[^（）]*）$")
NOBODY = re.compile(r"[-－—―─–/／\\]+|无")


@dataclass(frozen=True, slots=True)
class UnitList:
    """The names of one cell as written, and how the cell is written.

    `separators`: the kinds of mark that stand between names; `breaks`: names that only a line break parts;
    `run_together`: a name begins straight after a closing bracket;
    `unclosed`: a bracket stays open; `hanging`: the cell ends with 、 as if more had to follow.
    """

    names: tuple[str, ...]
    separators: frozenset[str]
    breaks: int
    run_together: bool
    unclosed: bool
    hanging: bool


def read_units(cell):
    """Split a unit cell by DESIGN §5: 、 ， ； spaces and line breaks separate outside brackets."""
    text = cell.translate(WIDE_BRACKETS).strip()
    names, name, depth, separators, run_together = [], "", 0, set(), False
    for position, char in enumerate(text):
        if depth == 0 and (char in SEPARATORS or char.isspace()):
            names.append(name)
            name = ""
            if char in SEPARATORS and position < len(text) - 1:
                separators.add(KINDS.get(char, char))
            continue
        if char.isspace():
            continue
        if depth == 0 and name.endswith("）") and char != "（":
            names.append(name)
            name, run_together = "", True
        depth = max(0, depth + {"（": 1, "）": -1}.get(char, 0))
        name += char
    names.append(name)
    return UnitList(
        names=tuple(joined(names)),
        separators=frozenset(separators),
        breaks=bare_breaks(text),
        run_together=run_together,
        unclosed=depth > 0,
        hanging=text.endswith(tuple("、，；,;")),
    )


def bare_breaks(text):
    """How many line breaks stand between names without another separator beside them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    pairs = pairwise(lines)
    return sum(a[-1] not in SEPARATORS and b[0] not in SEPARATORS and b[0] != "（" for a, b in pairs)


def joined(parts):
    """The parts that are names; a bracket that stands by itself belongs to the name before it."""
    names = []
    for part in parts:
        if part.startswith("（") and names:
            names[-1] += part
        elif part and not NOBODY.fullmatch(part):
            names.append(part)
    return names


def bare(name):
    """The name without the bracket at its end."""
    return LAST_BRACKET.sub("", name) or name


def is_group(name):
    """A name with 各, 相关 or 有关 in it is a group, not a unit that files."""
    return any(word in name for word in ("各", "相关", "有关"))


def canonical_names(written):
    """{spelling: canonical name}: the bare form where the table has it too, else as written (DESIGN §5)."""
    known = set(written)
    return {name: bare(name) if bare(name) in known else name for name in written}


def other_spellings(canonical):
    """{canonical name: its other spellings in order of first appearance}, units with several only."""
    spellings = {}
    for name, chosen in canonical.items():
        if name != chosen:
            spellings.setdefault(chosen, []).append(name)
    return {chosen: tuple(names) for chosen, names in spellings.items()}
