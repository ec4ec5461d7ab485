"""The embedded post office: three accounts full of letters behind real IMAP and SMTP servers on loopback.

    async with PostOffice() as office:
        …  # office.accounts, office.passwords

The same seed and the same reading of the clock give the same letters, octet for octet. While it is open and
somebody has signed in, new letters trickle in; `deliver_next` brings the next one at once.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from types import TracebackType
from typing import Self

from tui_mail.demo.almanac import ZONE, Almanac
from tui_mail.demo.hosts import Hosts
from tui_mail.demo.imap.server import HOST, ImapServer
from tui_mail.demo.library import arrivals
from tui_mail.demo.library import conversations as written
from tui_mail.demo.mailboxes import Content, User
from tui_mail.demo.older import conversations as composed
from tui_mail.demo.people import ACCOUNTS, everyone
from tui_mail.demo.writing import Letter, letters
from tui_mail.model.account import Account, Security, Server

USES = {"Drafts": "\\Drafts", "Sent": "\\Sent", "Archive": "\\Archive", "Junk": "\\Junk", "Trash": "\\Trash"}
"""The special uses of the folders that everyone has (RFC 6154)."""

_FIRST_AFTER = 8.0
_PAUSE = (20.0, 60.0)


class PostOffice:
    """An async context manager; open between entering and leaving."""

    def __init__(
        self,
        seed: int = 7,
        now: Callable[[], float] = time.time,
        trickle: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.users: dict[str, User] = {}
        """Who gets mail here, by address."""
        self.accounts: tuple[Account, ...] = ()
        """The accounts as a configuration would tell them; empty until the office is open."""
        self.passwords: Mapping[str, str] = {key: _password(key, seed) for key in ACCOUNTS}
        """What to sign in with, by the key of the account."""
        self._seed = seed
        self._now = now
        self._sleep = sleep
        self._trickles = trickle
        self._waiting = iter(arrivals())
        self._someone_came = asyncio.Event()
        self._server = ImapServer(self.users, lambda _: self._someone_came.set())
        self._trickle: asyncio.Task[None] | None = None
        self.hosts = Hosts(self.users, self._moment, sleep)
        """The mail hosts of all domains: what travels, waits and has arrived."""

    @property
    def host(self) -> str:
        """Where the office listens."""
        return HOST

    @property
    def port(self) -> int:
        """The port of IMAP; 0 until the office is open."""
        return self._server.port

    async def __aenter__(self) -> Self:
        self._fill()
        await self._server.start()
        await self.hosts.start()
        self.accounts = tuple(map(self._account, ACCOUNTS))
        if self._trickles:
            self._trickle = asyncio.create_task(self._bring_letters())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._trickle is not None:
            self._trickle.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._trickle
        await self.hosts.stop()
        await self._server.stop()

    def user(self, key: str) -> User:
        """The user behind an account."""
        return self.users[everyone()[key].address]

    def deliver_next(self) -> Letter | None:
        """Deliver the next of the letters that wait; None when there are no more."""
        conversation = next(self._waiting, None)
        if conversation is None:
            return None
        (letter,) = letters(conversation, Almanac.at(self._now()), self._seed)
        self._file(letter)
        return letter

    def _account(self, key: str) -> Account:
        person = everyone()[key]
        return Account(
            key,
            person.address,
            person.name,
            Server(HOST, self.port, Security.NONE),
            person.address,
            smtp=Server(HOST, self.hosts.submission_port(person.address), Security.NONE),
        )

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._now(), ZONE)

    async def _bring_letters(self) -> None:
        random = Random(self._seed)  # noqa: S311 - pauses, not keys
        await self._someone_came.wait()
        await self._sleep(_FIRST_AFTER)
        while self.deliver_next() is not None:
            await self._sleep(random.uniform(*_PAUSE))

    def _fill(self) -> None:
        for key in ACCOUNTS:
            user = User(everyone()[key].address, self.passwords[key])
            for name, use in USES.items():
                user.create(name, use)
            self.users[user.address] = user
        for letter in stock(self._seed, self._now()):
            self._file(letter)

    def _file(self, letter: Letter) -> None:
        user = self.user(letter.account)
        if letter.folder not in user.mailboxes:
            user.create(letter.folder)
        user.mailbox(letter.folder).add(Content(letter.octets), letter.moment.astimezone(UTC), letter.flags)


def stock(seed: int, now: float) -> list[Letter]:
    """Every letter that is there when the office opens, oldest first."""
    almanac = Almanac.at(now)
    found = [letter for letter in _all_letters(almanac, seed) if letter.moment <= almanac.now]
    return sorted(found, key=lambda letter: (letter.moment, letter.key))


def _all_letters(almanac: Almanac, seed: int) -> Iterator[Letter]:
    for conversation in (*written(), *composed(seed)):
        yield from letters(conversation, almanac, seed)


def _password(key: str, seed: int) -> str:
    return f"{key}-{hashlib.sha256(f'{seed}/{key}'.encode()).hexdigest()[:12]}"
