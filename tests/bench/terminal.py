"""A program on a terminal of its own, timed by what it paints."""

import os
import select
import time
from collections.abc import Mapping, Sequence

from tests.stories.terminal import Terminal


class TimedTerminal(Terminal):
    """A terminal with a watch beside it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._started = time.monotonic()
        super().__init__(command, environment)

    def seconds_until(self, text: str) -> float:
        """Draw until `text` is on the screen; return the seconds since the start."""
        self.until(text)
        return time.monotonic() - self._started

    def seconds_to_answer(self, keys: str) -> float:
        """Type keys and return the seconds until the first byte that answers them."""
        before = time.perf_counter()
        os.write(self._file, keys.encode())
        select.select([self._file], [], [], 5.0)
        return time.perf_counter() - before

    def settle(self, quiet: float) -> None:
        """Draw what comes until nothing came for `quiet` seconds."""
        while self._draw(time.monotonic() + quiet):
            pass

    def peak_memory(self) -> int:
        """Return the most octets that the program has had resident."""
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
