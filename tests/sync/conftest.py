"""A folder's copy in a store of its own, and the model of a server that it is a copy of."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.servers.lying import ADDRESS, PASSWORD, LyingServer
from tui_mail.imap.session import Session
from tui_mail.model.message import Flag
from tui_mail.store import accounts, folders, messages
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState
from tui_mail.sync.folder_list import fetch_folder_list
from tui_mail.sync.imap import FolderCopy


class Bench:
    """A store, a server of this process, and copies of the server's inbox."""

    def __init__(self, database: Database, account: int) -> None:
        self.database = database
        self.account = account
        self._open = AsyncExitStack()

    async def server(self, *, without: tuple[str, ...] = ()) -> LyingServer:
        """Start a server that lacks some extensions."""
        return await self._open.enter_async_context(LyingServer(without=without))

    async def session(self, server: LyingServer) -> Session:
        """Sign in."""
        session = await Session.connect(server.server, None)
        self._open.callback(session.abort)
        await session.sign_in(ADDRESS, PASSWORD)
        return session

    async def copy(self, session: Session) -> FolderCopy:
        """A copy of the inbox as far as the store has it."""
        await fetch_folder_list(self.database, session, self.account)
        return FolderCopy(self.database, session, await self.state())

    async def state(self) -> FolderState:
        """The inbox with its cursor."""
        states = await folders.states(self.database.lists, self.account)
        return next(state for state in states if state.name == "INBOX")

    async def flags(self) -> dict[int, Flag]:
        """The flags of each message of the inbox as the store has them, by UID."""
        state = await self.state()
        known = await messages.known_flags(self.database.lists, state.id, state.uidvalidity or 0, 1, 100_000)
        return {uid: Flag(flags) for uid, flags in known}

    async def close(self) -> None:
        """Drop every session and server."""
        await self._open.aclose()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    database = await Database.open(tmp_path / "mail.db")
    ids = await accounts.register(database, [("test", "imap")])
    bench = Bench(database, ids["test"])
    yield bench
    await bench.close()
    await database.close()
