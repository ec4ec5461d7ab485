"""The program on a terminal of its own, and every byte that it writes there."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import pyte

LIMIT = 60.0


class Terminal:
    """A program on a terminal; what it writes is kept, and drawn on a screen in memory."""

    limit = LIMIT
    """Seconds after which what did not appear is missed."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int = 140, lines: int = 45
    ) -> None:
        self.raw = b""
        """All that was written."""
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._file, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._process = subprocess.Popen(
            list(command),
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
            start_new_session=True,
        )
        os.close(terminal)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._file)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self.screen.display)

    def press(self, keys: str) -> None:
        """Type keys."""
        os.write(self._file, keys.encode())

    def until(self, *texts: str) -> None:
        """Draw until each of `texts` is on the screen."""
        self._until(lambda: all(text in self.text for text in texts), f"{texts} did not appear")

    def until_gone(self, text: str) -> None:
        """Draw until `text` is no longer on the screen."""
        self._until(lambda: text not in self.text, f"{text!r} did not go")

    def _until(self, condition: Callable[[], bool], complaint: str) -> None:
        end = time.monotonic() + self.limit
        while not condition():
            if not self._draw(end):
                raise AssertionError(f"{complaint}:\n{self.text}")

    def end(self) -> int:
        """Draw until the program ends; return its exit code."""
        end = time.monotonic() + LIMIT
        while self._draw(end):
            pass
        return self._process.wait(LIMIT)

    def _draw(self, end: float) -> bool:
        if not select.select([self._file], [], [], max(0.0, end - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self._file, 1 << 16)
        except OSError:  # on Linux a terminal that nobody holds any more
            return False
        self.raw += data
        self._stream.feed(data.replace(b"\x1b[>25u", b"").replace(b"\x1b[<u", b""))
        return bool(data)
