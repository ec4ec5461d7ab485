"""An office with a clock that stands still, and a client of another make to visit it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import pytest
from imapclient import IMAPClient

from tui_mail.demo.post_office import PostOffice

NOON = 1_750_330_800.0
"""A Thursday in June, shortly before noon."""

T = TypeVar("T")
Visit = Callable[[Callable[[IMAPClient], T]], "asyncio.Future[T]"]
Talks = Callable[..., Awaitable["Talk"]]


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with PostOffice(now=lambda: NOON, trickle=False) as office:
        yield office


def sign_in(office: PostOffice, key: str = "work") -> IMAPClient:
    """A client that is signed in; blocking, so call it in a thread."""
    account = next(account for account in office.accounts if account.key == key)
    client = IMAPClient(account.imap.host, account.imap.port, ssl=False, timeout=20)
    client.login(account.username, office.passwords[key])
    return client


@pytest.fixture
def visit(office: PostOffice) -> Visit[T]:
    """Runs a story with a signed-in client in a thread, while the office serves here."""

    def run(story: Callable[[IMAPClient], T]) -> "asyncio.Future[T]":
        def whole() -> T:
            client = sign_in(office)
            try:
                return story(client)
            finally:
                with suppress(OSError, IMAPClient.Error):
                    client.logout()

        return asyncio.ensure_future(asyncio.to_thread(whole))

    return run


class Talk:
    """A bare line to the office, for what clients of other makes do not show."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._count = 0

    async def say(self, command: str) -> list[str]:
        """Send a command; its answer, line by line, the tagged one last and without its tag."""
        self._count += 1
        tag = f"t{self._count}"
        self.writer.write(f"{tag} {command}\r\n".encode())
        lines: list[str] = []
        while not (line := await self.line()).startswith(f"{tag} "):
            lines.append(line)
        return [*lines, line.removeprefix(f"{tag} ")]

    async def line(self) -> str:
        """The next line."""
        line = await asyncio.wait_for(self.reader.readline(), 20)
        assert line.endswith(b"\r\n"), line
        return line[:-2].decode()


@pytest.fixture
async def talks(office: PostOffice) -> AsyncIterator[Talks]:
    """Opens bare lines, signed in unless told otherwise."""
    open_lines: list[asyncio.StreamWriter] = []

    async def start(key: str = "work", signed_in: bool = True) -> Talk:
        reader, writer = await asyncio.open_connection(office.host, office.port)
        open_lines.append(writer)
        talk = Talk(reader, writer)
        await talk.line()
        if signed_in:
            address = office.user(key).address
            assert (await talk.say(f"LOGIN {address} {office.passwords[key]}"))[-1].startswith("OK")
        return talk

    yield start
    for writer in open_lines:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
