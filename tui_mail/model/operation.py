"""Operations: durable intentions with a local effect and a way back."""

from dataclasses import dataclass
from enum import StrEnum

from tui_mail.model.folder import Role
from tui_mail.model.message import Flag
from tui_mail.model.safe_text import SafeText


class OperationKind(StrEnum):
    """What an operation does on the server; the words are stored."""

    FLAGS = "flags"
    """Set and clear system flags and keywords."""
    MOVE = "move"
    """Move messages into `target`."""
    COPY = "copy"
    """Copy messages into `target`."""
    EXPUNGE = "expunge"
    """Remove messages for ever."""
    APPEND = "append"
    """Put messages that were made here into `target`."""
    FOLDER = "folder"
    """Make, rename, delete, subscribe or unsubscribe the folder `target`."""


class FolderAction(StrEnum):
    """What an operation does to a folder itself; the words are stored."""

    CREATE = "create"
    RENAME = "rename"
    DELETE = "delete"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


class OperationState(StrEnum):
    """pending → running → done, reverted or failed; the words are stored."""

    PENDING = "pending"
    RUNNING = "running"
    """Sent, or about to be: found so after a crash it is verified before anything is sent again."""
    DONE = "done"
    REVERTED = "reverted"
    """Taken back, by the user or because the server refused."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FlagChange:
    """Flags and keywords to set and to clear."""

    add: Flag = Flag.NONE
    remove: Flag = Flag.NONE
    add_keywords: tuple[str, ...] = ()
    """In alphabetical order, as the two below."""
    remove_keywords: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.add or self.remove or self.add_keywords or self.remove_keywords)

    def reversed(self) -> "FlagChange":
        """Return the change that takes this one back."""
        return FlagChange(self.remove, self.add, self.remove_keywords, self.add_keywords)

    def overlaps(self, other: "FlagChange") -> bool:
        """Tell whether both change one and the same flag or keyword."""
        flags = (self.add | self.remove) & (other.add | other.remove)
        mine = {*self.add_keywords, *self.remove_keywords}
        return bool(flags) or not mine.isdisjoint({*other.add_keywords, *other.remove_keywords})


@dataclass(frozen=True, slots=True)
class FolderChange:
    """What is done to a folder itself."""

    action: FolderAction
    remote_name: bytes
    """Its name on the wire before, or the one it is made under."""
    name: str
    """The same for people."""
    separator: str = ""
    role: Role = Role.NONE
    new_remote_name: bytes = b""
    """Its name on the wire after a rename."""
    new_name: str = ""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message made or read in here, to be put into a folder of a server."""

    raw: bytes
    """As it travels, with CRLF line ends."""
    flags: Flag = Flag.NONE
    internal_date: int | None = None
    """When it was received, seconds since the epoch; None: now."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command of the user did here, for the notice and for undo."""

    operations: tuple[int, ...]
    """`operation.id` of each; one command over several accounts or folders makes several."""
    count: int
    """Messages touched."""
    sentence: SafeText
    """For the status line, such as "Archived 3"."""
    undoable: bool
    messages: tuple[int, ...] = ()
    """Messages that were made here."""
