"""Rows of tables as lines: a row of short cells is one line, so that an amount stands beside its label.

Layout tables and data tables are read alike, from the inside out: the blocks of a cell are made first, and
the row joins them if each cell came to one short block.
"""

from dataclasses import dataclass, field, replace

from tui_mail.mime.html.flow import Flow
from tui_mail.model.document import Block, BlockKind, Run
from tui_mail.model.safe_text import safe_text

ROWS_LIMIT = 500
"""Rows of a table that are shown."""

CELL_LIMIT = 60
"""Characters of a cell that may stand beside others."""

_IN_LINE = (BlockKind.PARAGRAPH, BlockKind.HEADING)


@dataclass(slots=True)
class _Table:
    """A table while the walk is in it."""

    rows: int = 0
    cells: list[tuple[int, int]] = field(default_factory=list)
    """Where the blocks of each cell of the present row begin and end in the flow."""
    cell_start: int = 0
    loose: bool = False
    """Whether something in the present row asked for a blank line."""
    last_single: int = -1
    """Index of the block of the last row, if that was one short cell."""


class Tables:
    """The tables around the place where the walk stands."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._open: list[_Table] = []
        self._last_line = -1
        """Index of the last block that was joined from several cells."""

    def margin(self) -> None:
        """Ask for a blank line, within the present cell if there is one."""
        self._flow.margin = True
        if self._open:
            self._open[-1].loose = True

    def enter(self, tag: str) -> bool:
        """Enter a table, row or cell; False if it is a row too many."""
        if tag == "table":
            self._open.append(_Table())
        elif self._open and tag == "tr":
            table = self._open[-1]
            table.rows += 1
            table.cells, table.loose = [], False
            return table.rows <= ROWS_LIMIT
        elif self._open and tag in ("td", "th"):
            self._open[-1].cell_start = len(self._flow.blocks)
        return True

    def leave(self, tag: str) -> None:
        """Leave a table, row or cell; the flow has no block in the making."""
        if not self._open:
            return
        table = self._open[-1]
        if tag == "table":
            self._open.pop()
        elif tag == "tr":
            self._end_row(table)
        elif tag in ("td", "th"):
            table.cells.append((table.cell_start, len(self._flow.blocks)))

    def _end_row(self, table: _Table) -> None:
        spans = [(start, end) for start, end in table.cells if end > start]
        blocks = [self._flow.blocks[start] for start, _ in spans]
        first = spans[0][0] if spans else 0
        short = all(end - start == 1 for start, end in spans) and all(map(_is_short, blocks))
        if not blocks or not short or len({block.quote for block in blocks}) > 1:
            return
        if len(blocks) > 1:
            tight = first > 0 and self._last_line == first - 1
            self._flow.blocks[first:] = [replace(_line(blocks), tight=tight)]
            self._flow.margin = True
            self._last_line = first
        elif not table.loose and blocks[0].kind is BlockKind.PARAGRAPH:
            if first > 0 and table.last_single == first - 1:
                self._flow.blocks[first] = replace(blocks[0], tight=True)
            table.last_single = first


def _is_short(block: Block) -> bool:
    text = "".join(run.text for run in block.runs)
    return block.kind in _IN_LINE and len(text) <= CELL_LIMIT and "\n" not in text


def _line(cells: list[Block]) -> Block:
    """Put cells side by side: a label and its value by two spaces, more of them by dots."""
    runs: list[Run] = []
    for cell in cells:
        if runs:
            between = " · " if len(cells) > 2 else " " if runs[-1].text.endswith(":") else "  "
            runs.append(Run(safe_text(between)))
        runs += cell.runs
    return Block(BlockKind.PARAGRAPH, tuple(runs), quote=cells[0].quote)
