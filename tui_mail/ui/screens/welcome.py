"""What stands there while there is no account: how to get one, and the demo one key away."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle, Vertical
from textual.screen import Screen
from textual.widgets import Static

from tui_mail.model.errors import MailError
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.format import content

if TYPE_CHECKING:
    from tui_mail.engine import Engine

ADD = SafeText("tui-mail account add you@example.org")


class WelcomeScreen(Screen["Engine"]):
    """Offers the demo; dismissed with its engine."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,d", "demo", show=False),
        Binding("q,escape,ctrl+q", "app.quit", show=False),
    ]

    def __init__(self, start_demo: "Callable[[], Awaitable[Engine]] | None") -> None:
        super().__init__()
        self._start_demo = start_demo
        self._starting = False

    def compose(self) -> ComposeResult:
        """The name and the two ways in."""
        with Middle(), Center(), Vertical(id="welcome"):
            yield Static(content((SafeText("tui-mail"), "$strong bold")), markup=False)
            yield Static(
                content((SafeText("Every account in one inbox, offline too."), "$dim")), markup=False
            )
            yield Static(markup=False)
            if self._start_demo:
                yield self._way("Enter", "try the demo: made-up mail, nothing of yours is touched")
            yield self._way("q", "quit, and add your account with")
            yield Static(content((SafeText(f"         {ADD}"), "$strong")), markup=False)
            yield Static(id="welcome-state", markup=False)

    def _way(self, key: str, words: str) -> Static:
        return Static(content((SafeText(f"{key:>7}  "), "$accent"), SafeText(words)), markup=False)

    def action_demo(self) -> None:
        """Start the demo, once."""
        if self._start_demo and not self._starting:
            self._starting = True
            self._say("Opening the demo's post office", "$dim")
            self.run_worker(self._demo(self._start_demo))

    async def _demo(self, start: "Callable[[], Awaitable[Engine]]") -> None:
        try:
            engine = await start()
        except MailError as error:
            self._starting = False
            self._say(str(error), "$error")
            return
        self.dismiss(engine)

    def _say(self, sentence: str, ink: str) -> None:
        self.query_one("#welcome-state", Static).update(content((safe_text(f"         {sentence}"), ink)))
