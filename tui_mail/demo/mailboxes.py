"""What the post office keeps: users, their mailboxes, and the messages in them.

The front ends (IMAP today) read and change this and hear of every change at once; it knows nothing of any
protocol. It borrows from RFC 9051 what a mailbox is: UIDs that only grow (2.3.1.1), flags, and the
mod-sequence of RFC 7162, which grows with every change, so that "what is new since" has an answer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

INBOX = "INBOX"

_SYSTEM_FLAGS = {flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}


class NoSuchMailboxError(LookupError):
    """No mailbox of that name."""


class MailboxExistsError(LookupError):
    """The name is taken."""


class HasChildrenError(LookupError):
    """The mailbox cannot go while others are below it."""


def canonical_flag(flag: str) -> str:
    """A system flag in its usual spelling; a keyword as it stands."""
    return _SYSTEM_FLAGS.get(flag.lower(), flag)


class Content:
    """The octets of a message, made when somebody first asks for them; copies share them."""

    __slots__ = ("_make", "_raw")

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make = make
        self._raw: bytes | None = None

    @property
    def raw(self) -> bytes:
        """The whole message, lines ending in CRLF."""
        if self._raw is None:
            self._raw = self._make()
        return self._raw

    @property
    def made(self) -> bool:
        """Whether anybody has asked yet."""
        return self._raw is not None


@dataclass(slots=True, eq=False)
class Stored:
    """A message in a mailbox."""

    uid: int
    content: Content
    moment: datetime
    """When it was delivered or filed (INTERNALDATE)."""
    flags: frozenset[str]
    modseq: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message came into the mailbox."""

    uid: int


@dataclass(frozen=True, slots=True)
class Removed:
    """A message left the mailbox for good."""

    uid: int


@dataclass(frozen=True, slots=True)
class Flagged:
    """The flags of a message changed."""

    uid: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The mailbox itself was deleted."""


Change = Arrived | Removed | Flagged | Gone
Listener = Callable[[Change], None]


@dataclass(slots=True, eq=False)
class Mailbox:
    """Messages under one name, in the order of their UIDs."""

    name: str
    uidvalidity: int
    use: str = ""
    """Its special use (RFC 6154), such as `\\Sent`; "" for an ordinary one."""
    messages: dict[int, Stored] = field(default_factory=dict)
    uidnext: int = 1
    modseq: int = 1
    """The highest mod-sequence so far; never 0, which RFC 7162 forbids."""
    removed: list[tuple[int, int]] = field(default_factory=list)
    """Mod-sequence and UID of every message that left, oldest first."""
    listeners: list[Listener] = field(default_factory=list)

    def add(self, content: Content, moment: datetime, flags: Iterable[str] = ()) -> Stored:
        """File a message and tell everyone who listens."""
        self.modseq += 1
        stored = Stored(self.uidnext, content, moment, frozenset(map(canonical_flag, flags)), self.modseq)
        self.messages[stored.uid] = stored
        self.uidnext += 1
        self._tell(Arrived(stored.uid))
        return stored

    def set_flags(self, stored: Stored, flags: frozenset[str]) -> None:
        """Replace the flags of a message; nothing happens if they are those already."""
        if flags != stored.flags:
            self.modseq += 1
            stored.flags, stored.modseq = flags, self.modseq
            self._tell(Flagged(stored.uid))

    def remove(self, uids: Iterable[int]) -> None:
        """Take messages out for good."""
        for uid in uids:
            if self.messages.pop(uid, None) is not None:
                self.modseq += 1
                self.removed.append((self.modseq, uid))
                self._tell(Removed(uid))

    def removed_since(self, modseq: int) -> list[int]:
        """The UIDs of messages that left after a mod-sequence, sorted."""
        return sorted(uid for when, uid in self.removed if when > modseq)

    def unseen(self) -> int:
        """How many messages are not read yet."""
        return sum("\\Seen" not in stored.flags for stored in self.messages.values())

    def close(self) -> None:
        """Tell the listeners that the mailbox is gone."""
        self._tell(Gone())

    def _tell(self, change: Change) -> None:
        for listener in tuple(self.listeners):
            listener(change)


class User:
    """One who gets mail here: a name to sign in with, and mailboxes."""

    def __init__(self, address: str, password: str, separator: str = "/", prefix: str = "") -> None:
        self.address = address
        self.password = password
        self.separator = separator
        """Between the levels of a mailbox name."""
        self.prefix = prefix
        """What the names of all mailboxes but the inbox begin with, such as "INBOX."."""
        self.mailboxes: dict[str, Mailbox] = {}
        self.subscribed: set[str] = set()
        self._uidvalidity = 1_600_000_000
        self.create(INBOX)

    def mailbox(self, name: str) -> Mailbox:
        """The mailbox of that name; INBOX in any spelling."""
        try:
            return self.mailboxes[self._canonical(name)]
        except KeyError:
            raise NoSuchMailboxError(name) from None

    def deliver(self, letter: bytes, moment: datetime) -> None:
        """Put a letter that came by post into the inbox."""
        self.mailbox(INBOX).add(Content(lambda: letter), moment)

    def create(self, name: str, use: str = "") -> Mailbox:
        """Make a mailbox and subscribe to it; names above it need not exist."""
        name = self._canonical(name)
        if name in self.mailboxes:
            raise MailboxExistsError(name)
        self._uidvalidity += 1
        self.mailboxes[name] = Mailbox(name, self._uidvalidity, use)
        self.subscribed.add(name)
        return self.mailboxes[name]

    def delete(self, name: str) -> None:
        """Delete a mailbox with all that is in it."""
        mailbox = self.mailbox(name)
        if self.below(mailbox.name):
            raise HasChildrenError(name)
        del self.mailboxes[mailbox.name]
        mailbox.close()

    def rename(self, old: str, new: str) -> None:
        """Give a mailbox and those below it another name; INBOX stays and gives away its messages."""
        if new in self.mailboxes:
            raise MailboxExistsError(new)
        mailbox = self.mailbox(old)
        if mailbox.name == INBOX:
            target = self.create(new)
            for stored in list(mailbox.messages.values()):
                target.add(stored.content, stored.moment, stored.flags)
            mailbox.remove(list(mailbox.messages))
            return
        before = mailbox.name
        for name in [before, *self.below(before)]:
            moved = self.mailboxes.pop(name)
            moved.name = new + name.removeprefix(before)
            self.mailboxes[moved.name] = moved

    def below(self, name: str) -> list[str]:
        """The names of all mailboxes below that name."""
        return [other for other in self.mailboxes if other.startswith(name + self.separator)]

    @staticmethod
    def _canonical(name: str) -> str:
        return INBOX if name.upper() == INBOX else name


Users = Mapping[str, User]
"""Users by address."""
