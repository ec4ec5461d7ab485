"""Events reach the screen one after another, each once the one before it is shown."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence

import pytest

from tui_mail.model.event import (
    AccountsChanged,
    BodyArrived,
    Event,
    FoldersChanged,
    MessagesChanged,
    OperationReverted,
    OperationsChanged,
    Rescan,
)
from tui_mail.ui import messages


class Screen:
    """Takes messages, and lets go of each only when it is told to."""

    def __init__(self, *, slow: bool = False) -> None:
        self.came: list[messages.News] = []
        self.slow = slow
        self.arrived = asyncio.Event()

    def post_message(self, message: messages.News) -> bool:
        self.came.append(message)
        self.arrived.set()
        if not self.slow:
            message.taken.set()
        return True


async def stream(events: Sequence[Event]) -> AsyncIterator[Event]:
    for event in events:
        yield event


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (AccountsChanged(), messages.AccountNews),
        (FoldersChanged(1), messages.FolderNews),
        (OperationsChanged(1), messages.FolderNews),
        (MessagesChanged(1, (2, 3)), messages.MailNews),
        (Rescan(1), messages.MailNews),
        (BodyArrived(2), messages.BodyNews),
        (OperationReverted(3), messages.RevertNews),
    ],
)
def test_every_event_has_its_message(event: Event, kind: type[messages.News]):
    assert type(messages.news(event)) is kind


async def test_the_next_waits_until_the_screen_has_taken_the_one_before():
    screen = Screen(slow=True)
    pumping = asyncio.create_task(messages.pump(stream([Rescan(1), AccountsChanged()]), screen))
    await screen.arrived.wait()
    assert len(screen.came) == 1
    screen.arrived.clear()
    screen.came[0].taken.set()
    await screen.arrived.wait()
    assert len(screen.came) == 2
    screen.came[1].taken.set()
    await pumping


async def test_bodies_of_letters_that_nobody_reads_are_not_paced(monkeypatch: pytest.MonkeyPatch):
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(messages.asyncio, "sleep", note)
    screen = Screen()
    await messages.pump(stream([BodyArrived(n) for n in range(500)]), screen)
    assert len(screen.came) == 500
    assert not pauses
    await messages.pump(stream([Rescan(1), Rescan(2)]), screen)
    assert len([pause for pause in pauses if pause > 0]) == 1


async def test_mail_that_pours_in_is_painted_less_often(monkeypatch: pytest.MonkeyPatch):
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(messages.asyncio, "sleep", note)
    few, many = (MessagesChanged(1, tuple(range(count))) for count in (3, messages.FLOOD_FROM))
    await messages.pump(stream([few, few]), Screen())
    assert 0 < pauses.pop() <= messages.FRAME
    await messages.pump(stream([many, few]), Screen())
    assert messages.FRAME < pauses.pop() <= messages.FLOOD


async def test_a_screen_that_closes_ends_the_pump():
    class Closed(Screen):
        def post_message(self, message: messages.News) -> bool:
            self.came.append(message)
            return False

    screen = Closed()
    await messages.pump(stream([Rescan(1), Rescan(2)]), screen)
    assert len(screen.came) == 1


def test_the_table_of_commands_loads_no_screen():
    check = "import sys, tui_mail.ui.keymap; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
