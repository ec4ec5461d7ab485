"""A program killed at any moment loses nothing that it confirmed."""

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

WORKS = """
import asyncio, sys
from pathlib import Path
from tests.store.rows import arrival, give_body, make_home
from tui_mail.model.folder import FolderView
from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange
from tui_mail.store import accounts, folders, messages, operations
from tui_mail.store.database import Database
from tui_mail.store.effects import Command
from tui_mail.store.places import places

def say(*words):
    print(*words, flush=True)

async def work(database, home, start):
    for n in range(start, start + 1_000_000):
        say("fetching", n)
        async with database.cache() as tx:
            ids = await messages.add(tx, home.inbox, 7, [arrival(n * 50 + i) for i in range(1, 51)])
            await folders.set_cursor(tx, home.inbox, uidnext=n * 50 + 51)
        say("fetched", n)
        async with database.cache() as tx:
            await give_body(tx, ids[0], b"body %d " % n * 2000)
        for kind in ("flag", "move", "expunge"):
            say("acting", n, kind)
            async with database.intention() as tx:
                found = await places(tx, ids[:3], None)
                command = Command(tx, "", 0)
                if kind == "flag":
                    await command.flag(home.account, found, FlagChange(Flag.SEEN))
                elif kind == "move":
                    await command.move(home.account, home.archive, found)
                else:
                    await command.expunge(home.account, found[:1])
            say("acted", n, kind, command.operations[0])

async def main():
    database = await Database.open(Path(sys.argv[1]))
    try:
        await work(database, await make_home(database), int(sys.argv[2]))
    finally:
        await database.close()

asyncio.run(main())
"""


def work_and_die(path: Path, start: int, after: int) -> list[list[str]]:
    """Let another process work and kill it some time after its line number `after`; return its lines."""
    command = [sys.executable, "-c", WORKS, str(path), str(start)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        assert process.stderr.read() == ""
    return [line.split() for line in lines if line.endswith("\n")]


def check(path: Path, lines: list[list[str]]) -> int:
    """Check that what `lines` confirm is there and whole; return the number of the last batch there."""
    with closing(sqlite3.connect(path)) as store:

        def number(sql: str, *params: object) -> int:
            return int(store.execute(sql, params).fetchone()[0])

        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert store.execute("PRAGMA foreign_key_check").fetchall() == []
        for word, n, *rest in lines:
            if word == "fetched":
                assert number("SELECT uidnext FROM folder WHERE role = 1") >= int(n) * 50 + 51
            elif word == "acted":
                assert number("SELECT count(*) FROM operation WHERE id = ?", rest[1]) == 1
                items = 1 if rest[0] == "expunge" else 3
                assert number("SELECT count(*) FROM operation_item WHERE operation = ?", rest[1]) == items
        moves = number("SELECT count(*) FROM operation WHERE kind = 'move'")
        expunges = number("SELECT count(*) FROM operation WHERE kind = 'expunge'")
        last = number("SELECT uidnext FROM folder WHERE role = 1") // 50
        archived = number("SELECT count(*) FROM place p JOIN folder f ON f.id = p.folder WHERE f.role = 4")
        assert number("SELECT count(*) FROM place") == last * 50 - expunges
        assert archived == moves * 3 - expunges
        assert (
            number(
                "SELECT count(*) FROM folder WHERE (total, unread) <>"
                " (SELECT count(*), coalesce(sum(flags & 1 = 0), 0) FROM place WHERE folder = folder.id)"
            )
            == 0
        )
    return last


def test_a_program_killed_amid_its_work_loses_nothing_that_it_confirmed(path: Path, long_form: bool):
    dice = random.Random(2026)
    kills = 300 if long_form else 20
    start = amid = confirmed = 0
    for _ in range(kills):
        lines = work_and_die(path, start, dice.randrange(1, 60))
        amid += lines[-1][0] in ("fetching", "acting")
        confirmed += sum(line[0] in ("fetched", "acted") for line in lines)
        start = check(path, lines)
    print(f"{kills} kills, {amid} of them amid a transaction; {confirmed} transactions confirmed, none lost")
    assert amid > 0
