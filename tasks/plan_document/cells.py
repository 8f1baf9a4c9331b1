"""What a file of any format comes down to: lines of text and grids of cells, in the document's order."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell at its column. A merged one repeats its text below (`continued`) and covers `span` columns.

    The columns that a cell covers to its right are empty cells of span 0.
    """

    text: str = ""
    continued: bool = False
    span: int = 1


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as the file has it.

    `shows_merges`: the format says which cells are merged (a text export does not).
    `is_text_outside`: rows that belong to no responsibility table are running text.
    `unfinished`: the file ends in this grid's last cell without ending the line.
    """

    rows: tuple[tuple[Cell, ...], ...]
    shows_merges: bool
    is_text_outside: bool
    unfinished: bool = False


def cell_at(row, column):
    return row[column] if column < len(row) else Cell()


def texts(row):
    """The row's own texts; what a merged cell repeats from above is not the row's own."""
    return [cell.text for cell in row if cell.text and not cell.continued]
