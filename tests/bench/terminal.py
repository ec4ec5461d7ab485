"""A program on a terminal of its own, timed by what it paints."""

import os
import re
import select
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.stories.terminal import Terminal


class TimedTerminal(Terminal):
    """A terminal with a watch beside it."""

    limit = 600.0

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.started = time.monotonic()
        """When it was started, by time.monotonic()."""
        super().__init__(command, environment)

    def seconds_until(self, text: str) -> float:
        """Draw until `text` is on the screen; return the seconds since the start."""
        self.until(text)
        return time.monotonic() - self.started

    def seconds_to_answer(self, keys: str) -> float:
        """Type keys and return the seconds until the first byte that answers them."""
        before = time.perf_counter()
        os.write(self._file, keys.encode())
        select.select([self._file], [], [], 5.0)
        return time.perf_counter() - before

    def settle(self, quiet: float, longest: float = 60.0) -> None:
        """Draw what comes until nothing came for `quiet` seconds, or until `longest` are over."""
        end = time.monotonic() + longest
        while time.monotonic() < end and self._draw(time.monotonic() + quiet):
            pass

    def pass_over(self, seconds: float) -> None:
        """Take what comes for a while and draw none of it: our drawing is slower than any terminal's."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._file], [], [], left)[0]:
                os.read(self._file, 1 << 16)

    def peak_memory(self) -> int:
        """Return the most octets that the program has had resident."""
        return peak_memory(self._process.pid)


def peak_memory(process: int) -> int:
    """Return the most octets that a process has had resident; 0 when it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0
