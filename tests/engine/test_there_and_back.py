"""Letters that go to a folder and back before any server hears of it: each stay there has its own UID."""

from collections.abc import AsyncIterator

import pytest

from tests.engine.conftest import Stage, letter
from tests.engine.copies import differences, held_by, held_here
from tests.servers.lying import PASSWORD, LyingServer
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.message import Flag
from tui_mail.sync import replay

SERVERS = {"all": (), "no COPYUID, no MOVE": ("UIDPLUS", "MOVE"), "no CONDSTORE": ("ENABLE", "CONDSTORE")}


@pytest.fixture(params=SERVERS.values(), ids=SERVERS.keys())
async def server(request: pytest.FixtureRequest) -> AsyncIterator[LyingServer]:
    async with LyingServer(without=request.param) as server:
        server.user.create("Archive", "\\Archive")
        for subject in ("traveller", "companion"):
            server.deliver(letter(subject))
        yield server


@pytest.fixture
async def stage(home: Home, server: LyingServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(replay, "SETTLE_WAIT", 0.0)
    account = server.account()
    engine = await Engine.start(home, [account], Given({account.key: PASSWORD}), workers=False)
    stage = Stage(engine, account)
    await engine.sync_once()
    yield stage
    await engine.stop()


@pytest.mark.parametrize("turns", [1, 2, 3])
async def test_what_is_done_at_each_stay_reaches_the_letter_that_was_there(
    stage: Stage, server: LyingServer, turns: int
) -> None:
    row = await stage.row("INBOX", "traveller")
    for turn in range(turns):
        await stage.engine.acting.archive([row.id], await stage.view("INBOX"))
        await turned(stage, row.id, "Archive", Flag.FLAGGED, on=turn % 2 == 0)
        await stage.engine.acting.not_junk([row.id], await stage.view("Archive"))
        await turned(stage, row.id, "INBOX", Flag.SEEN, on=turn % 2 == 0)
    await stage.engine.acting.archive([row.id], await stage.view("INBOX"))
    await turned(stage, row.id, "Archive", Flag.ANSWERED, on=True)
    for _ in range(2):
        (done,) = await stage.engine.sync_once()
        assert done.error is None
    assert await stage.engine.reading.waiting() == 0
    there = [row for row in await stage.rows("Archive") if not row.flags & Flag.DELETED]
    odd = Flag.FLAGGED | Flag.SEEN if turns % 2 else Flag.NONE
    assert [(row.id, row.flags) for row in there] == [(row.id, odd | Flag.ANSWERED)]
    differ = differences(await held_here(stage.engine), held_by(server.user))
    assert [one for one in differ if not one[2] & Flag.DELETED] == []


async def turned(stage: Stage, message: int, folder: str, flag: Flag, *, on: bool) -> None:
    """Set or clear a flag of a letter in a folder."""
    change = {"add": flag} if on else {"remove": flag}
    await stage.engine.acting.mark([message], await stage.view(folder), **change)
