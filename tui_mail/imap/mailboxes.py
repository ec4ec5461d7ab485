"""The tree of mailboxes: listing and changing it (RFC 9051 §6.3; RFC 2342, 5258, 5819, 6154)."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from tui_mail.imap.responses import (
    SUBSCRIBED,
    FolderStatus,
    ListedFolder,
    Namespace,
    Namespaces,
    Response,
    StatusOf,
    SubscribedName,
)
from tui_mail.imap.speaking import Speaker
from tui_mail.model.errors import ProtocolError, ServerRefused

FOLDER_LIMIT = 100_000
"""Mailboxes that a list may hold."""
NAMES_LIMIT = 8 * 1024 * 1024
"""Octets of their names together."""

_NOT_SELECTABLE = frozenset({"\\noselect", "\\nonexistent"})


class _Allowance:
    """How much a server may list, the same mailbox again and again included."""

    def __init__(self) -> None:
        self._names = FOLDER_LIMIT
        self._octets = NAMES_LIMIT

    def spend(self, name: bytes) -> None:
        """Count a mailbox that was listed; raises ProtocolError when it is one too many."""
        self._names -= 1
        self._octets -= len(name)
        if self._names < 0:
            raise ProtocolError(f"it lists more than {FOLDER_LIMIT:,} folders")
        if self._octets < 0:
            raise ProtocolError(f"the names of its folders exceed {NAMES_LIMIT // 1024**2} MiB")


class MailboxCommands(Speaker):
    """A session's commands about mailboxes as such."""

    # Looking.

    async def list_folders(self) -> list[ListedFolder]:
        """Return every mailbox with its status: in one round trip where the server can."""
        if not self._offers("LIST-EXTENDED"):
            listed, subscribed = await asyncio.gather(self._list(b'LIST "" "*"'), self._subscribed())
            listed = [_marked(folder) if folder.name in subscribed else folder for folder in listed]
        else:
            special = b"SPECIAL-USE " if self._offers("SPECIAL-USE") else b""
            status = b" STATUS " + self._status_items() if self._offers("LIST-STATUS") else b""
            listed = await self._list(b'LIST "" "*" RETURN (%bSUBSCRIBED CHILDREN%b)' % (special, status))
            if status:
                return listed
        return list(await asyncio.gather(*(self._with_status(folder) for folder in listed)))

    async def namespaces(self) -> Namespaces:
        """Return where whose mailboxes are; a server that cannot tell has one part, at the root."""
        if not self._offers("NAMESPACE"):
            root = await self._list(b'LIST "" ""')
            return Namespaces((Namespace(b"", root[0].separator if root else ""),))
        told: list[Namespaces] = []

        def collect(response: Response) -> bool:
            if not isinstance(response, Namespaces):
                return False
            told.append(self._translated_namespaces(response))
            return True

        await self._do(b"NAMESPACE", doing="tell where folders are", collect=collect)
        return told[-1] if told else Namespaces()

    async def status(self, name: bytes) -> FolderStatus:
        """Return the status of a mailbox; never ask for the selected one, servers answer stale."""
        told: list[FolderStatus] = []

        def collect(response: Response) -> bool:
            if isinstance(response, StatusOf) and self._identity(response.name) == _identity(name):
                told.append(response.status)
                return True
            return False

        await self._do(
            b"STATUS ",
            self._named(name),
            b" " + self._status_items(),
            doing="look at a folder",
            collect=collect,
        )
        return told[-1] if told else FolderStatus()

    # Changing.

    async def create(self, name: bytes) -> None:
        """Make a mailbox; the server makes those above it as it needs them."""
        await self._do(b"CREATE ", self._named(name), doing="make a folder")

    async def rename(self, name: bytes, new: bytes) -> None:
        """Give a mailbox and all below it another name; subscriptions stay with the old names."""
        await self._leave(name)
        await self._do(b"RENAME ", self._named(name), b" ", self._named(new), doing="rename a folder")

    async def delete(self, name: bytes) -> None:
        """Remove a mailbox with its messages; those below it stay."""
        await self._leave(name)
        await self._do(b"DELETE ", self._named(name), doing="delete a folder")

    async def subscribe(self, name: bytes) -> None:
        """Let a mailbox stand in the lists of every program."""
        await self._do(b"SUBSCRIBE ", self._named(name), doing="subscribe to a folder")

    async def unsubscribe(self, name: bytes) -> None:
        """Take a mailbox out of those lists; it stays where it is."""
        await self._do(b"UNSUBSCRIBE ", self._named(name), doing="unsubscribe from a folder")

    # Selected or not.

    async def unselect(self) -> None:
        """Leave the mailbox without removing anything, as CLOSE would (RFC 3691)."""
        if self.selected is not None and self._offers("UNSELECT"):
            await self._do(b"UNSELECT", doing="leave a folder", alone=True)
        self.selected = None
        self.news.forget()

    async def _leave(self, name: bytes) -> None:
        """Leave the mailbox called `name`: some servers end a session whose mailbox goes away."""
        if self.selected is not None and _identity(self.selected.name) == _identity(name):
            await self.unselect()

    async def _list(self, command: bytes) -> list[ListedFolder]:
        listed: dict[bytes, ListedFolder] = {}
        told: dict[bytes, FolderStatus] = {}
        names, statuses = _Allowance(), _Allowance()

        def collect(response: Response) -> bool:
            if isinstance(response, ListedFolder):
                names.spend(response.name)
                listed[self._identity(response.name)] = self._translated(response)
            elif isinstance(response, StatusOf):
                statuses.spend(response.name)
                told[self._identity(response.name)] = response.status
            else:
                return False
            return True

        await self._do(command, doing="list the folders", collect=collect)
        folders = [replace(folder, status=told.get(name)) for name, folder in listed.items()]
        return [folder for folder in folders if folder.name or command.endswith(b'""')]

    async def _subscribed(self) -> frozenset[bytes]:
        """Return the names that LSUB tells; none where the server knows no LSUB (RFC 9051, appendix F)."""
        names: set[bytes] = set()
        allowance = _Allowance()

        def collect(response: Response) -> bool:
            if not isinstance(response, SubscribedName):
                return False
            allowance.spend(response.name)
            names.add(self._own_name(response.name))
            return True

        with suppress(ServerRefused):
            await self._do(b'LSUB "" "*"', doing="list the subscribed folders", collect=collect)
        return frozenset(names)

    def _identity(self, wire: bytes) -> bytes:
        return _identity(self._own_name(wire))

    def _translated(self, folder: ListedFolder) -> ListedFolder:
        if not self._names_are_utf8:
            return folder
        return replace(
            folder, name=self._own_name(folder.name), display=folder.name.decode("utf-8", "replace")
        )

    def _translated_namespaces(self, told: Namespaces) -> Namespaces:
        kinds = (told.personal, told.others, told.shared)
        return Namespaces(
            *(tuple(replace(one, prefix=self._own_name(one.prefix)) for one in kind) for kind in kinds)
        )

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


def _marked(folder: ListedFolder) -> ListedFolder:
    return replace(folder, attributes=folder.attributes | {SUBSCRIBED})


def _identity(name: bytes) -> bytes:
    """Return what two names of one mailbox have in common: INBOX is the one without case."""
    return name.upper() if len(name) == 5 and name.upper() == b"INBOX" else name
