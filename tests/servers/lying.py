"""A server of IMAP that is honest but for its rules, over TLS with whatever certificate; it writes all down.

The honest half is the post office's own (`tui_mail.demo.imap`) with its model of mailboxes, so a test can
look at what the server holds. It runs on the test's loop and on loopback only.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.servers.acting import HOST, Actor, Stage
from tests.servers.authority import Certificate
from tests.servers.lacking import LACKS
from tests.servers.lies import Moment, Rule, Say
from tui_mail.demo.imap.connection import CAPABILITIES, Connection, Table
from tui_mail.demo.imap.mailbox_commands import COMMANDS as MAILBOX_COMMANDS
from tui_mail.demo.imap.message_commands import COMMANDS as MESSAGE_COMMANDS
from tui_mail.demo.imap.session_commands import COMMANDS as SESSION_COMMANDS
from tui_mail.demo.mailboxes import INBOX, Content, User
from tui_mail.imap.wire import Line
from tui_mail.model.account import Account, Security, Server

ADDRESS = "bob@example.org"
PASSWORD = "hunter2 Gehëim"

_TABLE = SESSION_COMMANDS | MAILBOX_COMMANDS | MESSAGE_COMMANDS


class _Liar(Actor, Connection):
    """One client, served by the rules."""

    def __init__(
        self,
        server: "LyingServer",
        number: int,
        table: Table,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        Actor.__init__(self, server, number, reader, writer)
        overheard: Any = self._reader  # it only reads
        Connection.__init__(self, server.users, table, overheard, writer, lambda _: None)
        self._lying: LyingServer = server
        self.say_what_is_offered()

    async def honest(self) -> None:
        """Answer commands until either side says goodbye."""
        await Connection.serve(self)

    async def serve(self) -> None:
        """Answer commands until somebody leaves."""
        await Actor.serve(self)

    async def greet(self) -> None:
        """Say hello, unless a rule says something else."""
        await self.react(Moment.GREETING, b"*", super().greet)

    async def obey(self, line: Line) -> None:
        """Carry out one command, unless a rule does something else."""
        tag, _, command = line.data.partition(b" ")
        starts_tls = command.upper() == b"STARTTLS" and b"STARTTLS" in self.capabilities.encode()

        async def honestly() -> None:
            if starts_tls:
                self.say(tag + b" OK Begin.\r\n")
                await self.start_tls()
            else:
                await super(_Liar, self).obey(line)

        await self.react(command, tag, honestly)

    def write(self, data: bytes) -> None:
        """Send what the honest server says, edited."""
        self.say(self.edited(data))

    def say_what_is_offered(self) -> None:
        """Set what is offered from here on."""
        words = self._lying.capabilities
        if self._lying.security is Security.STARTTLS and not self._secure:
            words = f"{words} STARTTLS"
        self.capabilities = words


class LyingServer(Stage):
    """A server of IMAP with one user."""

    def __init__(
        self,
        *rules: Rule,
        security: Security = Security.NONE,
        certificate: Certificate | None = None,
        without: Sequence[str] = (),
        listen: int = 0,
        separator: str = "/",
        prefix: str = "",
    ) -> None:
        super().__init__(*rules, security=security, certificate=certificate, listen=listen)
        self.user = self.model = User(ADDRESS, PASSWORD, separator, prefix)
        self.users = {ADDRESS: self.user}
        self.capabilities = CAPABILITIES
        self._table = dict(_TABLE)
        self._refusing: list[Rule] = []
        self._leaving_out: list[tuple[bytes, bytes]] = []
        for word in without:
            self._lose(word)

    @property
    def server(self) -> Server:
        """Where it is, in the words of the program under test."""
        return Server(HOST, self.port, self.security)

    def account(self, key: str = "test") -> Account:
        """An account of its user; whom to trust is left to the test."""
        return Account(key=key, email=ADDRESS, name="Bob", imap=self.server, username=ADDRESS)

    def actor(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Actor:
        """Who serves a connection."""
        return _Liar(self, number, self._table, reader, writer)

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """The rules, before those that do not know what is lacking."""
        return (*self.rules, *self._refusing)

    @property
    def all_edits(self) -> tuple[tuple[bytes, bytes], ...]:
        """The edits, after those that leave out what is lacking."""
        return (*self._leaving_out, *self.edits)

    def deliver(self, raw: bytes, folder: str = INBOX, flags: Iterable[str] = ()) -> int:
        """Put a message into a mailbox, made when needed; its UID."""
        boxes = self.user.mailboxes
        box = boxes.get(folder) or self.user.create(folder)
        return box.add(Content(lambda: raw), datetime.now(UTC), flags).uid

    def honest(self) -> None:
        """Forget every rule and edit; what was counted stays, and what is lacking."""
        self.rules.clear()
        self.edits.clear()

    def _lose(self, extension: str) -> None:
        """Do not offer an extension, and do not understand it either."""
        lack = LACKS[extension]
        gone = {extension, *lack.offers}
        self.capabilities = " ".join(word for word in self.capabilities.split() if word not in gone)
        for command in lack.commands:
            del self._table[command]
        self._refusing += [Rule(pattern, (Say(b"{tag} BAD What?\r\n"),), None) for pattern in lack.refused]
        self._leaving_out += lack.edits
