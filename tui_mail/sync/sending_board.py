"""How far each letter on a line is, kept in memory and read from any thread; its log is what is stored."""

from collections.abc import Callable
from dataclasses import replace

from tui_mail.model.event import Event, SendingMoved
from tui_mail.model.outbox import LogLine, Progress, Step
from tui_mail.model.safe_text import safe_text


class SendingBoard:
    """What lines tell of the letters on them; each step is published."""

    def __init__(self, publish: Callable[[Event], None]) -> None:
        self._publish = publish
        self._progress: dict[int, Progress] = {}
        self._lines: dict[int, tuple[LogLine, ...]] = {}
        self._next_tries: dict[int, float] = {}
        self._size_limits: dict[int, int] = {}

    def progress(self, id: int) -> Progress | None:
        """Return how far a letter is; None while it is on no line."""
        return self._progress.get(id)

    def lines(self, id: int) -> tuple[LogLine, ...]:
        """Return what happened to a letter since its log was last stored."""
        return self._lines.get(id, ())

    def next_try(self, account: int) -> float:
        """Return when an account's server is tried again that could not be reached; 0.0: nothing is known."""
        return self._next_tries.get(account, 0.0)

    def unreachable(self, account: int, next_try: float) -> None:
        """Say when an account's server is tried again; 0.0: it was reached."""
        self._next_tries[account] = next_try

    def size_limit(self, account: int) -> int | None:
        """Return how many octets an account's server takes in one letter; None while it has not said so."""
        return self._size_limits.get(account)

    def takes(self, account: int, size_limit: int | None) -> None:
        """Say what a server said about sizes (RFC 1870)."""
        if size_limit:
            self._size_limits[account] = size_limit

    def begin(self, id: int, total: int, lines: tuple[LogLine, ...]) -> None:
        """Say that a line takes a letter up; `lines` tell how the line came about."""
        self._lines[id] = lines
        self._progress[id] = Progress(id, Step.CONNECT, 0, total, safe_text(""))
        self._publish(SendingMoved(id))

    def step(self, id: int, line: LogLine) -> None:
        """Add a line to what happened to a letter."""
        self._lines[id] = (*self.lines(id), line)
        if id in self._progress:
            self._progress[id] = replace(self._progress[id], step=line.step, sentence=line.sentence)
        self._publish(SendingMoved(id))

    def left(self, id: int, octets: int) -> None:
        """Say how many octets of a letter have left."""
        if id in self._progress:
            self._progress[id] = replace(self._progress[id], step=Step.BYTES, sent=octets)
        self._publish(SendingMoved(id))

    def stored(self, id: int, lines: tuple[LogLine, ...]) -> None:
        """Say that these lines are in the log now."""
        self._lines[id] = self.lines(id)[len(lines) :]

    def end(self, id: int) -> None:
        """Say that a letter is on no line any more."""
        self._progress.pop(id, None)
        self._lines.pop(id, None)
        self._publish(SendingMoved(id))
