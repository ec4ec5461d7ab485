"""A reader alone on a screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

from textual.app import App, ComposeResult
from textual.message import Message as UiMessage
from textual.pilot import Pilot

from tests.ui.documents import NOW
from tui_mail.model.message import Letter
from tui_mail.model.settings import Settings
from tui_mail.ui import app as mail_app
from tui_mail.ui import theme
from tui_mail.ui.format import Icons
from tui_mail.ui.widgets.message_view import MessageView

LOOKS = 400


class Reader(App[None]):
    """Shows one letter and keeps what the reader posts."""

    CSS_PATH = Path(mail_app.__file__).parent / "styles" / "reader.tcss"
    CSS = "MessageView { width: 1fr; height: 1fr; }"

    def __init__(self, shown: Letter | None, *, ascii: bool = False) -> None:
        super().__init__()
        self.view = MessageView(Settings(ascii=ascii), Icons.of(ascii=ascii), lambda: NOW, zone=UTC)
        self.view.mine = frozenset({"me@example.net"})
        self.posted: list[UiMessage] = []
        self._shown = shown

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.variable_defaults()

    def compose(self) -> ComposeResult:
        yield self.view

    async def on_mount(self) -> None:
        theme.install(self, "harbour")
        await self.view.show(self._shown)

    def on_message_view_link_chosen(self, message: MessageView.LinkChosen) -> None:
        self.posted.append(message)

    def on_message_view_attachment_chosen(self, message: MessageView.AttachmentChosen) -> None:
        self.posted.append(message)

    def lines(self) -> list[str]:
        """What stands on the screen, without what is blank at the right."""
        return [
            self.view.render_line(y).text.replace("\u00a0", " ").rstrip()
            for y in range(self.view.size.height)
        ]


@asynccontextmanager
async def reader(
    shown: Letter | None, size: tuple[int, int] = (80, 24), *, ascii: bool = False
) -> AsyncIterator[tuple[Reader, Pilot[None]]]:
    """Open a reader on a letter."""
    app = Reader(shown, ascii=ascii)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


async def until(pilot: Pilot[None], condition: object) -> None:
    """Wait until a condition (a function) holds."""
    assert callable(condition)
    for _ in range(LOOKS):
        if condition():
            return
        await pilot.pause(0.005)
    raise AssertionError("the condition never came true")
