"""A connection that breaks anywhere costs nothing: store and server end as if it had held.

A real Dovecot stands behind the fault proxy. An unbroken run says how many octets go each way; then the run
is cut after each of them in the long form (by a reset after every fourth), after every twentieth otherwise
(by a reset after every fortieth), the program connects again, and store and server are compared to the octet.
TLS would hide nothing from a cut, so the line is plain. A new kind of change joins in as one more entry of
`DEEDS`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.engine.conftest import LIMIT, Stage
from tests.engine.copies import Copy, held_here, held_there
from tests.report import Report
from tests.servers.faults import (
    Action,
    AfterBytes,
    BeforeLine,
    BeforePattern,
    Close,
    Direction,
    Fault,
    Hang,
    Replace,
    Reset,
)
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import FaultProxy
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.imap.command import Limits
from tui_mail.model.account import Security, Server
from tui_mail.model.message import Flag
from tui_mail.sync import replay, signin

UP, DOWN = Direction.UP, Direction.DOWN
STEPS = {Close: (20, 1), Reset: (40, 4)}
"""Octets between two cuts, in the short form and in the long one."""
LINES = 12
"""Lines between two hangs of the short form."""
FILL_PARTS, DEED_PARTS, HANG_PARTS = 60, 24, 8
"""Tests that share the points of the long form, so that each ends in good time."""
PATIENT = Limits(connect=10, silence=10, wall=20, farewell=10)
HASTY = Limits(connect=5, silence=0.3, wall=10, farewell=0.3)
"""A line that hangs is given up soon; on a busy machine a sound one might be too."""
AFTER_A_BREAK = 0.02
"""Seconds before a doubtful change is verified, on a server that is near and idle."""

Places = Counter[tuple[str, Flag, bytes | None]]
"""Folder, flags and octets of each message, UIDs apart."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Split the points of the long form into several tests."""
    if "points" in metafunc.fixturenames:
        cuts, deeds = ("action" in metafunc.fixturenames), ("name" in metafunc.fixturenames)
        parts = (DEED_PARTS if deeds else FILL_PARTS) if cuts else HANG_PARTS
        shares = [Points(part, parts) for part in range(parts)]
        metafunc.parametrize("points", shares if metafunc.config.getoption("--long") else [Points()], ids=str)


@dataclass(frozen=True, slots=True)
class Points:
    """Which of all places one test takes."""

    part: int = 0
    parts: int = 0
    """0: the short form."""

    def __str__(self) -> str:
        return f"{self.part + 1} of {self.parts}" if self.parts else "some"

    def octets(self, span: range, action: Action) -> range:
        """The octets to cut after."""
        short, long = STEPS[type(action)]
        if self.parts:
            return span[self.part * long :: self.parts * long]
        return span[::short]

    def lines(self, text: bytes) -> range:
        """The lines to hang before."""
        number = text.count(b"\n")
        lines = range(1, number + 1)
        return lines[self.part :: self.parts] if self.parts else lines[::LINES]


@pytest.fixture
async def proxy(mailbox: Mailbox) -> AsyncIterator[FaultProxy]:
    """The fault proxy before the plain port of Dovecot."""
    async with FaultProxy(mailbox.server(Security.NONE).port) as proxy:
        yield proxy


@pytest.fixture
def other(mailbox: Mailbox) -> Iterator[IMAPClient]:
    """Another client, past the proxy."""
    server = mailbox.server(Security.NONE)
    with IMAPClient(server.host, server.port, ssl=False) as client:
        client.login(mailbox.username, mailbox.password)
        yield client


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signin, "LIMITS", PATIENT)
    monkeypatch.setattr(replay, "SETTLE_WAIT", AFTER_A_BREAK)


@asynccontextmanager
async def engine_at(root: Path, mailbox: Mailbox, proxy: FaultProxy) -> AsyncIterator[Stage]:
    """An engine over a store in `root` that reaches the server through the proxy."""
    home = Home.at(root)
    home.prepare()
    account = replace(mailbox.account(), imap=Server(proxy.host, proxy.port, Security.NONE))
    engine = await Engine.start(home, [account], Given({account.key: mailbox.password}), workers=False)
    try:
        yield Stage(engine, account)
    finally:
        await engine.stop()


def letter(subject: str, number: int = 0) -> bytes:
    """A letter as short as one may be: each of its octets is a point to cut at."""
    head = f"From: ana@example.net\r\nMessage-ID: <{subject}{number}@x>\r\nSubject: {subject}\r\n"
    return f"{head}\r\nHi.\r\n".encode()


