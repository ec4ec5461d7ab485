"""What all commands of a session stand on: what the server can do, and how a command is sent."""

import re
import tempfile
from collections.abc import Callable
from typing import BinaryIO

from tui_mail.imap.command import Collector
from tui_mail.imap.connection import Connection
from tui_mail.imap.news import FolderNews, NewsElsewhere
from tui_mail.imap.responses import Selected, Status
from tui_mail.imap.wire import Literal, Stream, astring, decode_name, encode_name, segments
from tui_mail.model.errors import ProtocolError

PARTS_OF_REV2 = frozenset(
    {
        "NAMESPACE", "UNSELECT", "UIDPLUS", "ESEARCH", "SEARCHRES", "ENABLE", "IDLE", "SASL-IR",
        "LIST-EXTENDED", "LIST-STATUS", "MOVE", "LITERAL-", "SPECIAL-USE",
    }
)  # fmt: skip
"""Extensions that need not be named by a server of IMAP4rev2."""


IN_MEMORY = 1024 * 1024
"""Octets of a large literal that stay in memory: a file for every letter of ordinary size takes time."""


def temporary_file() -> BinaryIO:
    """Open a place for a large literal: memory first, then a file without a name."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY)  # type: ignore[return-value]  # it is one in all but name


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
        self.news_elsewhere = NewsElsewhere()
        """What was told of the others, after `notify`."""
        self._line: Connection
        self._open_sink: Callable[[], BinaryIO] = temporary_file

    def _offers(self, extension: str) -> bool:
        """Whether an extension is there, by itself or as a part of IMAP4rev2 (RFC 9051, appendix E)."""
        rev2 = extension in PARTS_OF_REV2 and "IMAP4REV2" in self.capabilities
        return rev2 or extension in self.capabilities

    @property
    def _names_are_utf8(self) -> bool:
        """Whether names of mailboxes are UTF-8 on the line, not modified UTF-7 (RFC 9755 §3).

        Everywhere else a mailbox is known by its name in modified UTF-7, so that it stays the same mailbox
        when a server begins to insist on UTF-8, or leaves off.
        """
        return "UTF8=ACCEPT" in self.enabled

    def _named(self, name: bytes) -> bytes | Literal:
        """Write the name of a mailbox as an argument."""
        return astring(decode_name(name).encode("utf-8", "replace") if self._names_are_utf8 else name)

    def _own_name(self, wire: bytes) -> bytes:
        """Return the name by which a mailbox is known here, from the one on the line."""
        return encode_name(wire.decode("utf-8", "replace")) if self._names_are_utf8 else wire

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
