"""A document laid out for a width: blocks become lines.

Quotes have a bar at their left, one for each level, in two tones by turns; a quote of more than `FOLD_BEYOND`
lines is one line until it is opened, unless there is nothing else. Items hang. Links are underlined and
numbered, and where their text names one host and they lead to another, that other host stands beside.
"""

import re
from collections.abc import Iterator, Set
from itertools import groupby
from urllib.parse import urlsplit

from tui_mail.model.document import Block, BlockKind, Document, Run, Style
from tui_mail.model.safe_text import SafeText, joined
from tui_mail.ui.format import Icons, cells, clip, steady
from tui_mail.ui.lines import Flow, Hit, Ink, Line, Piece, Place, Target

FOLD_BEYOND = 8
"""Lines of a quote that are shown without asking."""
MEASURE = 100
"""Cells of a line that can be read with ease."""
DEEPEST = 6
"""Levels of quotes with a bar of their own."""
NARROWEST = 20
"""Cells that a layout has at least; bars, indents and marks leave nearly half of them to the text."""

_LOOKS_LIKE_HOST = re.compile(
    r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,18})(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE
)


class Layout:
    """One document at one width."""

    def __init__(
        self,
        document: Document,
        width: int,
        icons: Icons,
        opened: Set[int] = frozenset(),
        *,
        all_open: bool = False,
    ) -> None:
        self._document = document
        self._room = max(NARROWEST, width)
        self._measure = min(self._room, MEASURE)
        self._icons = icons
        self._opened = opened
        self._all_open = all_open
        self._hangs = [0]
        """Where the text of the items around begins, by level."""

    def lines(self) -> Iterator[Line]:
        """Yield all lines from the top."""
        yield from self._notices()
        numbered = enumerate(self._document.blocks)
        fold, before = 0, None
        for quoted, group in groupby(numbered, key=lambda entry: entry[1].quote > 0):
            members = list(group)
            if before is not None and _apart(before, members[0][1]):
                yield Line((), Place(members[0][0], 0))
            if quoted:
                fold += 1
                yield from self._quote(fold, members)
            else:
                yield from self._run_of_blocks(members)
            before = members[-1][1]
        if before is None:
            for offset, pieces in Flow([Piece("This message has no text", Ink.DIM)]).lines(self._measure):
                yield Line(pieces, Place(0, offset))

    def _notices(self) -> Iterator[Line]:
        """Say what was left out, before the text."""
        said = [Piece(blocked(self._document), Ink.DIM)] if self._document.remote_images else []
        if self._document.notice:
            said.append(Piece(f"{self._icons.warning} {steady(self._document.notice)}", Ink.WARNING))
        for number, piece in enumerate(said):
            for offset, pieces in Flow([piece]).lines(self._measure):
                yield Line(pieces, Place(-1, number * 10_000 + offset))
        if said:
            yield Line((), Place(-1, 100_000))

    def _quote(self, fold: int, members: list[tuple[int, Block]]) -> Iterator[Line]:
        lines = list(self._run_of_blocks(members))
        alone = len(members) == len(self._document.blocks)
        if len(lines) <= FOLD_BEYOND or alone:
            yield from lines
            return
        opened = self._all_open or fold in self._opened
        mark = self._icons.unfolded if opened else self._icons.folded
        words = Piece(f"{mark} {len(lines)} quoted lines", Ink.QUOTE_1, hit=Hit(Target.FOLD, fold))
        yield Line((words,), Place(members[0][0], 0))
        if opened:
            yield from lines

    def _run_of_blocks(self, members: list[tuple[int, Block]]) -> Iterator[Line]:
        before: Block | None = None
        for index, block in members:
            if before is not None and _apart(before, block):
                yield Line(self._bars(min(before.quote, block.quote)), Place(index, 0))
            if block.kind is not BlockKind.ITEM:
                self._hangs = [0]
            yield from self._block(index, block)
            before = block

    def _block(self, index: int, block: Block) -> Iterator[Line]:
        bars = self._bars(block.quote)
        first, rest, around = self._indents(block)
        taken = sum(cells(piece.text) for piece in bars) + cells(rest)
        pre = block.kind is BlockKind.PREFORMATTED
        room = (self._room if pre else self._measure) - taken
        if block.kind is BlockKind.RULE:
            yield Line((*bars, Piece(self._icons.rule * room, Ink.RULE)), Place(index, 0))
            return
        flow = Flow(self._pieces(block, room))
        if not pre and block.kind is not BlockKind.HEADING and _hard_wrapped(flow.text, room):
            flow.unwrapped()
        fill = taken + min(room, max(self._measure - taken, *map(cells, flow.text.split("\n")))) if pre else 0
        for offset, pieces in flow.lines(room):
            lead = (Piece(rest if offset else first, around),) if rest else ()
            yield Line((*bars, *lead, *pieces), Place(index, offset), fill)

    def _bars(self, level: int) -> tuple[Piece, ...]:
        shown = min(level, DEEPEST, self._measure // 8)
        return (
            tuple(Piece(f"{self._icons.quote} ", _quote_ink(n)) for n in range(1, shown + 1)) if level else ()
        )

    def _indents(self, block: Block) -> tuple[str, str, Ink]:
        """Return what stands before the first line and before the others, and its ink."""
        if block.kind is not BlockKind.ITEM:
            return "", "", Ink.TEXT
        level = max(1, min(block.level, 8))
        del self._hangs[level:]
        self._hangs += [self._hangs[-1] + 2] * (level - len(self._hangs))
        outer = min(self._hangs[-1], self._measure // 6)
        marker = clip(self._marker(block.marker), self._measure // 6)
        hang = outer + (max(2, cells(marker) + 1) if marker else 2)
        self._hangs.append(hang)
        first = (" " * outer + marker).ljust(hang - cells(marker) + len(marker))
        return first, " " * hang, _quote_ink(block.quote) if block.quote else Ink.DIM

    def _marker(self, marker: SafeText) -> SafeText:
        return self._icons.bullet if self._icons.ascii and not marker.isascii() else marker

    def _pieces(self, block: Block, room: int) -> Iterator[Piece]:
        ink = _block_ink(block)
        for link, group in groupby(block.runs, key=lambda run: run.link):
            runs = list(group)
            if not link:
                yield from (self._piece(run, ink) for run in runs)
                continue
            text = steady(joined([run.text for run in runs]))
            if text == self._document.links[link - 1]:
                runs = [Run(clip(text, room - 6), link=link)]
            yield from (self._piece(run, ink) for run in runs)
            yield self._number(link, text)

    def _piece(self, run: Run, ink: Ink) -> Piece:
        if run.style & Style.CODE:
            ink = Ink.CODE
        elif run.style & Style.DIM and ink is Ink.TEXT:
            ink = Ink.DIM
        style = run.style & ~(Style.CODE | Style.DIM)
        if run.link:
            return Piece(steady(run.text), Ink.LINK, style | Style.UNDERLINE, Hit(Target.LINK, run.link))
        return Piece(steady(run.text), ink, style)

    def _number(self, link: int, text: str) -> Piece:
        """Return the mark behind a link: its number, and its host if the text pretends another."""
        hit = Hit(Target.LINK, link)
        if host := disguised(text, self._document.links[link - 1]):
            return Piece(
                f" [{link}\u00a0{'->' if self._icons.ascii else '→'}\u00a0{host}]", Ink.WARNING, hit=hit
            )
        return Piece(f"\u00a0[{link}]", Ink.DIM, hit=hit)


def blocked(document: Document) -> str:
    """Return the sentence on what was not loaded from elsewhere."""
    images, trackers = document.remote_images, document.trackers
    if images == trackers:
        return f"{trackers} tracker{'s' * (trackers != 1)} blocked"
    said = f"{images} remote image{'s' * (images != 1)} blocked"
    return f"{said}, {trackers} tracker{'s' * (trackers != 1)}" if trackers else said


def disguised(text: str, target: str) -> str:
    """Return the host of a link whose text names another host; "" where it does not."""
    found = _LOOKS_LIKE_HOST.fullmatch(text.strip())
    if not found:
        return ""
    try:
        host = urlsplit(target).hostname or ""
    except ValueError:
        return "unclear"
    return "" if not host or _registered(found[1]) == _registered(host) else host


def _registered(host: str) -> str:
    """Return what tells the owner of a host: two labels, three where the last two are like "co.uk"."""
    labels = host.lower().rstrip(".").split(".")
    return ".".join(labels[-3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else -2 :])


def _apart(before: Block, block: Block) -> bool:
    return not (block.tight or before.kind is block.kind is BlockKind.ITEM)


def _quote_ink(level: int) -> Ink:
    return Ink.QUOTE_1 if level % 2 else Ink.QUOTE_2


def _block_ink(block: Block) -> Ink:
    if block.kind is BlockKind.PREFORMATTED:
        return Ink.CODE
    if block.quote:
        return _quote_ink(block.quote)
    if block.kind is BlockKind.HEADING:
        return Ink.STRONG
    return Ink.DIM if block.kind is BlockKind.SIGNATURE else Ink.TEXT


def _hard_wrapped(text: str, room: int) -> bool:
    """Tell whether all lines but the last were broken at a width that there is no room for."""
    lines = text.split("\n")
    widest = max(map(len, lines))
    return len(lines) > 1 and widest > room and all(len(line) > widest * 0.6 for line in lines[:-1])
