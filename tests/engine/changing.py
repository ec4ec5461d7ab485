"""A program that changes mail as fast as it can while it syncs; a process of its own, to be killed.

Before each change it says "do" with a number, a subject and the state it wants, and "done" once the engine
has acknowledged it: `python -m tests.engine.changing HOME PORT USER PASSWORD SEED`.
"""

import asyncio
import sys
from pathlib import Path
from random import Random

from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.folder import FolderView, Role, RoleView
from tui_mail.model.message import Flag, Row

SUBJECT = "Ours"
"""How the subjects of the letters begin that it may touch."""


class Changer:
    """Random commands on the letters that are ours."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self._engine = engine
        self._chance = Random(seed)
        self._number = 0

    async def change(self) -> None:
        """Carry out one command, if there is a letter for it."""
        role = self._chance.choice((Role.INBOX, Role.ARCHIVE))
        ids, _ = await self._engine.reading.entries(RoleView(role), limit=1_000)
        rows = [
            r
            for r in await self._engine.reading.rows(RoleView(role), list(ids))
            if r.subject.startswith(SUBJECT)
        ]
        if not rows:
            return
        row = self._chance.choice(rows)
        if self._chance.random() < 0.5:
            await self._flag(row, role)
        else:
            await self._move(row, role)

    async def _flag(self, row: Row, role: Role) -> None:
        flag = self._chance.choice((Flag.SEEN, Flag.FLAGGED))
        self._say(row, role, row.flags ^ flag)
        change = {"remove": flag} if row.flags & flag else {"add": flag}
        await self._engine.acting.mark([row.id], FolderView(row.folder), **change)
        self._done()

    async def _move(self, row: Row, role: Role) -> None:
        self._say(row, Role.ARCHIVE if role is Role.INBOX else Role.INBOX, row.flags)
        acting, view = self._engine.acting, FolderView(row.folder)
        await (acting.archive([row.id], view) if role is Role.INBOX else acting.not_junk([row.id], view))
        self._done()

    def _say(self, row: Row, role: Role, flags: Flag) -> None:
        self._number += 1
        print(
            f"do {self._number} {row.subject}\t{role.name}\t{int(flags & (Flag.SEEN | Flag.FLAGGED))}",
            flush=True,
        )

    def _done(self) -> None:
        print(f"done {self._number}", flush=True)


async def main(root: str, port: str, user: str, password: str, seed: str) -> None:
    """Change mail until killed."""
    server = Server("127.0.0.1", int(port), Security.NONE)
    account = Account("test", f"{user}@example.org", "Test Person", server, user)
    engine = await Engine.start(Home.at(Path(root)), [account], Given({"test": password}))
    print("started", flush=True)
    changer = Changer(engine, int(seed))
    while True:
        await changer.change()
        await asyncio.sleep(0.002)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
