"""What changed between two texts, word by word; pure."""

import difflib
import re
from dataclasses import dataclass

TOKENS = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[A-Za-z]+|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A run of text that is `same`, only in the old text (`old`) or only in the new one (`new`)."""

    kind: str
    text: str


def compare(old, new):
    """(pieces of the old text, pieces of the new text); numbers and Latin words are never split."""
    before, after = TOKENS.findall(old), TOKENS.findall(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    left, right = [], []
    for operation, i1, i2, j1, j2 in matcher.get_opcodes():
        same = operation == "equal"
        if i2 > i1:
            left.append(Piece("same" if same else "old", "".join(before[i1:i2])))
        if j2 > j1:
            right.append(Piece("same" if same else "new", "".join(after[j1:j2])))
    return tuple(left), tuple(right)
