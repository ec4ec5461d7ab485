"""What can be asked without a mailbox being selected (RFC 9051 §6.3; RFC 5819, 7162, 3691, 4315)."""

import asyncio
import time
from dataclasses import replace

from tui_mail.imap.responses import FolderStatus, ListedFolder, Response, Selected, StatusOf, read_append_uid
from tui_mail.imap.selected import flag_list
from tui_mail.imap.selecting import Selecting
from tui_mail.imap.speaking import Speaker
from tui_mail.imap.wire import Literal, astring
from tui_mail.model.errors import ProtocolError, ServerRefused
from tui_mail.model.message import Flag

FOLDER_LIMIT = 100_000
"""Mailboxes that a list may hold."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NOT_SELECTABLE = frozenset({"\\noselect", "\\nonexistent"})


class AuthenticatedCommands(Speaker):
    """A session's commands in the authenticated state."""

    async def list_folders(self) -> list[ListedFolder]:
        """Return every mailbox with its status: in one round trip where the server can."""
        if self._offers("LIST-EXTENDED") and self._offers("LIST-STATUS"):
            special = b"SPECIAL-USE " if self._offers("SPECIAL-USE") else b""
            command = b'LIST "" "*" RETURN (%bSUBSCRIBED CHILDREN STATUS %b)' % (
                special,
                self._status_items(),
            )
            return await self._list(command)
        listed = await self._list(b'LIST "" "*"')
        return list(await asyncio.gather(*(self._with_status(folder) for folder in listed)))

    async def status(self, name: bytes) -> FolderStatus:
        """Return the status of a mailbox; never ask for the selected one, servers answer stale."""
        told: list[FolderStatus] = []

        def collect(response: Response) -> bool:
            if isinstance(response, StatusOf) and _identity(response.name) == _identity(name):
                told.append(response.status)
                return True
            return False

        await self._do(
            b"STATUS ", astring(name), b" " + self._status_items(), doing="look at a folder", collect=collect
        )
        return told[-1] if told else FolderStatus()

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
            command, astring(name), how, doing="open a folder", collect=selecting.collect, alone=True
        )
        self.selected = selecting.result(reply, read_only)
        return self.selected

    async def unselect(self) -> None:
        """Leave the mailbox without removing anything, as CLOSE would (RFC 3691)."""
        if self.selected is not None and self._offers("UNSELECT"):
            await self._do(b"UNSELECT", doing="leave a folder", alone=True)
        self.selected = None
        self.news.forget()

    async def append(
        self, folder: bytes, message: bytes, flags: Flag = Flag.NONE, internal_date: int | None = None
    ) -> tuple[int, int] | None:
        """Put a message into a mailbox; its UIDVALIDITY and UID where the server tells them."""
        date = b'"%b" ' % _date(internal_date) if internal_date is not None else b""
        reply = await self._do(
            b"APPEND ",
            astring(folder),
            b" %b %b" % (flag_list(flags), date),
            Literal(message),
            doing="take a message",
        )
        return read_append_uid(reply.arguments) if reply.code == "APPENDUID" else None

    async def create(self, name: bytes) -> None:
        """Make a mailbox."""
        await self._do(b"CREATE ", astring(name), doing="make a folder")

    async def _list(self, command: bytes) -> list[ListedFolder]:
        listed: dict[bytes, ListedFolder] = {}
        told: dict[bytes, FolderStatus] = {}

        def collect(response: Response) -> bool:
            if isinstance(response, ListedFolder):
                listed[_identity(response.name)] = response
            elif isinstance(response, StatusOf):
                told[_identity(response.name)] = response.status
            else:
                return False
            if len(listed) > FOLDER_LIMIT or len(told) > FOLDER_LIMIT:
                raise ProtocolError(f"it lists more than {FOLDER_LIMIT:,} folders")
            return True

        await self._do(command, doing="list the folders", collect=collect)
        return [replace(folder, status=told.get(name)) for name, folder in listed.items() if folder.name]

    async def _with_status(self, folder: ListedFolder) -> ListedFolder:
        if folder.attributes & _NOT_SELECTABLE:
            return folder
        try:
            return replace(folder, status=await self.status(folder.name))
        except ServerRefused:  # listed, but not for us to look at
            return folder

    def _status_items(self) -> bytes:
        modseq = b" HIGHESTMODSEQ" if self._offers("CONDSTORE") else b""
        return b"(MESSAGES UIDNEXT UIDVALIDITY UNSEEN%b)" % modseq


def _identity(name: bytes) -> bytes:
    """Return what two names of one mailbox have in common: INBOX is the one without case."""
    return name.upper() if len(name) == 5 and name.upper() == b"INBOX" else name


def _date(moment: int) -> bytes:
    when = time.gmtime(moment)
    text = f"{when.tm_mday:2d}-{_MONTHS[when.tm_mon - 1]}-{when.tm_year:04d} "
    return (text + time.strftime("%H:%M:%S +0000", when)).encode("ascii")
