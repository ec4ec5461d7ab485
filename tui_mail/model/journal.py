"""The change journal: what was changed here, and how far each change has come."""

from dataclasses import dataclass
from enum import Enum, StrEnum

from tui_mail.model.safe_text import SafeText


class Standing(StrEnum):
    """How far a command of the user has come."""

    WAITING = "waiting"
    """Done here; no server has heard of it yet."""
    RUNNING = "running"
    """On its way: sent in part, or sent and not yet confirmed."""
    CONFIRMED = "confirmed"
    """The server has it."""
    CANCELLED = "cancelled"
    """Taken back before any server heard of it."""
    REFUSED = "refused"
    """The server refused it, and what it did here was taken back."""
    FAILED = "failed"
    """It could neither be carried out nor taken back; `error` says what a person should look at."""


class JournalFilter(Enum):
    """Which commands of the journal are asked for."""

    OWN = "own"
    """Those that somebody asked for, and of the others what waits or went wrong."""
    OPEN = "open"
    """Those that a server has still to confirm."""
    FAILED = "failed"
    """Those that were refused, or that failed."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One command of the user, with all of its operations."""

    command: int
    """Id of its first operation: what undo, redo and cancel are told."""
    sentence: SafeText
    """What was done, such as "Archived 3"."""
    about: SafeText
    """What the newest message that it touched is about; "" where there is none or it is gone."""
    made_at: int
    """Seconds since the epoch."""
    settled_at: int | None
    """When the last of its operations was confirmed, cancelled or refused; None while one is open."""
    standing: Standing
    accounts: tuple[int, ...]
    """`account.id` of each account that it touches, in the order of its operations."""
    count: int
    """Messages touched; 0 for a change of folders."""
    attempts: int
    """How often it was sent, over all of its operations."""
    retry_at: int
    """When it is tried next, seconds since the epoch; 0 where it waits for its turn only."""
    error: SafeText
    """Why it waits, was refused or failed; "" where nothing is wrong."""
    takes_back: int | None
    """The command that this one undoes or repeats; None for a command of its own."""
    automatic: bool
    """Whether nobody asked for it, as when an opened message is marked read."""
    undone: bool
    """Whether undo took it back, so that redo can repeat it."""
    can_cancel: bool
    """Whether it can still be taken back without any server hearing of it."""
    can_undo: bool
    can_redo: bool
