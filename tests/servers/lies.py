"""What a lying server does when: rules, each an event, actions, and how often (values only).

A rule fires on the greeting, once TLS stands, or on a line of the client that its pattern is found in. Of the
rules that would fire the first one does. Without `GoOn` among its actions the honest server never hears of
the event, so what is said instead may break the framing as badly as it likes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.servers.authority import Certificate
from tui_mail.demo.mailboxes import User


class Moment(Enum):
    """Events that are no line of the client."""

    GREETING = "greeting"
    TLS_READY = "tls"


@dataclass(frozen=True, slots=True)
class Say:
    """Send octets as they are, `{tag}` replaced by the tag of the command."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class GoOn:
    """Do what an honest server does; `edits` are pairs of pattern and replacement for what it says."""

    edits: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection in good order."""


@dataclass(frozen=True, slots=True)
class Reset:
    """End the connection by RST."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing more, and hear the client out until it leaves."""


@dataclass(frozen=True, slots=True)
class Flood:
    """Send octets again and again; None: until the client leaves."""

    octets: bytes
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Drip:
    """Send octets one at a time."""

    octets: bytes
    pause: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, so that what follows has a segment of its own."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Change:
    """Change the model behind everyone's back, or as another client would."""

    what: Callable[[User], None]


@dataclass(frozen=True, slots=True)
class StartTls:
    """Go on over TLS; None: with the certificate that the server shows otherwise."""

    certificate: Certificate | None = None


Action = Say | GoOn | Close | Reset | Hang | Flood | Drip | Pause | Change | StartTls


@dataclass(frozen=True, slots=True)
class Rule:
    """On an event do these things."""

    on: Moment | bytes
    """A moment, or what is searched for in the lines of the client (a regular expression without case)."""
    do: tuple[Action, ...]
    times: int | None = 1
    """How often it fires; None: always."""
    skip: int = 0
    """Events that pass before it fires for the first time."""
    tls: bool | None = None
    """Only over TLS, or only without."""

    def hears(self, event: Moment | bytes, tls: bool) -> bool:
        """Whether the event is one of this rule."""
        if self.tls is not None and self.tls is not tls:
            return False
        if isinstance(self.on, bytes) and isinstance(event, bytes):
            return re.search(self.on, event, re.IGNORECASE) is not None
        return self.on == event


def instead(on: Moment | bytes, octets: bytes, *more: Action, times: int | None = 1, skip: int = 0) -> Rule:
    """Say something in the place of the honest answer."""
    return Rule(on, (Say(octets), *more), times, skip)


def edited(on: Moment | bytes, *edits: tuple[bytes, bytes], times: int | None = 1, skip: int = 0) -> Rule:
    """Let the honest server answer, and change what it says."""
    return Rule(on, (GoOn(edits),), times, skip)
