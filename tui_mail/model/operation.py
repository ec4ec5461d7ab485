"""Operations: durable intentions with a local effect and a way back."""

from dataclasses import dataclass
from enum import StrEnum

from tui_mail.model.safe_text import SafeText


class OperationKind(StrEnum):
    """What an operation does on the server; the words are stored."""

    FLAGS = "flags"
    """Set and clear system flags and keywords."""
    MOVE = "move"
    """Move messages into `target`."""
    EXPUNGE = "expunge"
    """Remove messages for ever."""


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
class Done:
    """What a command of the user did here, for the notice and for undo."""

    operations: tuple[int, ...]
    """`operation.id` of each; one command over several accounts or folders makes several."""
    count: int
    """Messages touched."""
    sentence: SafeText
    """For the status line, such as "Archived 3"."""
    undoable: bool
