"""What changed between two texts, word by word; pure."""

import difflib
import re
from dataclasses import dataclass
from itertools import groupby, takewhile

LONG_TEXTS = (("results", "取得成效"), ("problems", "问题与困难"), ("next_steps", "下步计划"))
LEAST_ALIKE = 0.4
SHORTEST_KEPT = 3
TOKENS = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[A-Za-z]+|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A run of text that is `same`, only in the old text (`old`) or only in the new one (`new`)."""

    kind: str
    text: str


@dataclass(frozen=True)
class ComparedText:
    """A text beside an older one, in pieces that show what changed."""

    label: str
    old: tuple[Piece, ...]
    new: tuple[Piece, ...]

    @classmethod
    def of(cls, label, before, now):
        return cls(label, *compare(before, now))

    @property
    def now(self):
        return "".join(piece.text for piece in self.new)

    @property
    def marked(self):
        """Whether the texts have enough in common for marks to tell a reader something."""
        return any(piece.kind == "same" for piece in self.old)


@dataclass(frozen=True)
class ComparedEntry:
    """What a line says, `told`, with its further `texts`, beside an older entry of it or None."""

    told: ComparedText
    texts: tuple[ComparedText, ...]

    @classmethod
    def of(cls, older, entry):
        more = (
            ComparedText.of(label, getattr(older, name, ""), getattr(entry, name))
            for name, label in LONG_TEXTS
        )
        told = ComparedText.of("", older.told if older else "", entry.told)
        return cls(told, tuple(text for text in more if text.old or text.new))

    @property
    def old_texts(self):
        return [text for text in self.texts if text.old]

    @property
    def new_texts(self):
        return [text for text in self.texts if text.new]


def compare(old, new):
    """(pieces of the old text, pieces of the new text); numbers and Latin words are never split.

    A reader sees phrases, not crumbs: fewer than `SHORTEST_KEPT` characters that two changes have left standing
    between them count as changed, and texts that share less than `LEAST_ALIKE` of the shorter one are one piece each.
    """
    runs = list(_runs(TOKENS.findall(old), TOKENS.findall(new)))
    kept = sum(len(left) for same, left, _ in runs if same)
    if kept < LEAST_ALIKE * min(len(old), len(new)):
        runs = [(False, old, new)]
    return (
        _pieces([(same, left) for same, left, _ in runs], "old"),
        _pieces([(same, right) for same, _, right in runs], "new"),
    )


def _runs(before, after):
    """(same or not, old text, new text) from beginning to end.

    What both texts begin and end with is set aside first; with `autojunk` tokens that stand everywhere in a long
    text begin no match, which bounds the cost where a text repeats itself.
    """
    head = _common(before, after)
    before, after, start = before[head:], after[head:], before[:head]
    tail = _common(before[::-1], after[::-1])
    end = before[len(before) - tail :]
    before, after = before[: len(before) - tail], after[: len(after) - tail]
    yield True, "".join(start), "".join(start)
    for operation, i1, i2, j1, j2 in difflib.SequenceMatcher(
        None, before, after, autojunk=True
    ).get_opcodes():
        left, right = "".join(before[i1:i2]), "".join(after[j1:j2])
        yield operation == "equal" and len(left) >= SHORTEST_KEPT, left, right
    yield True, "".join(end), "".join(end)


def _common(one, other):
    """How many tokens the two begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _pieces(runs, changed):
    """Pieces of (same or not, text), neighbours of one kind joined and empty ones dropped."""
    groups = groupby((run for run in runs if run[1]), key=lambda run: run[0])
    return tuple(Piece("same" if same else changed, "".join(t for _, t in group)) for same, group in groups)
