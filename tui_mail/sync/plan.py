"""What a folder needs, decided purely: two states in, steps out.

The cursor says what the store holds, the server's state comes from SELECT (RFC 9051, 6.3.2; RFC 7162).
A cursor advances only over what was stored; so each step names what to fetch, and the cursor moves in the
transaction that stores it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

Ranges = Sequence[tuple[int, int]]
"""Ranges of UIDs, both ends within."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the store's copy of a folder reaches."""

    uidvalidity: int | None
    """None: never opened."""
    uidnext: int
    """Every UID below it was seen; 0: never filled."""
    modseq: int
    """Every change up to it is stored; 0: none known."""
    backfill_lo: int
    """Every UID in [backfill_lo, uidnext) has a row; 1: the copy is complete."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """What SELECT told."""

    uidvalidity: int | None
    uidnext: int | None
    modseq: int | None
    """None: the server keeps none, here or at all (NOMODSEQ)."""
    exists: int


class Changes(Enum):
    """How the server tells what changed since a cursor."""

    WITH_SELECT = "QRESYNC"
    """Changed flags and vanished UIDs came with SELECT."""
    BY_MODSEQ = "CONDSTORE"
    """Changed flags on request; expunges only by comparing."""
    BY_SEARCH = "ESEARCH"
    """Flags by one compact search each (RFC 4731)."""
    BY_WINDOW = "none"
    """Only by reading flags again: of the newest messages each time, of all once a day."""


@dataclass(frozen=True, slots=True)
class StartOver:
    """The UIDs mean nothing any more: keep the rows as orphans and forget the cursor."""


@dataclass(frozen=True, slots=True)
class FetchNewest:
    """Fetch the newest window, so that the list is usable at once."""


@dataclass(frozen=True, slots=True)
class FetchNew:
    """Fetch what has a UID from `first` on."""

    first: int
    last: int | None
    """None: the server did not say where it ends."""


@dataclass(frozen=True, slots=True)
class FetchFlags:
    """Fetch the flags of what is stored."""

    since: int
    """Only what changed after this MODSEQ; 0: all."""


@dataclass(frozen=True, slots=True)
class SearchFlags:
    """Search for each flag, and fetch those of the messages whose flags are not as stored."""


@dataclass(frozen=True, slots=True)
class FetchNewestFlags:
    """Fetch the flags of the newest messages that are stored."""


@dataclass(frozen=True, slots=True)
class CompareUids:
    """Find out what is stored but gone, and what is there but not stored."""

    only_if_counts_differ: bool


Step = StartOver | FetchNewest | FetchNew | FetchFlags | SearchFlags | FetchNewestFlags | CompareUids


def plan(cursor: Cursor, server: ServerState, changes: Changes) -> tuple[Step, ...]:
    """Return the steps that bring the store up to `server`; older mail is filled in apart (`backfill`)."""
    nameless = not server.uidvalidity
    renumbered = cursor.uidvalidity is not None and not nameless and cursor.uidvalidity != server.uidvalidity
    if renumbered:
        return (StartOver(), FetchNewest())
    if cursor.uidnext == 0:
        return (FetchNewest(),)
    steps: list[Step] = []
    if server.uidnext is None or server.uidnext > cursor.uidnext:
        steps.append(FetchNew(cursor.uidnext, None if server.uidnext is None else server.uidnext - 1))
    distrusted = nameless or _went_back(cursor, server)
    steps += _flag_steps(cursor, server, changes, distrusted=distrusted)
    steps.append(CompareUids(only_if_counts_differ=not distrusted))
    return tuple(steps)


def _flag_steps(
    cursor: Cursor, server: ServerState, changes: Changes, *, distrusted: bool
) -> tuple[Step, ...]:
    by_modseq = changes in (Changes.WITH_SELECT, Changes.BY_MODSEQ)
    if distrusted or (by_modseq and not cursor.modseq):
        return (FetchFlags(0),)
    match changes:
        case Changes.BY_MODSEQ if server.modseq != cursor.modseq:
            return (FetchFlags(cursor.modseq),)
        case Changes.BY_SEARCH:
            return (SearchFlags(),)
        case Changes.BY_WINDOW:
            return (FetchNewestFlags(),)
    return ()


def _went_back(cursor: Cursor, server: ServerState) -> bool:
    """Tell whether the server knows less than it did: restored from a backup, or it lies."""
    if server.uidnext is not None and server.uidnext < cursor.uidnext:
        return True
    return cursor.modseq > 0 and (server.modseq is None or server.modseq < cursor.modseq)


FIRST_WINDOW = 100
"""Messages of the first window."""

BATCH = 500
"""UIDs asked for by one command while they are dense."""

WIDEST = 2_000
"""UIDs asked for by one command while they are sparse."""


@dataclass(frozen=True, slots=True)
class Range:
    """UIDs from `lo` to `hi`, both included."""

    lo: int
    hi: int

    @property
    def uids(self) -> str:
        """The range as an IMAP set."""
        return f"{self.lo}:{self.hi}"


def backfill(backfill_lo: int, width: int) -> Range | None:
    """Return the next range of older UIDs below `backfill_lo`, or None when the copy is complete."""
    if backfill_lo <= 1:
        return None
    return Range(max(1, backfill_lo - width), backfill_lo - 1)


def next_width(width: int, found: int) -> int:
    """Return how many UIDs the next command asks for, when `width` of them gave `found` messages."""
    return min(WIDEST, width * 2) if found * 2 < width else max(BATCH, min(width, WIDEST))


def believable(stored: int, gone: int) -> bool:
    """Tell whether a server's word that `gone` of `stored` messages vanished is believed at once."""
    return gone <= 100 or gone * 2 <= stored


DAY = 86_400
"""Seconds after which every row is compared with the server's anew."""


DOUBT = 3_600
"""… or so many, where what a server told did not add up."""


def check_is_due(checked_at: int | None, now: float) -> bool:
    """Tell whether a folder's rows are to be compared with the server's, however sure its changes seemed."""
    return checked_at is None or now - checked_at >= DAY


SLICE = 20_000
"""Rows whose flags are compared at once."""


def suspects(stored: Sequence[tuple[int, int]], sets: Mapping[int, Ranges]) -> list[int]:
    """Return the UIDs whose flags are not as stored.

    `stored` are (UID, flags) in the order of UIDs, `sets` the ranges of UIDs that the server found for each
    flag, sorted; flags that are not in `sets` do not count.
    """
    asked = 0
    there: dict[int, int] = {}
    for flag, ranges in sets.items():
        asked |= flag
        for uid in _within(stored, ranges):
            there[uid] = there.get(uid, 0) | flag
    return [uid for uid, flags in stored if flags & asked != there.get(uid, 0)]


def _within(stored: Sequence[tuple[int, int]], ranges: Ranges) -> Iterator[int]:
    lows = [low for low, _ in ranges]
    for uid, _ in stored:
        place = bisect_right(lows, uid) - 1
        if place >= 0 and uid <= ranges[place][1]:
            yield uid
