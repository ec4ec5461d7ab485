"""What every real server of the tests needs: free ports, a sign of life, an end in every case."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

LOCAL = "127.0.0.1"
START_LIMIT = 10.0
STOP_LIMIT = 5.0
GUARD = 'cat; kill -s TERM -- "-$1"; rm -rf -- "$2"'
"""Waits for the end of its input, which comes when the test process dies in whatever way; then clears up."""


def free_ports(count: int) -> Iterator[int]:
    """Ports that nobody uses; all are held until the last one is known, so that they differ."""
    with contextlib.ExitStack() as held:
        for _ in range(count):
            probe = held.enter_context(socket.socket())
            probe.bind((LOCAL, 0))
            yield probe.getsockname()[1]


def greets(port: int, process: subprocess.Popen[bytes], greeting: bytes) -> bool:
    """Wait until the port sends a greeting; False when the process ended first or nothing came in time."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((LOCAL, port), START_LIMIT) as line:
            return line.recv(4) == greeting
        time.sleep(0.01)
    return False


def post_guard(group: int, folder: Path) -> subprocess.Popen[bytes]:
    """Let somebody outlive this process who ends the server and removes its folder then."""
    return subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", str(group), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def dismiss(guard: subprocess.Popen[bytes]) -> None:
    """Send the guard home before the server ends, so that it never signals a stranger of that number."""
    os.killpg(guard.pid, signal.SIGKILL)
    guard.communicate()


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a server and all of its children: they share the process group that was made for it."""
    _signal(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_LIMIT)
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
