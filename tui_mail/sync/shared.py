"""What the connections of one account share."""

import asyncio
from dataclasses import dataclass, field

from tui_mail.model.account import Account
from tui_mail.model.folder import Role
from tui_mail.model.sync import Line, Task, Traffic
from tui_mail.store import bodies, folders, keeping, traffic
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState
from tui_mail.sync.agenda import Agenda
from tui_mail.sync.connections import Connections
from tui_mail.sync.status import StatusBoard


@dataclass(slots=True)
class Shared:
    """One account in the hands of its connections."""

    id: int
    """`account.id` in the store."""
    account: Account
    database: Database
    board: StatusBoard
    connections: Connections
    disk_limit: int
    """Octets that cached bodies may take; 0 = any number."""
    agenda: Agenda = field(default_factory=Agenda)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is something to do."""
    listening: bool = False
    """Whether a connection of its own listens to the inbox."""
    recorded: Traffic = field(default_factory=Traffic)
    """What of the traffic is in the store already."""

    def want(self, folder: int) -> None:
        """Say that something happened in a folder."""
        self.agenda.want(folder)
        self.wake.set()

    def does(self, line: Line, task: Task, folder: int | None = None) -> None:
        """Say what a connection does from now on."""
        self.board.does(self.id, line, task, folder)

    async def record_traffic(self) -> None:
        """Add what went over the wire since the last time to this day's sum."""
        now = self.connections.traffic
        new = now - self.recorded
        if new != Traffic():
            self.recorded = now
            async with self.database.cache() as tx:
                await traffic.add(tx, self.id, traffic.today(), new)

    async def wanted_since(self) -> int:
        """Return the moment from which on bodies are fetched before they are opened."""
        floor = await keeping.floor(self.database.lists, self.disk_limit)
        return max(bodies.wanted_since(self.account.keep_days), floor << 20)

    async def states(self) -> list[FolderState]:
        """Return the account's folders with their cursors."""
        return await folders.states(self.database.lists, self.id)

    async def inbox(self) -> FolderState | None:
        """Return the inbox; None before the first list of folders."""
        return next((state for state in await self.states() if state.role is Role.INBOX), None)
