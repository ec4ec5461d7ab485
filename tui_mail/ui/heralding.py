"""New mail is said aloud for as long as the screen is there, and the window's title tells what is unread."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tui_mail.engine.announcing import Announcement, Announcer
from tui_mail.model.folder import Role, RoleView
from tui_mail.model.safe_text import safe_text
from tui_mail.model.settings import Notify
from tui_mail.ui.terminal import BELL, spoken, window_title
from tui_mail.ui.voice import voice

if TYPE_CHECKING:
    from tui_mail.engine import Engine
    from tui_mail.ui.screens.main import MainScreen


class Herald:
    """Says what came in, for as long as the screen is there."""

    def __init__(
        self,
        main: "MainScreen",
        engine: "Engine",
        notify: Notify,
        environment: Mapping[str, str],
        terminal: Callable[[str], None],
    ) -> None:
        self._main = main
        self._engine = engine
        self._announcer = Announcer(engine.reading, notify)
        self._voice = voice(notify.how, environment)
        self._terminal = terminal
        self._titled: int | None = None

    async def run(self) -> None:
        """Announce until the engine ends."""
        self._main.app.app_resume_signal.subscribe(self._main, self._untitled)
        async for announcement in self._announcer.announcements(self._engine.events()):
            await self._say(announcement)

    async def _say(self, said: Announcement) -> None:
        self._show(said)
        if self._voice.desktop and await self._voice.desktop.say(said.heading, said.text):
            return
        speech = self._voice.speech
        self._terminal(spoken(speech, said.heading, said.text) if speech else BELL)

    def _show(self, said: Announcement) -> None:
        """Say it on the status line too, unless the list shows it or something else stands there."""
        main = self._main
        here = {folder.id for folder in main.standing.shown(main.messages.view)}
        if main.status.notice is None and not here.issuperset(said.folders):
            verb = "New" if said.count == 1 else ""
            main.say(safe_text(f"{verb} {said.heading}: {said.text}".strip()), command="go.unified")

    def title(self) -> None:
        """Name the window after what is unread in the inboxes."""
        _, unread = self._main.standing.counters.get(RoleView(Role.INBOX), (0, 0))
        if unread != self._titled:
            self._titled = unread
            self._terminal(window_title(unread))

    def _untitled(self, _: object) -> None:
        """After a rest the window has its old title again."""
        self._titled = None
