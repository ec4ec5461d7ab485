"""Runs commands in the order given: a key pressed while another command still works waits for it."""

from collections import deque
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TYPE_CHECKING

from tui_mail.model.errors import MailError
from tui_mail.ui.commands import Command

if TYPE_CHECKING:
    from tui_mail.ui.screens.main import MainScreen


class Conductor:
    """One command at a time."""

    def __init__(self, main: "MainScreen", complain: Callable[[MailError], None]) -> None:
        self._main = main
        self._complain = complain
        self._waiting: deque[Command] = deque()
        self.busy = False
        """Whether a command still works."""

    def run(self, command: Command) -> None:
        """Run a command now, or after those before it."""
        if self.busy:
            self._waiting.append(command)
        elif work := self._start(command):
            self.busy = True
            self._main.run_worker(self._finish(work), group="commands")

    def _start(self, command: Command) -> Awaitable[object] | None:
        if not command.enabled(self._main):
            return None
        result = command.run(self._main)
        return result if isawaitable(result) else None

    async def _finish(self, work: Awaitable[object] | None) -> None:
        try:
            while work is not None or self._waiting:
                if work is not None:
                    await self._guarded(work)
                work = self._start(self._waiting.popleft()) if self._waiting else None
        finally:
            self.busy = False

    async def _guarded(self, work: Awaitable[object]) -> None:
        try:
            await work
        except MailError as error:
            self._complain(error)
