"""What a person opens: the last letter first, and no line held up by one that was left."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.engine.conftest import LIMIT, Stage
from tests.engine.test_large_letters import CHUNK, large
from tests.engine.test_lies import BODIES
from tests.servers.lies import Action, Change, GoOn, Hang, Pause, Rule
from tests.servers.lying import PASSWORD, LyingServer
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.demo.mailboxes import Content
from tui_mail.engine import Engine
from tui_mail.sync import opened

SIZE = 6 * CHUNK + 100


def raws() -> list[bytes]:
    """A large letter and two small ones, all old."""
    small = large(300).replace(b"Subject: Large", b"Subject: Small").replace(b"large@x", b"small@x")
    return [large(SIZE), small, small.replace(b"Small", b"Tiny").replace(b"small@x", b"tiny@x")]


class Reader:
    """A person with three letters that are not here yet."""

    def __init__(self, server: LyingServer, stage: Stage) -> None:
        self.server = server
        self.stage = stage
        self.asked = asyncio.Event()
        self.told: list[str] = []

    def on(self, wanted: bytes, *do: Action, times: int | None = 1) -> Rule:
        """Let the server do something when a body is asked for, and note that it was."""
        rule = Rule(wanted, (Change(lambda _: self.asked.set()), *do), times)
        self.server.rules.append(rule)
        return rule

    async def opens(self, subject: str) -> "asyncio.Task[None]":
        """Open a letter; done when it is here."""
        id = (await self.stage.row("INBOX", subject)).id

        async def come() -> None:
            async with asyncio.timeout(LIMIT):
                await self.stage.engine.acting.fetch_body(id)
            self.told.append(subject)

        return asyncio.create_task(come())

    async def until_asked(self) -> None:
        async with asyncio.timeout(LIMIT):
            await self.asked.wait()
        self.asked.clear()

    async def here(self, subject: str) -> bytes | None:
        return await self.stage.engine.reading.source((await self.stage.row("INBOX", subject)).id)

    @property
    def slices(self) -> list[int]:
        """Where the slices began that were asked for of the large letter."""
        said = self.server.transcript.heard()
        return [int(start) for start in re.findall(rb"FETCH 1 \(?.*BODY\.PEEK\[\]<(\d+)\.", said)]

    @property
    def sign_ins(self) -> int:
        return len(re.findall(rb"(?m)^\S+ (?:AUTHENTICATE|LOGIN) ", self.server.transcript.heard()))


@pytest.fixture
async def reader(home: Home) -> AsyncIterator[Reader]:
    """Serve an account whose letters come only when they are opened."""
    async with LyingServer() as server:
        for raw in raws():
            moment = datetime(2020, 5, 12, tzinfo=UTC)
            server.user.mailbox("INBOX").add(Content(lambda raw=raw: raw), moment, ())  # type: ignore[misc]
        account = replace(server.account(), keep_days=0)
        engine = await Engine.start(home, [account], Given({account.key: PASSWORD}), workers=False)
        try:
            await engine.sync_once()
            yield Reader(server, Stage(engine, account))
        finally:
            await engine.stop()


async def leave(opening: "asyncio.Task[None]") -> None:
    opening.cancel()
    with suppress(asyncio.CancelledError):
        await opening


async def test_a_large_letter_that_is_left_stops_between_slices_and_goes_on_from_there(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "OVERTAKEN", LIMIT)
    reader.on(rb"<0\.", GoOn())
    opening = await reader.opens("Large")
    await reader.until_asked()
    await leave(opening)
    before = reader.sign_ins
    await (await reader.opens("Small"))
    begun = reader.slices
    assert begun == [0, CHUNK]
    await (await reader.opens("Large"))
    assert reader.slices[len(begun) :] == [n * CHUNK for n in range(2, 7)]
    assert await reader.here("Large") == raws()[0]
    assert reader.sign_ins == before


async def test_the_letter_opened_last_comes_first(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "OVERTAKEN", LIMIT)
    reader.on(rb"<0\.", GoOn())
    openings = [await reader.opens("Large")]
    await reader.until_asked()
    openings += [await reader.opens(subject) for subject in ("Tiny", "Small")]
    await asyncio.gather(*openings)
    assert reader.told[-1] == "Large"
    assert set(reader.told) == {"Large", "Tiny", "Small"}
    assert sorted(reader.slices) == [n * CHUNK for n in range(7)]


async def test_a_letter_that_does_not_come_is_left_for_the_next(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "OVERTAKEN", 0.01)
    hangs = reader.on(BODIES, Hang())
    opening = await reader.opens("Small")
    await reader.until_asked()
    await leave(opening)
    await (await reader.opens("Tiny"))
    assert reader.server.fired[hangs] == 1
    assert await reader.here("Tiny") == raws()[2]
    assert await reader.here("Small") is None


async def test_a_letter_still_waited_for_comes_after_the_one_that_overtook_it(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "OVERTAKEN", 0.01)
    hangs = reader.on(BODIES, Hang())
    first = await reader.opens("Small")
    await reader.until_asked()
    await asyncio.gather(first, await reader.opens("Tiny"))
    assert reader.server.fired[hangs] == 1
    assert reader.told == ["Tiny", "Small"]


async def test_a_small_letter_that_is_left_and_opened_again_is_fetched_once(reader: Reader) -> None:
    rule = reader.on(BODIES, Pause(0.2), GoOn(), times=None)
    opening = await reader.opens("Small")
    await reader.until_asked()
    await leave(opening)
    await (await reader.opens("Small"))
    assert await reader.here("Small") == raws()[1]
    assert reader.server.fired[rule] == 1


async def test_a_line_is_not_closed_for_want_of_use_while_it_is_used(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "KEPT", 0.1)
    await (await reader.opens("Tiny"))
    rule = reader.on(BODIES, Pause(0.3), GoOn(), times=None)
    await (await reader.opens("Small"))
    assert reader.server.fired[rule] == 1
    assert await reader.here("Small") == raws()[1]
