"""One IMAP connection: reads commands, carries them out in order, tells the news (RFC 9051, 2.2, 5.2, 5.5).

Commands are functions in a table; each gets the connection and a cursor on its arguments. An argument that
cannot be read is answered BAD, a wish that cannot be granted NO; a stream that breaks the framing ends the
connection.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

from tui_mail.demo.imap.answers import RefusedError
from tui_mail.demo.imap.selected import Selected
from tui_mail.demo.mailboxes import Change, Flagged, Gone, Mailbox, User, Users
from tui_mail.imap.wire import Cursor, Line, Splitter
from tui_mail.model.errors import ProtocolError

CAPABILITIES = (
    "IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ ID ENABLE NAMESPACE IDLE UNSELECT UIDPLUS MOVE CONDSTORE QRESYNC"
    " ESEARCH CHILDREN SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS"
)
LITERAL_LIMIT = 32 * 1024 * 1024
"""Octets of the largest message that the office takes."""

_CHUNK = 64 * 1024
_BAD_LIMIT = 20
"""Commands that cannot be read before the connection ends."""


class Phase(IntEnum):
    """What a connection may do; each phase may all that those before it may."""

    GREETED = 0
    SIGNED_IN = 1
    SELECTED = 2


@dataclass(frozen=True, slots=True)
class Command:
    """How a command is carried out."""

    run: "Callable[[Connection, Cursor], Awaitable[str | None]]"
    """Returns the words of its OK, or None for the usual ones."""
    phase: Phase
    keeps_numbers: bool = False
    """True for FETCH, STORE and SEARCH, during which no EXPUNGE may be sent (RFC 9051, 7.5.1)."""


Table = dict[bytes, Command]


class _Sink(tempfile.SpooledTemporaryFile[bytes]):
    """Takes a large literal up to the limit."""

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]  # narrower, as used here
        if self.tell() + len(data) > LITERAL_LIMIT:
            raise ProtocolError("the message is too large for this office")
        return super().write(data)


def _open_sink() -> BinaryIO:
    return _Sink(max_size=1024 * 1024)  # type: ignore[return-value]  # a BinaryIO in all but the stub's name


class Connection:
    """One client, from greeting to goodbye."""

    def __init__(
        self,
        users: Users,
        table: Table,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        signed_in: Callable[[User], None],
        capabilities: str = CAPABILITIES,
    ) -> None:
        self.users = users
        self.capabilities = capabilities
        """What this connection offers."""
        self.user: User | None = None
        self.selected: Selected | None = None
        self.condstore = False
        """Whether the client asked to hear of mod-sequences (RFC 7162, 3.1)."""
        self.qresync = False
        """Whether it wants to hear of removals by UID (RFC 7162, 3.2)."""
        self.closing = False
        self.tag = ""
        """The tag of the command that is being carried out."""
        self._table = table
        self._reader = reader
        self._writer = writer
        self._signed_in = signed_in
        self._splitter = Splitter(_open_sink)
        self._idling = False
        self._bad = 0

    @property
    def owner(self) -> User:
        """The user who signed in."""
        assert self.user is not None
        return self.user

    @property
    def open(self) -> Selected:
        """The selected mailbox."""
        assert self.selected is not None
        return self.selected

    async def serve(self) -> None:
        """Answer commands until either side says goodbye."""
        try:
            await self.greet()
            while not self.closing and (line := await self.line()) is not None:
                await self.obey(line)
                await self._writer.drain()
        except ProtocolError as error:
            self.write(f"* BYE {error}\r\n".encode())
        except ConnectionError:
            pass  # the client went without a word; there is nobody to tell
        finally:
            self.deselect()
            self._splitter.close()
            self._writer.close()

    async def greet(self) -> None:
        """Say who is here, and what can be asked."""
        self.write(f"* OK [CAPABILITY {self.capabilities}] Good day, the post office is open.\r\n".encode())

    def write(self, data: bytes) -> None:
        """Send octets."""
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until the client keeps up, and let others have their turn."""
        await self._writer.drain()
        await asyncio.sleep(0)

    async def line(self) -> Line | None:
        """The next line with its literals; None at the end of the stream."""
        while (line := self._splitter.next_line()) is None:
            if (size := self._splitter.take_announced()) is not None:
                if size > LITERAL_LIMIT:
                    raise ProtocolError("the message is too large for this office")
                self.write(b"+ go on\r\n")
            data = await self._reader.read(_CHUNK)
            if not data:
                return None
            self._splitter.feed(data)
        self._splitter.take_announced()
        return line

    async def obey(self, line: Line) -> None:
        """Carry out one command and answer it."""
        tag = line.data.partition(b" ")[0]
        if not tag or not tag.isascii() or b"+" in tag or len(tag) > 100:
            raise ProtocolError("a command has no tag")
        self.tag = tag.decode("ascii").replace("\\", "").replace('"', "")
        with contextlib.ExitStack() as files:
            for sink in line.sinks:
                files.enter_context(sink)
            cursor = Cursor(line, len(tag))
            try:
                answer = await self._carry_out(cursor)
            except RefusedError as error:
                code = f"[{error.code}] " if error.code else ""
                answer = f"NO {code}{error}"
            except ProtocolError as error:
                self._bad += 1
                self.closing = self.closing or self._bad > _BAD_LIMIT
                answer = f"BAD {error}"
        self.write(tag + b" " + answer.encode("utf-8", "replace") + b"\r\n")

    def sign_in(self, address: str, password: str) -> None:
        """Let a user in, or refuse without saying which of the two was wrong."""
        user = self.users.get(address.lower())
        if user is None or user.password != password:
            raise RefusedError("No such user, or not this password.", "AUTHENTICATIONFAILED")
        self.user = user
        self._signed_in(user)

    def select(self, mailbox: Mailbox, read_only: bool) -> Selected:
        """Open a mailbox, and listen to it."""
        self.deselect()
        self.selected = Selected(mailbox, read_only, list(mailbox.messages))
        mailbox.listeners.append(self._changed)
        return self.selected

    def deselect(self) -> None:
        """Close the open mailbox, if there is one."""
        if self.selected is not None:
            self.selected.mailbox.listeners.remove(self._changed)
            self.selected = None

    def tell(self, expunges: bool = True) -> None:
        """Write what changed in the open mailbox."""
        if self.selected is not None:
            gone = Gone() in self.selected.news
            for line in self.selected.told(self.condstore, expunges, by_uid=self.qresync):
                self.write(line)
            self.closing = self.closing or gone

    def forget_news(self, uids: Iterable[int]) -> None:
        """Do not tell the client of flags that its own command set."""
        own = {Flagged(uid) for uid in uids}
        self.open.news = [change for change in self.open.news if change not in own]

    async def idle(self) -> None:
        """Tell news as it happens until the client says DONE (RFC 2177)."""
        self.write(b"+ idling\r\n")
        self.tell()
        self._idling = True
        try:
            line = await self.line()
        finally:
            self._idling = False
        if line is None or line.data.upper() != b"DONE":
            raise ProtocolError("DONE was expected")

    def _changed(self, change: Change) -> None:
        self.open.news.append(change)
        if self._idling:
            self.tell()
            if self.closing:
                self._writer.close()

    async def _carry_out(self, cursor: Cursor) -> str:
        name = cursor.atom().upper()
        if name == b"UID":
            name += b" " + cursor.atom().upper()
        command = self._table.get(name)
        if command is None:
            raise ProtocolError("this command is not known here")
        if command.phase > self._phase():
            raise ProtocolError("this command has to wait for another one")
        words = await command.run(self, cursor)
        if name != b"LOGOUT":
            self.tell(expunges=not command.keeps_numbers)
        return f"OK {words or name.decode('ascii').title() + ' done.'}"

    def _phase(self) -> Phase:
        if self.selected is not None:
            return Phase.SELECTED
        return Phase.GREETED if self.user is None else Phase.SIGNED_IN
