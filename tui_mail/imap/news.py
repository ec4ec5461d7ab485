"""What the server tells without being asked (RFC 9051 §7; RFC 7162 §3.2.10; RFC 5465).

One place takes all of the selected mailbox, whatever command runs: VANISHED and flags may come in any
response. Another takes what NOTIFY brings of all the others.
"""

from dataclasses import dataclass, field, fields, replace

from tui_mail.imap.fetched import Fetched
from tui_mail.imap.responses import Count, FolderStatus, Response, Unreadable, Vanished
from tui_mail.imap.wire import Ranges
from tui_mail.model.errors import ProtocolError
from tui_mail.model.message import Flag

RANGE_LIMIT = 500_000
"""Ranges of vanished UIDs kept until they are taken."""

NAME_LIMIT = 100_000
"""Mailboxes whose status is kept until it is taken."""


@dataclass(slots=True)
class FolderNews:
    """Changes of the selected mailbox since they were last taken."""

    exists: int = 0
    """Messages in the mailbox; stays when the news are taken."""
    arrived: bool = False
    """An EXISTS came."""
    vanished: Ranges = field(default_factory=list)
    """UIDs that are gone."""
    expunged: bool = False
    """A plain EXPUNGE came: something is gone, nobody says what."""
    stirred: bool = False
    """Flags changed on a message that was named by its number only, or in a way that cannot be read."""
    flags: dict[int, tuple[Flag, tuple[str, ...], int | None]] = field(default_factory=dict)
    """By UID: flags, keywords and MODSEQ of messages whose flags were told unasked."""

    unreadable: set[int] = field(default_factory=set)
    """UIDs of messages that the server answered for in a way that cannot be read."""

    def __bool__(self) -> bool:
        return bool(self.arrived or self.vanished or self.expunged or self.stirred or self.flags)

    def take(self) -> "FolderNews":
        """Return what came since the last time, and begin anew."""
        taken = replace(self)
        self.arrived = self.expunged = self.stirred = False
        self.vanished, self.flags, self.unreadable = [], {}, set()
        return taken

    def forget(self) -> None:
        """Begin with another mailbox."""
        self.take()
        self.exists = 0

    def add(self, response: Response) -> bool:
        """Take in a response; False if it says nothing of the mailbox."""
        match response:
            case Count("EXISTS", number):
                self.exists, self.arrived = number, True
            case Count("EXPUNGE"):
                self.exists, self.expunged = max(0, self.exists - 1), True
            case Vanished(ranges, earlier):
                self._lose(ranges, earlier)
            case Fetched(uid=0) if response.carries_content:
                raise ProtocolError("it shows a message without telling its UID")
            case Fetched(uid, flags, keywords) if flags is not None:
                if uid:
                    self.flags[uid] = (flags, keywords, response.modseq)
                else:
                    self.stirred = True
            case Unreadable():
                self.stirred = True
            case _:
                return False
        return True

    def _lose(self, ranges: Ranges, earlier: bool) -> None:
        self.vanished += ranges
        if len(self.vanished) > RANGE_LIMIT:
            raise ProtocolError("too many messages vanish at once")
        if not earlier:
            self.exists = max(0, self.exists - sum(high - low + 1 for low, high in ranges))


@dataclass(slots=True)
class NewsElsewhere:
    """Changes of mailboxes other than the selected one since they were last taken."""

    status: dict[bytes, FolderStatus] = field(default_factory=dict)
    """By name: what was told last; None in it = not told."""
    tree: bool = False
    """Mailboxes were made, renamed, removed or subscribed: the list is to be read anew."""
    overflow: bool = False
    """Too much happened: the server tells no more, and all are to be looked at (RFC 5465 §5.8)."""

    def __bool__(self) -> bool:
        return bool(self.status or self.tree or self.overflow)

    def take(self) -> "NewsElsewhere":
        """Return what came since the last time, and begin anew."""
        taken = replace(self)
        self.status, self.tree, self.overflow = {}, False, False
        return taken

    def add(self, name: bytes, told: FolderStatus) -> None:
        """Take in what was told of one mailbox; what is not told now stays as it was told before."""
        known = self.status.get(name, FolderStatus())
        items = {item.name: getattr(told, item.name) for item in fields(told)}
        self.status[name] = replace(
            known, **{key: value for key, value in items.items() if value is not None}
        )
        if len(self.status) > NAME_LIMIT:
            raise ProtocolError(f"it tells of more than {NAME_LIMIT:,} folders")
