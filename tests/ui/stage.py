"""A screen on a filled store, with words for what tests ask of it; nothing in it knows a server."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.ui.letters import HOME, WORK, Letter, arrival, put_body, start
from tui_mail.engine import Engine
from tui_mail.model.event import MailArrived
from tui_mail.model.folder import Folder, Role
from tui_mail.model.message import Row
from tui_mail.model.settings import Settings
from tui_mail.store import messages
from tui_mail.ui.app import MailApp
from tui_mail.ui.screens.main import MainScreen

LOOKS = 400
"""How often a condition is looked at before its test fails."""


class Stage:
    """The app under Pilot."""

    def __init__(self, pilot: Pilot[Any], engine: Engine, saved: dict[str, object]) -> None:
        self.pilot = pilot
        self.engine = engine
        self.saved = saved
        """The settings that the screen saved."""

    @property
    def app(self) -> MailApp:
        app = self.pilot.app
        assert isinstance(app, MailApp)
        return app

    @property
    def main(self) -> MainScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MainScreen))

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for a condition."""
        for _ in range(LOOKS):
            if condition():
                return
            await self.pilot.pause(0.005)
        raise AssertionError(what or "the condition never came true")

    async def press(self, *keys: str) -> None:
        """Press keys, and let what they set off come to rest."""
        await self.pilot.press(*keys)
        await self.pilot.pause()
        await self.until(lambda: not self.main._conductor.busy or self.app.screen is not self.main)

    @property
    def row(self) -> Row:
        """The row under the cursor."""
        id = self.main.messages.cursor_id
        assert id is not None
        row = self.main.messages.row_of(id)
        assert row is not None
        return row

    @property
    def subject(self) -> str:
        """What the message under the cursor is about."""
        return self.row.subject

    def line(self, y: int) -> str:
        """What stands on a line of the terminal."""
        return self.text().splitlines()[y]

    def text(self) -> str:
        """What stands on the terminal."""
        return "\n".join(
            "".join(segment.text for segment in strip)
            for strip in self.app.screen._compositor.render_strips()
        )

    async def folder(self, key: str, role: Role) -> Folder:
        """Return a folder of an account."""
        accounts = {entry.key: entry.id for entry in await self.engine.reading.accounts()}
        return next(
            f for f in await self.engine.reading.folders() if f.account == accounts[key] and f.role is role
        )

    async def arrive(self, key: str, *letters: Letter, first_uid: int = 5_000, new: bool = False) -> None:
        """Let letters come into the inbox of an account, as its worker would store them; `new` is told."""
        inbox = await self.folder(key, Role.INBOX)

        async def store() -> None:
            async with self.engine._core.database.cache() as tx:
                now = 1_000 + max([0, *(self._newest())])
                arrivals = [arrival(first_uid + n, letter, now) for n, letter in enumerate(letters)]
                ids = await messages.add(tx, inbox.id, 7, arrivals)
                if new:
                    tx.publish(MailArrived(inbox.id, tuple(ids)))
                for id, letter in zip(ids, letters, strict=True):
                    await put_body(tx, id, letter, now)

        await self.engine._loop.call(store())

    def _newest(self) -> Sequence[int]:
        return [row.date for id in self.main.messages.all_ids()[:1] if (row := self.main.messages.row_of(id))]


@asynccontextmanager
async def stage(
    root: Path,
    *,
    size: tuple[int, int] = (120, 40),
    letters: dict[str, Sequence[Letter]] | None = None,
    copies: int = 1,
    settings: Settings | None = None,
) -> AsyncIterator[Stage]:
    """Open the screen on letters, and close all of it."""
    engine = await start(root, letters or {"work": WORK, "home": HOME}, copies=copies)
    saved: dict[str, object] = {}
    app = MailApp(
        engine, settings or Settings(), home_label="", start_demo=None, save_setting=saved.__setitem__
    )
    try:
        async with app.run_test(size=size) as pilot:
            on_stage = Stage(pilot, engine, saved)
            await on_stage.until(lambda: isinstance(app.screen, MainScreen) and on_stage.main.ready)
            yield on_stage
    finally:
        await engine.stop()
