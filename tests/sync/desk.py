"""One account's store and a session to its server, with words for operations and what became of them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.servers.mailbox import Mailbox
from tui_mail.imap.session import Session
from tui_mail.mime.headers import LIST_FIELDS, summary
from tui_mail.model.account import Security, Server
from tui_mail.model.folder import FolderView
from tui_mail.model.message import Flag, Mark
from tui_mail.model.operation import OperationState
from tui_mail.store import accounts, bodies, folders, messages, operations
from tui_mail.store.database import Database, Transaction
from tui_mail.store.effects import Command
from tui_mail.store.folders import FolderState
from tui_mail.store.lists import entries
from tui_mail.store.messages import Arrival
from tui_mail.store.places import Place, places
from tui_mail.sync.folder_list import fetch_folder_list
from tui_mail.sync.imap import FolderCopy
from tui_mail.sync.replay import Replay


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody signs in."""

    server: Server
    username: str
    password: str

    async def enter(self) -> Session:
        """Return a session, signed in."""
        session = await Session.connect(self.server, None)
        await session.sign_in(self.username, self.password)
        return session


@dataclass(slots=True)
class Desk:
    """A signed-in session and the store that it serves."""

    database: Database
    account: int
    door: Door
    session: Session
    waits: list[float] = field(default_factory=list)
    """What replay waited for, in seconds; no time passes."""
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens while replay waits."""
    clock: float = 1_000_000.0
    """What replay takes for the time."""

    def replay(self) -> Replay:
        """Return a replay as after a start of the program."""
        return Replay(self.database, self.account, sleep=self._wait, now=lambda: self.clock)

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self.meanwhile is not None:
            await self.meanwhile()

    async def run(self, replay: Replay | None = None) -> int:
        """Carry out all that is due; return how many turns it took."""
        replay, turns = replay or self.replay(), 0
        while await replay.run_one(self.session) is not None:
            turns += 1
        return turns

    async def reconnect(self) -> None:
        """Begin a new session, as after a broken line."""
        self.session.abort()
        self.session = await self.door.enter()

    async def look(self, *names: str) -> None:
        """Bring the list of folders and these folders up to date."""
        await fetch_folder_list(self.database, self.session, self.account)
        for name in names:
            copy = FolderCopy(self.database, self.session, await self.folder(name))
            await copy.catch_up()
            while not copy.complete:
                await copy.fill()

    async def folder(self, name: str) -> FolderState:
        """Return the folder of this name, as it is called here."""
        states = await folders.states(self.database.lists, self.account)
        return next(state for state in states if state.name == name)

    async def places(self, name: str) -> list[Place]:
        """Return what is shown in a folder, the oldest first."""
        view = FolderView((await self.folder(name)).id)
        ids, _ = await entries(self.database.lists, view, None, 10_000)
        return await places(self.database.lists, sorted(ids), view)

    @asynccontextmanager
    async def command(self, sentence: str = "Did it") -> AsyncIterator[Command]:
        """Let the user do something."""
        async with self.database.intention() as tx:
            yield Command(tx, sentence, int(self.clock))

    async def states(self) -> list[OperationState]:
        """Return the state of each operation, oldest first."""
        rows = await self.database.lists.all("SELECT state FROM operation ORDER BY id")
        return [OperationState(state) for (state,) in rows]

    async def errors(self) -> list[str]:
        """Return what went wrong with each operation, oldest first."""
        rows = await self.database.lists.all("SELECT error FROM operation ORDER BY id")
        return [error for (error,) in rows]

    async def pretend_sent(self, ids: Sequence[int], **evidence: int) -> None:
        """Leave operations as a killed program leaves them that had just sent their command."""
        async with self.database.intention() as tx:
            await operations.start(tx, ids, evidence=evidence)

    async def on_server(self, name: bytes) -> dict[int, str]:
        """Return UID and Message-ID of all that the server has in a folder."""
        await self.session.select(name, read_only=True)
        fetched = await self.session.fetch_list("1:*", LIST_FIELDS)
        return {one.uid: summary(one.header or b"").message_id for one in fetched if one.uid}


def door_of(mailbox: Mailbox) -> Door:
    """Return the door of a user of the real server."""
    return Door(mailbox.server(Security.NONE), mailbox.username, mailbox.password)


async def put(tx: Transaction, command: Command, account: int, folder: int, raws: Sequence[bytes]) -> None:
    """Put letters from here into a folder."""
    ids: list[int] = []
    for raw in raws:
        name = raw.split(b"Message-ID: ", 1)[1].split(b"\r\n", 1)[0].decode()
        made = Arrival(
            0, 1_700_000_000, len(raw), Flag.SEEN, (), name, "", "", None, "", "", "", "", Mark.NONE, None
        )
        ids += await messages.add_made_here(tx, folder, [made])
        await bodies.put(tx, ids[-1], raw, keep=True)
    await command.append(account, folder, ids)


@asynccontextmanager
async def desk_at(door: Door, database: Database) -> AsyncIterator[Desk]:
    """Open a desk over an empty store."""
    account = (await accounts.register(database, [("test", "imap")]))["test"]
    desk = Desk(database, account, door, await door.enter())
    try:
        yield desk
    finally:
        desk.session.abort()
