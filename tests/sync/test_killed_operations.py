"""Operations whose program is killed at every point of them: nothing is lost, and nothing happens twice.

The program is a process of its own, ended by SIGKILL (see dying.py); then another one takes its store over
and carries out what is left, against the same real server.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.engine.conftest import letter
from tests.report import Report
from tests.servers.mailbox import Mailbox
from tests.sync.desk import Desk, desk_at, door_of
from tui_mail.imap.responses import SUBSCRIBED
from tui_mail.model.operation import OperationState
from tui_mail.store import operations
from tui_mail.store.database import Database

ROOT = Path(__file__).parents[2]
POINTS = ("acted", "before", "mid-command", "written", "answered")
KINDS: dict[str, tuple[str, ...]] = {
    "flags": ("UID STORE",),
    "keywords": ("UID STORE",),
    "move": ("UID MOVE",),
    "move by steps": ("UID COPY", "UID STORE", "UID EXPUNGE"),
    "copy": ("UID COPY",),
    "expunge": ("UID STORE", "UID EXPUNGE"),
    "append": ("APPEND",),
    "create": ("CREATE", "SUBSCRIBE"),
    "rename": ("RENAME", "SUBSCRIBE", "UNSUBSCRIBE"),
    "delete": ("DELETE", "UNSUBSCRIBE"),
}
"""The commands of each kind that its program dies at."""
FOLDERS = ("create", "rename", "delete")
LEAVING = ("move", "move by steps", "expunge")
ROUND = 50
"""Trials of one test in the long form; more than there are points of any kind."""
TOGETHER = 2
"""Letters of one operation."""
LOGIN = re.compile(r"Login: user=<([^>]*)>.* mpid=(\d+)")


def points(kind: str) -> list[tuple[str, str]]:
    """Return every (command, point) of a kind."""
    more = ("mid-literal",) if kind == "append" else ()
    first, *others = KINDS[kind]
    return [(first, point) for point in (*POINTS, *more)] + [
        (command, point) for command in others for point in POINTS[1:]
    ]


@dataclass
class Table:
    """What came of the trials of a kind."""

    trials: int = 0
    fired: Counter[tuple[str, str]] = field(default_factory=Counter)
    duplicates: int = 0
    lost: int = 0


class Program:
    """The process that forks for each trial."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.dying"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def run(self, trial: dict[str, object]) -> bool:
        """Carry out a trial; return whether its program was killed. It must not fail otherwise."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(trial) + "\n")
        self._process.stdin.flush()
        status = self._answer()
        if status not in ("-9", "0"):
            self.end()
            raise AssertionError(f"the program ended with {status}: {self.told}")
        return status == "-9"

    def end(self) -> None:
        """End the process."""
        _, self.told = self._process.communicate()


@pytest.fixture
def program() -> Iterator[Program]:
    program = Program()
    yield program
    program.end()


@dataclass(frozen=True)
class Letter:
    """One letter of the inbox."""

    id: int
    uid: int
    message_id: str


@dataclass
class Scene:
    """A mailbox and a store, and the trials made with them."""

    desk: Desk
    mailbox: Mailbox
    path: Path
    program: Program
    kind: str
    letters: list[Letter]
    table: Table = field(default_factory=Table)
    own: set[int] = field(default_factory=set)
    """Processes of the server that serve this side."""

    async def trial(self, command: str, point: str, *, guard: str = "") -> None:
        """Let the program act and die, take over, and look what the server has."""
        number = self.table.trials
        self.table.trials += 1
        letters = self.letters[number * TOGETHER :][:TOGETHER]
        puts = [letter(f"Put {self.kind} {number} {n}") for n in range(TOGETHER)]
        trial = await self._facts(number, letters, puts)
        trial |= {"command": command, "point": point, "without_guard": guard}
        self.table.fired[command, point] += await asyncio.to_thread(self.program.run, trial)
        await self.desk.run()
        assert not {OperationState.RUNNING, OperationState.PENDING} & set(await self.desk.states())
        if self.kind in FOLDERS:
            await self._judge_folders(number)
        elif self.kind in ("flags", "keywords"):
            await self._judge_flags(letters)
        else:
            names = [named(raw) for raw in puts] if self.kind == "append" else [n.message_id for n in letters]
            await self._judge_letters(names)

    async def _facts(self, number: int, letters: list[Letter], puts: list[bytes]) -> dict[str, object]:
        desk, mailbox = self.desk, self.mailbox
        change: dict[str, object] = {"name": f"Made {number}", "to": f"Called {number}"}
        if self.kind in ("rename", "delete"):
            await desk.session.create(f"Made {number}".encode())
            await desk.session.subscribe(f"Made {number}".encode())
            await desk.look()
            change["id"] = (await desk.folder(f"Made {number}")).id
        return {
            "kind": self.kind,
            "path": str(self.path),
            "account": desk.account,
            "source": (await desk.folder("INBOX")).id,
            "target": (await desk.folder("Target")).id,
            "ids": [one.id for one in letters],
            "raws": [raw.decode() for raw in puts],
            "change": change,
            "port": mailbox.dovecot.imap_plain,
            "user": mailbox.username,
            "password": mailbox.password,
            "without": ["MOVE"] if self.kind == "move by steps" else [],
        }

    async def _judge_letters(self, names: list[str]) -> None:
        """Count each letter in the folders where it should be, and where it should not."""
        for folder, wanted in ((b"INBOX", self.kind == "copy"), (b"Target", self.kind != "expunge")):
            await self.desk.session.select(folder, read_only=True)
            for name in names:
                found = len(await self.desk.session.search(f'HEADER Message-ID "{name}"'))
                self.table.duplicates += max(0, found - 1)
                self.table.lost += (found > 0) != wanted

    async def _judge_flags(self, letters: list[Letter]) -> None:
        await self.desk.session.select(b"INBOX", read_only=True)
        there = await self.desk.session.search("SEEN FLAGGED" if self.kind == "flags" else "KEYWORD todo")
        self.table.lost += len({one.uid for one in letters} - set(there))

    async def _judge_folders(self, number: int) -> None:
        listed = await self.desk.session.list_folders()
        names = {one.name.decode() for one in listed}
        subscribed = {one.name.decode() for one in listed if SUBSCRIBED in one.attributes}
        wanted = {"create": f"Made {number}", "rename": f"Called {number}", "delete": "Target"}[self.kind]
        self.table.lost += wanted not in subscribed
        self.table.duplicates += self.kind != "create" and f"Made {number}" in names

    async def check(self) -> None:
        """Nothing but the trials' letters was touched, and the store knows what the server has."""
        await self.desk.look("INBOX", "Target")
        for name in ("INBOX", "Target"):
            there, here = await self.desk.on_server(name.encode()), await self.desk.places(name)
            assert sorted(there) == sorted(place.uid or 0 for place in here)
        touched = self.table.trials * TOGETHER if self.kind in LEAVING else 0
        assert len(await self.desk.places("INBOX")) == len(self.letters) - touched

    async def dead_have_finished(self) -> None:
        """Return when the server has ended every session but this side's."""
        await asyncio.to_thread(self._outlive)

    def _outlive(self) -> None:
        while any(Path(f"/proc/{pid}").exists() for pid in self.sessions() - self.own):
            time.sleep(0.002)

    def sessions(self) -> set[int]:
        """Return the processes that served the user until now."""
        mailbox = self.mailbox
        return {int(pid) for user, pid in LOGIN.findall(mailbox.dovecot.log()) if user == mailbox.username}


