"""A command on its way: what it waits for, how long a server may take over it, and what its reply means.

It knows nothing of the line that it goes over (RFC 9051 §2.2, §7.1).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

from tui_mail.imap.responses import Found, Response, Status
from tui_mail.model.errors import ServerBusy, ServerRefused

COME_BACK_LATER = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"})
"""Response codes of RFC 5530 that time alone may mend."""

Making = Callable[[], Awaitable[bytes]]
"""Makes octets to send once the server has said to go on."""
Answering = Callable[[bytes], Awaitable[bytes]]
"""Makes the answer to a challenge, both as they stand on the line."""
Collector = Callable[[Response], bool]
"""Looks at a response while its command runs; True = this was asked for, nobody else needs it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a server may take, in seconds, and how slow it may be."""

    connect: float = 20.0
    silence: float = 60.0
    """Without a byte from the server while it owes an answer."""
    wall: float = 60.0
    """For a whole command …"""
    pace: float = 4096.0
    """… plus a second for so many octets received and sent."""
    farewell: float = 15.0
    """For the end of IDLE and for LOGOUT."""


class Then(Enum):
    """What becomes of the line behind a command's OK."""

    GO_ON = "go on"
    HALT = "halt"
    """Nothing may come until TLS stands."""
    COMPRESS = "compress"
    """All that follows is compressed, both ways."""


@dataclass(slots=True, eq=False)
class Command:
    """A command on its way."""

    tag: bytes
    doing: str
    """What it is for, as in "refused to …"."""
    collect: Collector | None
    then: Then
    silence: float
    since: float
    moved: int
    """Octets that had gone over the line, both ways, when it was sent."""
    reply: asyncio.Future[Status] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    resting: bool = False
    """Whether the server owes nothing now, as within IDLE."""

    def collects(self, response: Response) -> bool:
        """Whether a response was asked for by it: of several searches, each is told by its tag (RFC 4731)."""
        if self.collect is None or (isinstance(response, Found) and response.tag not in (b"", self.tag)):
            return False
        return self.collect(response)

    def overdue(self, limits: Limits, now: float, heard: float, moved: int) -> str:
        """Return in which way the server takes too long over it, "" where it does not.

        `heard` is the last sign of life, `moved` what went over the line so far.
        """
        if self.resting:
            return ""
        if now - max(heard, self.since) >= self.silence:
            return f"has been silent for {self.silence:g} s"
        patience = limits.wall + (moved - self.moved) / limits.pace
        return "answers too slowly" if now - self.since > patience else ""


def judged(reply: Status, where: str, doing: str) -> Status:
    """Return a reply that is OK; raises ServerRefused or ServerBusy for any other."""
    if reply.kind == "OK":
        return reply
    sentence = f"{where} refused to {doing}" + (f": “{reply.text}”" if reply.text else "")
    if reply.code in COME_BACK_LATER:
        raise ServerBusy(sentence)
    raise ServerRefused(sentence, code=reply.code or reply.kind, sentence_of_server=reply.text)


def seen(future: asyncio.Future[Status]) -> None:
    """Mark a failure as seen: a line that ends fails futures for which nobody waits yet."""
    if not future.cancelled():
        future.exception()
