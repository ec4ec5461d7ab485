"""Entering a mailbox, and putting messages into one (RFC 9051 §6.3; RFC 7162, 4315, 3516)."""

import asyncio
import os
import time
from collections.abc import Iterable
from functools import partial
from typing import BinaryIO

from tui_mail.imap.connection import CHUNK
from tui_mail.imap.mailboxes import MailboxCommands
from tui_mail.imap.responses import Selected, read_append_uid
from tui_mail.imap.selected import flag_list
from tui_mail.imap.selecting import Selecting
from tui_mail.imap.wire import Literal, Stream
from tui_mail.model.message import Flag

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class AuthenticatedCommands(MailboxCommands):
    """A session's commands in the authenticated state."""

    async def select(
        self, name: bytes, *, known: tuple[int, int] | None = None, read_only: bool = False
    ) -> Selected:
        """Select a mailbox; `known` is its (UIDVALIDITY, MODSEQ), and what changed since comes as news."""
        selecting = Selecting(name, self.news)
        how = b""
        if known and all(known) and "QRESYNC" in self.enabled:
            how = b" (QRESYNC (%d %d))" % known
        elif self._offers("CONDSTORE"):
            how = b" (CONDSTORE)"
        command = b"EXAMINE " if read_only else b"SELECT "
        self.selected = None
        reply = await self._do(
            command, self._named(name), how, doing="open a folder", collect=selecting.collect, alone=True
        )
        self.selected = selecting.result(reply, read_only)
        return self.selected

    async def append(
        self,
        folder: bytes,
        message: bytes | BinaryIO,
        flags: Flag = Flag.NONE,
        internal_date: int | None = None,
        keywords: Iterable[str] = (),
    ) -> tuple[int, int] | None:
        """Put a message into a mailbox; its UIDVALIDITY and UID where the server tells them.

        A file is sent from where it stands to its end, as the line takes it.
        """
        date = b'"%b" ' % _date(internal_date) if internal_date is not None else b""
        reply = await self._do(
            b"APPEND ",
            self._named(folder),
            b" %b %b" % (flag_list(flags, keywords), date),
            await self._content(message),
            doing="take a message",
        )
        return read_append_uid(reply.arguments) if reply.code == "APPENDUID" else None

    async def _content(self, message: bytes | BinaryIO) -> Literal | Stream:
        knows_binary = self._offers("BINARY")
        if isinstance(message, bytes):
            return Literal(message, knows_binary and b"\0" in message)
        start = message.tell()
        size = message.seek(0, os.SEEK_END) - start
        message.seek(start)
        binary = knows_binary and await asyncio.to_thread(_holds_nul, message)
        message.seek(start)
        return Stream(message, size, binary)


def _holds_nul(file: BinaryIO) -> bool:
    return any(b"\0" in chunk for chunk in iter(partial(file.read, CHUNK), b""))


def _date(moment: int) -> bytes:
    when = time.gmtime(moment)
    text = f"{when.tm_mday:2d}-{_MONTHS[when.tm_mon - 1]}-{when.tm_year:04d} "
    return (text + time.strftime("%H:%M:%S +0000", when)).encode("ascii")
