"""A running engine over a store of its own, and a second client on the same mailbox."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.servers.mailbox import Mailbox
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import Account, Security
from tui_mail.model.event import Event
from tui_mail.model.folder import Folder, FolderView, Role
from tui_mail.model.message import Row

LIMIT = 30.0
"""Seconds after which a condition that never comes true fails its test."""


def letter(subject: str, *, sender: str = "Ana <ana@example.net>", text: str = "Hello.\r\n") -> bytes:
    """Return a small message of today with a Message-ID of its own."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "you@example.org"
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{abs(hash(subject))}@example.net>"
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")


class Stage:
    """An engine for one mailbox, with words for what tests ask of it."""

    def __init__(self, engine: Engine, account: Account) -> None:
        self.engine = engine
        self.account = account

    async def folder(self, name: str) -> Folder:
        """Return the folder with this display name."""
        return next(folder for folder in await self.engine.reading.folders() if folder.name == name)

    async def role(self, role: Role) -> Folder:
        """Return the folder with this role."""
        return next(folder for folder in await self.engine.reading.folders() if folder.role is role)

    async def view(self, name: str) -> FolderView:
        """Return the view of the folder with this display name."""
        return FolderView((await self.folder(name)).id)

    async def rows(self, name: str) -> list[Row]:
        """Return every row of a folder, newest first."""
        view = await self.view(name)
        ids, _ = await self.engine.reading.entries(view, limit=100_000)
        return await self.engine.reading.rows(view, list(ids))

    async def subjects(self, name: str) -> list[str]:
        """Return the subjects of a folder in alphabetical order."""
        return sorted(row.subject for row in await self.rows(name))

    async def row(self, name: str, subject: str) -> Row:
        """Return the row with this subject."""
        return next(row for row in await self.rows(name) if row.subject == subject)

    async def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Wait until `true()` holds, looking again after each event."""
        async with asyncio.timeout(LIMIT):
            events: AsyncIterator[Event] = self.engine.events()
            if await true():
                return
            async for _ in events:
                if await true():
                    return

    async def settled(self) -> None:
        """Wait until every change made here is confirmed."""

        async def nothing_waits() -> bool:
            return await self.engine.reading.waiting() == 0

        await self.until(nothing_waits)


Start = Callable[..., Awaitable[Stage]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that nobody else uses."""
    home = Home.at(tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture
async def start(mailbox: Mailbox, home: Home) -> AsyncIterator[Start]:
    """Start engines over the home; all are stopped at the end."""
    running: list[Engine] = []

    async def start(**options: bool) -> Stage:
        account = mailbox.account()
        engine = await Engine.start(home, [account], Given({account.key: mailbox.password}), **options)
        running.append(engine)
        return Stage(engine, account)

    yield start
    for engine in running:
        await engine.stop()


@pytest.fixture
def other(mailbox: Mailbox) -> Iterator[IMAPClient]:
    """A second device on the same mailbox: an independent client."""
    server = mailbox.server(Security.NONE)
    with IMAPClient(server.host, server.port, ssl=False) as client:
        client.login(mailbox.username, mailbox.password)
        yield client
