"""A server of SMTP that is honest but for its rules, over TLS with whatever certificate; it writes all down.

The honest half keeps each letter that it took. A rule hears the lines of the client, the dot that ends a
letter among them as `.`; the lines of a letter are no events.
"""

import asyncio
import base64
from dataclasses import dataclass

from tests.servers.acting import HOST, Actor, Stage
from tests.servers.lies import Moment, Rule
from tests.servers.scram import ScramServer
from tui_mail.model.account import Account, Security, Server

ADDRESS = "bob@example.org"
PASSWORD = "hunter2 Gehëim"
TOKEN = "ya29.token"
OFFERS = ("PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")
MECHANISMS = "PLAIN LOGIN"

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that the server took."""

    mail: str
    """The whole command."""
    recipients: tuple[str, ...]
    """The whole commands."""
    octets: bytes
    """The letter, its dots undone."""


class _Liar(Actor):
    """One client."""

    def __init__(
        self, server: "LyingSmtp", number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        super().__init__(server, number, reader, writer)
        self._lying = server
        self._unread = bytearray()
        self._mail = ""
        self._recipients: list[str] = []
        self._leaving = False

    async def honest(self) -> None:
        await self.react(Moment.GREETING, b"*", self._greet)
        while not self._leaving:
            line = await self._line()
            await self.react(line, b"*", lambda line=line: self._obey(line.decode("utf-8")))  # type: ignore[misc]

    async def _line(self) -> bytes:
        return await self._until(b"\r\n")

    async def _until(self, end: bytes) -> bytes:
        while (at := self._unread.find(end)) < 0:
            came = await self._reader.read(_CHUNK)
            if not came:
                raise ConnectionAbortedError
            self._unread += came
        found = bytes(self._unread[:at])
        del self._unread[: at + len(end)]
        return found

    async def _greet(self) -> None:
        await self._answer("220 liar.example.org ESMTP")

    async def _answer(self, words: str) -> None:
        self.say(self.edited(words.encode() + b"\r\n"))
        await self._writer.drain()

    async def _obey(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO":
                words = ["liar.example.org", *self._lying.offers, f"AUTH {self._lying.mechanisms}"]
                if self._lying.security is Security.STARTTLS and not self._secure:
                    words.append("STARTTLS")
                head = "".join(f"250-{word}\r\n" for word in words[:-1])
                await self._answer(f"{head}250 {words[-1]}")
            case "STARTTLS":
                await self._answer("220 2.0.0 go on")
                await self.start_tls()
            case "AUTH":
                await self._answer(await self._proved(rest))
            case "MAIL":
                self._mail, self._recipients = line, []
                await self._answer("250 2.1.0 fine")
            case "RCPT":
                self._recipients.append(line)
                await self._answer("250 2.1.5 fine")
            case "RSET" | "NOOP":
                await self._answer("250 2.0.0 fine")
            case "QUIT":
                self._leaving = True
                await self._answer("221 2.0.0 bye")
            case "DATA":
                await self._answer("354 go on")
                await self._take()
            case _:
                await self._answer("500 5.5.2 what?")

    async def _take(self) -> None:
        """Take a letter up to its dot, which is an event of its own."""
        self._unread[:0] = b"\r\n"
        stuffed = (await self._until(b"\r\n.\r\n")) + b"\r\n"

        async def keep() -> None:
            octets = stuffed[2:].replace(b"\r\n..", b"\r\n.")
            octets = octets[1:] if octets.startswith(b"..") else octets
            self._lying.taken.append(Taken(self._mail, tuple(self._recipients), octets))
            await self._answer("250 2.0.0 taken as 4711")

        await self.react(b".", b"*", keep)

    async def _proved(self, rest: str) -> str:
        mechanism, _, initial = rest.partition(" ")
        first = base64.b64decode(initial) if initial else None
        match mechanism.upper():
            case "PLAIN":
                said = first if first is not None else await self._ask(b"")
                good = said == f"\0{ADDRESS}\0{PASSWORD}".encode()
            case "LOGIN":
                name, word = await self._ask(b"Username:"), await self._ask(b"Password:")
                good = (name, word) == (ADDRESS.encode(), PASSWORD.encode())
            case "XOAUTH2" | "OAUTHBEARER":
                said = first if first is not None else await self._ask(b"")
                good = f"auth=Bearer {TOKEN}".encode() in said
                if not good:
                    await self._ask(b'{"status":"401"}')
            case "SCRAM-SHA-256":
                scram = ScramServer(PASSWORD.encode(), rounds=self._lying.rounds)
                challenge = scram.answer(first if first is not None else await self._ask(b""))
                verdict = scram.judge(await self._ask(challenge))
                good = verdict.startswith(b"v=")
                if good:
                    await self._ask(verdict)
            case _:
                return "504 5.5.4 not that way"
        return "235 2.7.0 welcome" if good else "535 5.7.8 no"

    async def _ask(self, challenge: bytes) -> bytes:
        await self._answer("334 " + base64.b64encode(challenge).decode())
        return base64.b64decode(await self._line())


class LyingSmtp(Stage):
    """A server of SMTP with one user."""

    def __init__(
        self,
        *rules: Rule,
        security: Security = Security.NONE,
        mechanisms: str = MECHANISMS,
        offers: tuple[str, ...] = OFFERS,
        rounds: int = 4096,
        listen: int = 0,
    ) -> None:
        super().__init__(*rules, security=security, listen=listen)
        self.taken: list[Taken] = []
        """The letters that it took, in order."""
        self.mechanisms = mechanisms
        self.offers = offers
        self.rounds = rounds
        """Of hashing, for SCRAM."""

    def actor(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Actor:
        """Who serves a connection."""
        return _Liar(self, number, reader, writer)

    @property
    def server(self) -> Server:
        """Where it is, in the words of the program under test."""
        return Server(HOST, self.port, self.security)

    def account(self, key: str = "test") -> Account:
        """An account of its user; whom to trust is left to the test."""
        return Account(key, ADDRESS, "Bob", Server(HOST, 1), ADDRESS, smtp=self.server)