def furnish(mailbox: Mailbox, other: IMAPClient) -> None:
    """A small mailbox of several folders, with flags and a gap in the UIDs."""
    mailbox.fill("INBOX", [letter("First"), letter("Gone"), letter("Last")], flags="S")
    mailbox.fill("Work", [letter("At")], flags="F")
    other.select_folder("INBOX")
    other.delete_messages([2])
    other.expunge()
    other.add_flags([3], [b"\\Flagged", b"\\Answered"])
    other.unselect_folder()


async def run(stage: Stage, fault: Fault | None = None) -> bool:
    """Sync once, in bounded time; whether it went well. There is no patience only before what hangs."""
    signin.LIMITS = HASTY if fault is not None and isinstance(fault.action, Hang) else PATIENT
    async with asyncio.timeout(LIMIT):
        (report,) = await stage.engine.sync_once()
    if report.error is not None:
        assert stage.account.imap.host in report.error
        assert report.error.isprintable()
    return report.error is None


def places(copy: Copy) -> Places:
    return Counter((name, one.flags, one.raw) for name, held in copy.items() for one in held)


async def unbroken(proxy: FaultProxy, work: Callable[[], Awaitable[object]]) -> dict[Direction, bytes]:
    """What goes each way while the line holds."""
    before = len(proxy.records)
    await work()
    (record,) = proxy.records[before:]
    return {way: bytes(record.arrived[way]) for way in Direction}


CUTS = [(direction, action) for direction in (DOWN, UP) for action in (Close(), Reset())]
NAMES = [f"{action.__class__.__name__.lower()}, {direction.value}" for direction, action in CUTS]


@pytest.mark.parametrize(("direction", "action"), CUTS, ids=NAMES)
async def test_a_first_fill_that_is_cut_ends_as_if_it_had_not_been(
    direction: Direction,
    action: Action,
    points: Points,
    proxy: FaultProxy,
    mailbox: Mailbox,
    other: IMAPClient,
    tmp_path: Path,
    report: Report,
) -> None:
    furnish(mailbox, other)
    there = held_there(other)
    async with engine_at(tmp_path / "reference", mailbox, proxy) as stage:
        said = await unbroken(proxy, lambda: run(stage))
        assert await held_here(stage.engine) == there
    for point in points.octets(range(len(said[direction]) + 1), action):
        proxy.plan(fault := Fault(direction, AfterBytes(point), action))
        fell = await filled_in_spite_of(fault, tmp_path / f"at-{point}", mailbox, proxy, there)
        report.count(f"first fill, {name_of(action)} {direction.value}", points=1, fired=fell)
    assert held_there(other) == there
    assert proxy.fired_in_all > 0


@pytest.mark.parametrize("direction", [DOWN, UP], ids=["down", "up"])
async def test_a_first_fill_that_hangs_ends_as_if_it_had_not_hung(
    direction: Direction,
    points: Points,
    proxy: FaultProxy,
    mailbox: Mailbox,
    other: IMAPClient,
    tmp_path: Path,
    report: Report,
) -> None:
    furnish(mailbox, other)
    there = held_there(other)
    async with engine_at(tmp_path / "reference", mailbox, proxy) as stage:
        said = await unbroken(proxy, lambda: run(stage))
    lines = points.lines(said[direction])
    for line in lines:
        proxy.plan(fault := Fault(direction, BeforeLine(line), Hang()))
        fell = await filled_in_spite_of(fault, tmp_path / f"at-{line}", mailbox, proxy, there)
        report.count(f"first fill, hang {direction.value}", points=1, fired=fell)
    assert proxy.fired_in_all > 0 or not lines


async def filled_in_spite_of(
    fault: Fault, root: Path, mailbox: Mailbox, proxy: FaultProxy, there: Copy
) -> int:
    """Fill a store of its own over a line that breaks, and once more; how often the fault struck."""
    fired = proxy.fired_in_all
    async with engine_at(root, mailbox, proxy) as stage:
        await run(stage, fault)
        assert await run(stage)
        assert await held_here(stage.engine) == there, fault
    return proxy.fired_in_all - fired


# What a person does, and what the server holds when it has arrived there.


async def flag(stage: Stage) -> None:
    """Star a letter, or take its star."""
    row = await stage.row("INBOX", "First")
    flagged = bool(row.flags & Flag.FLAGGED)
    await stage.engine.acting.mark(
        [row.id],
        await stage.view("INBOX"),
        add=Flag.NONE if flagged else Flag.FLAGGED,
        remove=Flag.FLAGGED if flagged else Flag.NONE,
    )


async def move(stage: Stage) -> None:
    """Move a letter to another folder, or back from there."""
    here, target = await stage.folder("INBOX"), await stage.folder("Work")
    if "First" not in await stage.subjects(here.name):
        here, target = target, here
    row = await stage.row(here.name, "First")
    await stage.engine.acting.move([row.id], await stage.view(here.name), target.id)


