"""A program that carries out an operation and is killed at a point of it: run as a process of its own.

It reads one trial a line from its input, forks for it, and tells the status with which the child ended. The
child lives in a process of its own and dies by SIGKILL: nothing of it is closed, flushed or rolled back.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from tests.sync.desk import put
from tui_mail.imap.connection import Connection
from tui_mail.imap.responses import Status
from tui_mail.imap.session import Session
from tui_mail.model.account import Security, Server
from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange, FolderAction, FolderChange
from tui_mail.store import folders, operations
from tui_mail.store.database import Database, Transaction
from tui_mail.store.effects import Command
from tui_mail.store.folders import ListedName
from tui_mail.store.places import places
from tui_mail.sync.replay import Replay


def die() -> None:
    """End at once, as by a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly:
    """A transport that is the last thing its program uses, once the command comes that it waits for."""

    def __init__(self, line: Connection, command: bytes, point: str) -> None:
        self._line = line
        self._transport = line.transport
        self._command = command
        self._point = point
        self._tag = b""
        self._answered = line._finish
        line._finish = self._finish  # type: ignore[method-assign]
        line._transport = cast(asyncio.Transport, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write, and die before, amid or after it."""
        if self._command not in data[:40]:
            self._transport.write(data)
            return
        self._tag = data.split(b" ", 1)[0]
        if self._point == "before":
            die()
        if self._point in ("mid-command", "mid-literal"):
            literal = data.find(b"}\r\n") + 3
            end = (literal + len(data)) // 2 if self._point == "mid-literal" else min(len(data), 60) // 2
            self._transport.write(data[:end])
            die()
        self._transport.write(data)
        if self._point == "written":
            die()

    def _finish(self, reply: Status) -> None:
        if self._point == "answered" and reply.tag == self._tag:
            die()
        self._answered(reply)


async def act(tx: Transaction, trial: Mapping[str, Any]) -> None:
    """Do what the user does, and have it on the disk."""
    command = Command(tx, "Tried", 0)
    account, target = trial["account"], trial["target"]
    found = [one for one in await places(tx, trial["ids"], None) if one.folder == trial["source"]]
    change = trial.get("change", {})
    match trial["kind"]:
        case "flags":
            await command.flag(account, found, FlagChange(Flag.SEEN | Flag.FLAGGED))
        case "keywords":
            await command.flag(account, found, FlagChange(add_keywords=("todo",)))
        case "move" | "move by steps":
            await command.move(account, target, found)
        case "copy":
            await command.copy(account, target, found)
        case "expunge":
            await command.expunge(account, found)
        case "append":
            raws = [text.encode() for text in trial["raws"]]
            await put(tx, command, account, target, raws)
        case "create":
            name = change["name"]
            folder = await folders.insert(tx, account, ListedName(name.encode(), name, "/", frozenset(), 0))
            await command.folder(account, folder, FolderChange(FolderAction.CREATE, name.encode(), name, "/"))
        case "rename":
            before, after = change["name"], change["to"]
            renamed = FolderChange(
                FolderAction.RENAME, before.encode(), before, "/", 0, after.encode(), after
            )
            await command.folder(account, change["id"], renamed)
        case "delete":
            name = change["name"]
            deleted = FolderChange(FolderAction.DELETE, name.encode(), name, "/")
            await command.folder(account, change["id"], deleted)


def switch_off(guard: str) -> None:
    """Leave out what keeps an operation from being done twice, to see that it is needed."""
    start = operations.start

    async def blind(tx: Transaction, ids: list[int], **facts: Any) -> None:
        if guard == "evidence":
            await start(tx, ids, **facts | {"evidence": {}})

    if guard:
        operations.start = blind  # type: ignore[assignment]


async def live(trial: Mapping[str, Any]) -> None:
    """Act, carry it out, and die on the way."""
    switch_off(trial["without_guard"])
    database = await Database.open(Path(trial["path"]))
    async with database.intention() as tx:
        await act(tx, trial)
    if trial["point"] == "acted":
        die()
    session = await Session.connect(Server("127.0.0.1", trial["port"], Security.NONE), None)
    await session.sign_in(trial["user"], trial["password"])
    session.capabilities -= frozenset(trial["without"])
    Deadly(session._line, trial["command"].encode(), trial["point"])
    replay = Replay(database, trial["account"])
    while await replay.run_one(session):
        pass
    await database.close()
    session.abort()


def main() -> None:
    """Fork for each trial and tell how it ended: -9 where it was killed, 0 where it came to its end."""
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(live(json.loads(line)))
                os._exit(0)
            except BaseException as error:  # noqa: BLE001 – told to the one who asked, whatever it is
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
