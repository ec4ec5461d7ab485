"""A database with damaged pages: said in words, rebuilt on request, changes kept, the rest fetched again."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.engine.conftest import Stage, letter
from tests.engine.copies import held_by, held_here
from tests.report import Report
from tests.servers.lying import PASSWORD, LyingServer
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.engine.repairing import mend
from tui_mail.model.errors import MailError, StoreBusy
from tui_mail.model.message import Flag
from tui_mail.store import spare
from tui_mail.sync import replay

PAGE = 8192
Start = Callable[..., Coroutine[Any, Any, Stage]]


@pytest.fixture
async def server() -> AsyncIterator[LyingServer]:
    """A server with letters of all sizes in two folders."""
    chance = Random(3)
    async with LyingServer() as server:
        for n in range(120):
            text = "".join(chance.choices("abcdefghij \n", k=chance.randint(10, 20_000)))
            server.deliver(letter(f"number {n}", text=text), chance.choice(("INBOX", "Work")))
        server.user.create("Archive", "\\Archive")
        yield server


@pytest.fixture
async def start(home: Home, server: LyingServer) -> AsyncIterator[Start]:
    """Start engines for the server's user."""
    running: list[Engine] = []

    async def begin(**options: bool) -> Stage:
        account = server.account()
        engine = await Engine.start(home, [account], Given({account.key: PASSWORD}), **options)
        running.append(engine)
        return Stage(engine, account)

    yield begin
    for engine in running:
        await engine.stop()


async def filled(start: Start) -> None:
    """Leave a complete copy behind, with changes that no server has heard of."""
    stage = await start(workers=False)
    await stage.engine.sync_once()
    rows = await stage.rows("INBOX")
    acting = stage.engine.acting
    await acting.mark([row.id for row in rows[:9]], None, add=Flag.FLAGGED)
    await acting.archive([row.id for row in rows[9:15]], None)
    await acting.delete_forever([rows[20].id], None)
    await stage.engine.stop()


def flip(data: bytearray, at: int, chance: Random) -> None:
    for _ in range(20):
        data[at + chance.randrange(PAGE)] ^= 1 << chance.randrange(8)


def zero(data: bytearray, at: int, _: Random) -> None:
    data[at : at + PAGE] = bytes(PAGE)


def scramble(data: bytearray, at: int, chance: Random) -> None:
    data[at : at + PAGE] = chance.randbytes(PAGE)


def truncate(data: bytearray, at: int, _: Random) -> None:
    del data[at + PAGE // 2 :]


KINDS = (flip, zero, scramble, truncate)


def damage(path: Path, seed: int) -> str:
    """Damage a few pages; return the kind of damage."""
    chance = Random(seed)
    kind = KINDS[seed % len(KINDS)]
    data = bytearray(path.read_bytes())
    for _ in range(1 if kind is truncate else chance.randint(1, 6)):
        kind(data, chance.randrange(len(data) // PAGE) * PAGE, chance)
    path.write_bytes(data)
    return kind.__name__


async def noticed(home: Home, start: Start) -> bool:
    """Use a database as usual; tell whether a sentence about damage came of it."""
    try:
        stage = await start(online=False)
        for folder in await stage.engine.reading.folders():
            for row in await stage.rows(folder.name):
                await stage.engine.reading.source(row.id)
        await stage.engine.stop()
    except MailError:
        return True
    return False


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(50 if metafunc.config.getoption("--long") else 8))


async def test_a_damaged_database_is_rebuilt_and_nothing_is_lost(
    home: Home,
    server: LyingServer,
    start: Start,
    seed: int,
    report: Report,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay, "SETTLE_WAIT", 0.0)
    await filled(start)
    there = server.user.mailbox("INBOX")
    subjects = {uid: stored.content.raw for uid, stored in there.messages.items()}
    kind = damage(home.database, seed)
    seen = await noticed(home, start)
    told = await mend(home)
    rebuilt = "sound" not in told[0]
    assert rebuilt or "fetched again" in told[0] or not seen
    if rebuilt:
        assert [path for path in home.data_dir.iterdir() if ".damaged-" in path.name]
    with closing(sqlite3.connect(home.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    stage = await start(workers=False)
    (done,) = await stage.engine.sync_once()
    assert done.error is None
    assert await stage.engine.reading.waiting() == 0
    (again,) = await stage.engine.sync_once()
    assert again.error is None
    flagged = sum("\\Flagged" in stored.flags for stored in there.messages.values())
    lost = (
        (9 - flagged)
        + (6 - len(server.user.mailbox("Archive").messages))
        + (len(there.messages) - len(subjects) + 7)
    )
    report.count(
        "Damaged databases", databases=1, **{kind: 1}, noticed_in_use=seen, rebuilt=rebuilt, changes_lost=lost
    )
    assert lost == 0
    if rebuilt:
        assert await held_here(stage.engine) == held_by(server.user)


async def test_the_spare_copy_holds_what_waits_and_goes_when_nothing_does(
    home: Home, server: LyingServer, start: Start
) -> None:
    await filled(start)
    kinds = [one.columns["kind"] for one in spare.read(home.database)]
    assert kinds == ["flags", "move", "expunge"]
    assert spare.place(home.database).stat().st_mode & 0o777 == 0o600
    stage = await start(workers=False)
    await stage.engine.sync_once()
    await stage.engine.stop()
    assert not spare.place(home.database).exists()


async def test_changes_are_kept_when_nothing_of_the_database_can_be_read(
    home: Home, server: LyingServer, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "SETTLE_WAIT", 0.0)
    await filled(start)
    home.database.write_bytes(Random(1).randbytes(PAGE * 40))
    assert await noticed(home, start)
    await mend(home)
    stage = await start(workers=False)
    await stage.engine.sync_once()
    await stage.engine.sync_once()
    assert len(server.user.mailbox("Archive").messages) == 6
    assert await held_here(stage.engine) == held_by(server.user)


async def test_a_database_in_use_is_not_rebuilt(home: Home, server: LyingServer, start: Start) -> None:
    await start(workers=False)
    with pytest.raises(StoreBusy):
        await mend(home)


async def test_a_sound_database_is_left_alone(home: Home, server: LyingServer, start: Start) -> None:
    await filled(start)
    before = home.database.read_bytes()
    assert "sound" in (await mend(home))[0]
    assert home.database.read_bytes() == before
