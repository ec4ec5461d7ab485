"""What a folder needs, decided purely: two states in, steps out.

The cursor says what the store holds, the server's state comes from SELECT (RFC 9051, 6.3.2; RFC 7162).
A cursor advances only over what was stored; so each step names what to fetch, and the cursor moves in the
transaction that stores it.
"""

from dataclasses import dataclass
from enum import Enum


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
    """None: the server keeps none for this folder (NOMODSEQ)."""
    exists: int


class Changes(Enum):
    """How the server tells what changed since a cursor."""

    WITH_SELECT = "QRESYNC"
    """Changed flags and vanished UIDs came with SELECT."""
    BY_MODSEQ = "CONDSTORE"
    """Changed flags on request; expunges only by comparing."""
    BY_COMPARING = "none"


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
class CompareUids:
    """Find out what is stored but gone, and what is there but not stored."""

    only_if_counts_differ: bool


Step = StartOver | FetchNewest | FetchNew | FetchFlags | CompareUids


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
    if distrusted or changes is Changes.BY_COMPARING or not cursor.modseq:
        steps.append(FetchFlags(0))
    elif changes is Changes.BY_MODSEQ and server.modseq != cursor.modseq:
        steps.append(FetchFlags(cursor.modseq))
    steps.append(CompareUids(only_if_counts_differ=not distrusted))
    return tuple(steps)


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
