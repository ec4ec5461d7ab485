"""What syncing is about just now, for the people who ask."""

from dataclasses import dataclass
from enum import Enum

from tui_mail.model.account import AccountStatus
from tui_mail.model.safe_text import SafeText


class Line(Enum):
    """Which of an account's connections."""

    MAIN = "main"
    """Carries changes to the server and brings the copy up to date."""
    LISTENING = "listening"
    """Waits for the server to tell news."""
    OPENING = "opening"
    """Fetches what a person opens."""


class Task(Enum):
    """What a connection is for at this moment."""

    CONNECTING = "connecting"
    LISTING = "listing folders"
    CHANGES = "sending changes"
    CATCHING_UP = "catching up"
    FILLING = "fetching older mail"
    BODIES = "fetching messages to read offline"
    CHECKING = "checking the copy"
    OPENING = "fetching what was opened"
    LISTENING = "listening"
    RESTING = "resting"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went over the wire."""

    received: int = 0
    """Octets."""
    sent: int = 0
    """Octets."""
    round_trips: int = 0
    """Commands that were answered."""

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.received + other.received, self.sent + other.sent, self.round_trips + other.round_trips
        )

    def __sub__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.received - other.received, self.sent - other.sent, self.round_trips - other.round_trips
        )


@dataclass(frozen=True, slots=True)
class Activity:
    """What one connection does."""

    line: Line
    task: Task
    folder: int | None
    """The folder that it does it to."""
    since: float
    """When it began, seconds since the epoch."""
    done: int = 0
    """Messages done, where they can be counted."""
    total: int = 0
    """Messages to do; 0 where unknown."""
    at_start: int = 0
    """`done` when it began."""

    def rate(self, now: float) -> float:
        """Return messages a second since it began; 0.0 while nobody can tell."""
        return (self.done - self.at_start) / (now - self.since) if now > self.since else 0.0

    def seconds_left(self, now: float) -> float | None:
        """Return how long the rest takes at this rate; None while nobody can tell."""
        rate = self.rate(now)
        return (self.total - self.done) / rate if rate > 0 and self.total else None


@dataclass(frozen=True, slots=True)
class FolderSync:
    """How far the copy of one folder has come."""

    folder: int
    name: SafeText
    stored: int
    """Messages in the list."""
    on_server: int | None
    """Messages on the server when last heard; None = not yet known."""
    complete: bool
    """Whether every message of the server's folder has a row here."""
    synced_at: int | None
    """When its last complete sync ended, seconds since the epoch."""
    checked_at: int | None
    """When every row was last compared with the server's, seconds since the epoch."""
    waiting: int
    """Open operations that take messages from it or bring some into it."""
    error: SafeText
    """Why it could not be synced last time; "" when it could."""


@dataclass(frozen=True, slots=True)
class AccountSync:
    """How one account's copy has come along and what it does now."""

    account: int
    status: AccountStatus | None
    """None: nothing was tried yet."""
    activities: tuple[Activity, ...]
    """One for each connection."""
    folders: tuple[FolderSync, ...]
    """In the order of the tree, those that hold messages."""
    waiting: int
    """Operations that no server has confirmed."""
    run: Traffic
    """Since the program started."""
    today: Traffic
    """Of this day (UTC), all runs together."""
    bodies_missing: int
    """Messages that are to be readable offline and are not yet here."""
