"""A program in a terminal of its own, driven by keys and timed by what it paints."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import pyte


class Terminal:
    """A child process on a pseudo-terminal; everything it writes is drawn on a screen in memory."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int = 140, lines: int = 45
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.started = time.perf_counter()
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(environment))
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, size)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._file)

    def press(self, keys: str) -> float:
        """Write keys and return the seconds until the first byte that answers them."""
        before = time.perf_counter()
        os.write(self._file, keys.encode())
        select.select([self._file], [], [], 5.0)
        return time.perf_counter() - before

    def settle(self, quiet: float = 0.05, limit: float = 10.0) -> None:
        """Draw what comes until nothing came for `quiet` seconds."""
        end = time.perf_counter() + limit
        while time.perf_counter() < end and select.select([self._file], [], [], quiet)[0]:
            self._draw()

    def until(self, text: str, limit: float = 30.0) -> float:
        """Draw until `text` is on the screen; return the seconds since the start, or raise TimeoutError."""
        end = time.perf_counter() + limit
        while time.perf_counter() < end:
            if select.select([self._file], [], [], 0.02)[0]:
                self._draw()
            if any(text in line for line in self.screen.display):
                return time.perf_counter() - self.started
        raise TimeoutError(f"{text!r} did not appear:\n" + "\n".join(self.screen.display))

    def _draw(self) -> None:
        try:
            data = os.read(self._file, 1 << 16)
        except OSError as error:
            raise TimeoutError("The program ended:\n" + "\n".join(self.screen.display)) from error
        self._stream.feed(data.replace(b"\x1b[>25u", b"").replace(b"\x1b[>1u", b""))

    def peak_memory(self) -> int:
        """Return the most octets that the process has had resident."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
