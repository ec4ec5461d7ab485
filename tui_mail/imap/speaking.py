"""What all commands of a session stand on: what the server can do, and how a command is sent."""

import re
import tempfile
from collections.abc import Callable
from typing import BinaryIO

from tui_mail.imap.connection import Collector, Connection
from tui_mail.imap.news import FolderNews
from tui_mail.imap.responses import Selected, Status
from tui_mail.imap.wire import Literal, Stream, segments
from tui_mail.model.errors import ProtocolError

PARTS_OF_REV2 = frozenset(
    {
        "NAMESPACE", "UNSELECT", "UIDPLUS", "ESEARCH", "SEARCHRES", "ENABLE", "IDLE", "SASL-IR",
        "LIST-EXTENDED", "LIST-STATUS", "MOVE", "LITERAL-", "SPECIAL-USE",
    }
)  # fmt: skip
"""Extensions that need not be named by a server of IMAP4rev2."""


def temporary_file() -> BinaryIO:
    """Open a place for a large literal: a file without a name."""
    return tempfile.TemporaryFile()


def checked(text: str, form: re.Pattern[str]) -> bytes:
    """Return `text` as it is sent if it has the form it must have."""
    if not form.fullmatch(text):
        raise ProtocolError("a command holds a character that cannot be sent")
    return text.encode("ascii")


class Speaker:
    """The state of a session that its commands share."""

    def __init__(self) -> None:
        self.capabilities: frozenset[str] = frozenset()
        """What the server offers, in upper case."""
        self.enabled: frozenset[str] = frozenset()
        """What ENABLE switched on, in upper case."""
        self.selected: Selected | None = None
        """The mailbox that UIDs belong to."""
        self.news = FolderNews()
        """What was told of the selected mailbox unasked."""
        self._line: Connection
        self._open_sink: Callable[[], BinaryIO] = temporary_file

    def _offers(self, extension: str) -> bool:
        """Whether an extension is there, by itself or as a part of IMAP4rev2 (RFC 9051, appendix E)."""
        rev2 = extension in PARTS_OF_REV2 and "IMAP4REV2" in self.capabilities
        return rev2 or extension in self.capabilities

    async def _do(
        self,
        *parts: bytes | Literal | Stream,
        doing: str,
        collect: Collector | None = None,
        alone: bool = False,
        silence: float | None = None,
    ) -> Status:
        pieces = segments([*parts, b"\r\n"], self._line.without_waiting)
        return await self._line.run(*pieces, doing=doing, collect=collect, alone=alone, silence=silence)