def named(raw: bytes) -> str:
    """Return the Message-ID of a letter."""
    return raw.split(b"Message-ID: ", 1)[1].split(b"\r\n", 1)[0].decode()


@asynccontextmanager
async def scene_of(
    kind: str, trials: int, mailbox: Mailbox, program: Program, folder: Path
) -> AsyncIterator[Scene]:
    """Open a scene with letters enough for so many trials, and one more."""
    raws = [letter(f"Letter {n}") for n in range(trials * TOGETHER + 1)]
    mailbox.fill("INBOX", raws)
    mailbox.fill("Target", [])
    path = folder / f"{kind.replace(' ', '-')}.db"
    database = await Database.open(path)
    try:
        async with desk_at(door_of(mailbox), database) as desk:
            await desk.session.subscribe(b"Target")
            await desk.look("INBOX", "Target")
            places = await desk.places("INBOX")
            looks = await operations.identities(database.lists, [place.message for place in places])
            letters = [Letter(p.message, p.uid or 0, looks[p.message].message_id) for p in places]
            scene = Scene(desk, mailbox, path, program, kind, letters)
            scene.own = scene.sessions()
            desk.meanwhile = scene.dead_have_finished
            yield scene
    finally:
        await database.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make each test of a kind a round of trials; the long form has so many that there are 400 of a kind."""
    if "first" in metafunc.fixturenames:
        rounds = range(0, 400, ROUND) if metafunc.config.getoption("--long") else (0,)
        metafunc.parametrize("first", rounds)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_operation_killed_at_any_point_happens_exactly_once(
    kind: str,
    first: int,
    mailbox: Mailbox,
    program: Program,
    tmp_path: Path,
    long_form: bool,
    report: Report,
) -> None:
    where = points(kind)
    trials = ROUND if long_form else 2 * len(where)
    async with scene_of(kind, trials, mailbox, program, tmp_path) as scene:
        for number in range(first, first + trials):
            await scene.trial(*where[number % len(where)])
        await scene.check()
    table = scene.table
    report.count(
        f"Operations killed: {kind}",
        trials=table.trials,
        killed=table.fired.total(),
        duplicates=table.duplicates,
        lost=table.lost,
    )
    assert all(table.fired[one] for one in where)
    assert (table.duplicates, table.lost) == (0, 0)


@pytest.mark.parametrize("guard", ["journal", "evidence"])
@pytest.mark.parametrize("kind", ["copy", "append"])
async def test_without_a_guard_some_operations_would_happen_twice(
    kind: str, guard: str, mailbox: Mailbox, program: Program, tmp_path: Path
) -> None:
    async with scene_of(kind, 1, mailbox, program, tmp_path) as scene:
        await scene.trial(KINDS[kind][0], "answered", guard=guard)
    assert scene.table.duplicates > 0
