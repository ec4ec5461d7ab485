"""The app: a terminal, a theme, the screens; keys go to the main screen before anything else sees them."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.scrollbar import ScrollBar

from tui_mail.model.errors import ConfigError
from tui_mail.model.settings import Settings
from tui_mail.ui import theme
from tui_mail.ui.garbage import TICK, Collector
from tui_mail.ui.screens.main import MainScreen
from tui_mail.ui.screens.welcome import WelcomeScreen
from tui_mail.ui.terminal import GatedDriver
from tui_mail.ui.wardrobe import LOOK, Wardrobe
from tui_mail.ui.widgets.thin_bar import ThinBar

if TYPE_CHECKING:
    from tui_mail.engine import Engine

STYLES = Path(__file__).parent / "styles"


class MailApp(App[None], inherit_bindings=False):
    """The mail reader."""

    TITLE = "tui-mail"
    CSS_PATH: ClassVar[list[str | PurePath]] = sorted(STYLES.glob("*.tcss"))
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False),
    ]

    def __init__(
        self,
        engine: "Engine | None",
        settings: Settings,
        *,
        home_label: str,
        start_demo: "Callable[[], Awaitable[Engine]] | None",
        save_setting: Callable[[str, object], None],
        themes: Path | None = None,
    ) -> None:
        # https://no-color.org: without native colours Textual would answer NO_COLOR with greys
        self._colourless = bool(os.environ.get("NO_COLOR"))
        super().__init__(driver_class=GatedDriver, ansi_color=self._colourless)
        self._engine = engine
        self._settings = settings
        self._home_label = home_label
        self._start_demo = start_demo
        self._save_setting = save_setting
        self._collector = Collector()
        self._wardrobe = Wardrobe(self, themes)
        self.animation_level = "none"
        if not settings.ascii:
            ScrollBar.renderer = ThinBar

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our variables, which the style sheets need before a theme is there."""
        return theme.variable_defaults()

    def on_mount(self) -> None:
        """Dress, and show mail or the welcome."""
        problem = self._dress()
        if self._engine:
            self._show_mail(self._engine, self._home_label)
        else:
            self.push_screen(WelcomeScreen(self._start_demo), self._welcomed)
        if problem and isinstance(self.screen, MainScreen):
            self.screen.complain(problem)
        self.call_after_refresh(self._collector.begin)
        self.set_interval(TICK, self._collector.tick)
        self.set_interval(LOOK, self._look_at_theme)

    @property
    def failure(self) -> Exception | None:
        """The fault that ended the app; whoever ran it writes it down."""
        return self._exception

    def _fatal_error(self) -> None:
        """Close without a word: Textual would print the values of variables, passwords among them."""
        self._close_messages_no_wait()

    def on_unmount(self) -> None:
        """Leave garbage to Python again."""
        self._collector.end()

    def _dress(self) -> ConfigError | None:
        try:
            chosen = self._settings.theme or theme.default_name(dark=True)
            self._wardrobe.wear("terminal" if self._colourless else chosen)
        except ConfigError as error:
            self._wardrobe.wear(theme.default_name(dark=True))
            return error
        return None

    def _look_at_theme(self) -> None:
        try:
            self._wardrobe.look_again()
        except ConfigError as error:
            if isinstance(self.screen, MainScreen):
                self.screen.complain(error)

    def _welcomed(self, engine: "Engine | None") -> None:
        if engine is not None:
            self._show_mail(engine, "demo")

    def _show_mail(self, engine: "Engine", label: str) -> None:
        self._engine = engine
        self.push_screen(
            MainScreen(engine, self._settings, label, self._save_setting, self._wardrobe, self.emit)
        )

    def emit(self, sequence: str) -> None:
        """Write what is no part of a frame to the terminal."""
        if self._driver is not None:
            self._driver.write(sequence)

    async def on_event(self, event: events.Event) -> None:
        """Let the main screen see keys first; pasted text is obeyed nowhere but in fields."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._collector.key()
            if self._engine is not None:
                self._engine.key_pressed()
            if isinstance(self.screen, MainScreen) and self.screen.keyboard.press(key_of(event)):
                return
        await super().on_event(event)


def key_of(event: events.Key) -> str:
    """Return a key as the keymap names it: what prints stands for itself."""
    if event.is_printable and event.character and event.character != " ":
        return event.character
    return event.key