async def expunge(stage: Stage) -> None:
    """Remove a letter for ever."""
    row = await stage.row("INBOX", "Unwanted")
    await stage.engine.acting.delete_forever([row.id], await stage.view("INBOX"))


@dataclass(frozen=True, slots=True)
class Deed:
    """A kind of change."""

    do: Callable[[Stage], Awaitable[None]]
    """Make the change here; once it is made, the next call makes another one."""
    uses_up: str = ""
    """The subject of a letter that is brought into the inbox before."""
    always: tuple[Fault, ...] = ()
    """What every connection meets."""


WITHOUT_MOVE = tuple(Fault(DOWN, BeforePattern(b" MOVE", nth), Replace(b" M0VE", 5)) for nth in range(1, 9))
"""The server's offer of MOVE is garbled wherever it is made."""
DEEDS = {
    "flags": Deed(flag),
    "move": Deed(move),
    "move by copying": Deed(move, always=WITHOUT_MOVE),
    "expunge": Deed(expunge, uses_up="Unwanted"),
}
_serial = count()


class Doing:
    """One deed, done again and again, each time over a line that breaks elsewhere."""

    def __init__(self, name: str, stage: Stage, proxy: FaultProxy, other: IMAPClient) -> None:
        self.deed = DEEDS[name]
        self._stage = stage
        self._proxy = proxy
        self._other = other

    async def unbroken(self) -> dict[Direction, bytes]:
        """What goes each way until the change is confirmed; what follows is an ordinary sync."""
        number = len(self._proxy.records)
        await self.done()
        arrived = self._proxy.records[number].arrived
        return {UP: arrived[UP].partition(b" LIST ")[0], DOWN: arrived[DOWN].partition(b"* LIST ")[0]}

    async def done(self, fault: Fault | None = None) -> int:
        """Do it, see it through, and compare; how often the fault struck."""
        if self.deed.uses_up:
            self._other.append("INBOX", letter(self.deed.uses_up, next(_serial)))
            assert await run(self._stage)
        before = places(await held_here(self._stage.engine))
        await self.deed.do(self._stage)
        wanted = places(await held_here(self._stage.engine))
        assert wanted != before
        if fault is not None:
            self._proxy.plan(fault)
        if not await run(self._stage, fault):
            assert await run(self._stage)
        there = held_there(self._other)
        self._other.unselect_folder()
        assert places(there) == wanted, fault
        assert await held_here(self._stage.engine) == there, fault
        assert await self._stage.engine.reading.waiting() == 0
        return self._proxy.fired[fault] if fault is not None else 0


@pytest.mark.parametrize(("direction", "action"), CUTS, ids=NAMES)
@pytest.mark.parametrize("name", DEEDS)
async def test_a_change_that_is_cut_reaches_the_server_exactly_once(
    name: str,
    direction: Direction,
    action: Action,
    points: Points,
    proxy: FaultProxy,
    mailbox: Mailbox,
    other: IMAPClient,
    tmp_path: Path,
    report: Report,
) -> None:
    furnish(mailbox, other)
    proxy.always = DEEDS[name].always
    fired = 0
    async with engine_at(tmp_path / "store", mailbox, proxy) as stage:
        assert await run(stage)
        doing = Doing(name, stage, proxy, other)
        said = await doing.unbroken()
        for point in points.octets(range(len(said[direction]) + 3), action):
            struck = await doing.done(Fault(direction, AfterBytes(point), action))
            fired += struck
            report.count(f"{name}, {name_of(action)} {direction.value}", points=1, fired=struck)
    assert fired > 0


@pytest.mark.parametrize("direction", [DOWN, UP], ids=["down", "up"])
@pytest.mark.parametrize("name", DEEDS)
async def test_a_change_whose_line_hangs_reaches_the_server_exactly_once(
    name: str,
    direction: Direction,
    points: Points,
    proxy: FaultProxy,
    mailbox: Mailbox,
    other: IMAPClient,
    tmp_path: Path,
    report: Report,
) -> None:
    furnish(mailbox, other)
    proxy.always = DEEDS[name].always
    fired = 0
    async with engine_at(tmp_path / "store", mailbox, proxy) as stage:
        assert await run(stage)
        doing = Doing(name, stage, proxy, other)
        said = await doing.unbroken()
        lines = points.lines(said[direction])
        for line in lines:
            struck = await doing.done(Fault(direction, BeforeLine(line), Hang()))
            fired += struck
            report.count(f"{name}, hang {direction.value}", points=1, fired=struck)
    assert fired > 0 or not lines


def name_of(action: Action) -> str:
    return type(action).__name__.lower()
