"""Real mailboxes for benches: a Dovecot with users whose folders hold made-up mail."""

import os
import re
import threading
import time
from collections.abc import Iterable
from email.header import decode_header, make_header
from types import TracebackType

from tests.bench.filling import fill_maildir
from tests.bench.mail import Letter
from tests.servers.dovecot import Dovecot

LOOK_EVERY = 0.002


def fill(server: Dovecot, user: str, folder: str, post: Iterable[Letter]) -> Letter:
    """Put letters into a folder, made when needed; return the newest."""
    if user not in server.users:
        server.add_user(user)
    server.fill(user, folder, [])
    newest: list[Letter] = []

    def watched() -> Iterable[Letter]:
        for letter in post:
            newest[:] = [letter]
            yield letter

    fill_maildir(server.maildir(user, folder), watched())
    if os.geteuid() == 0:
        server.own(server.maildir(user, folder))
    return newest[0]


def subject(letter: Letter) -> str:
    """Return the beginning of a subject as a list shows it: enough to be found on a screen."""
    found = re.search(rb"\nSubject: ((?:.*)(?:\n .*)*)", letter.raw)
    assert found
    words = str(make_header(decode_header(found[1].decode().replace("\n", "")))).split()
    return " ".join(words[:3])[:18].strip()


class Visits:
    """Notes when users sign in and out, as the server's log tells it, within a few milliseconds."""

    def __init__(self, server: Dovecot) -> None:
        self._log = server.folder / "dovecot.log"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.signed_in: list[float] = []
        """Moments of time.monotonic()."""
        self.left: list[float] = []

    def __enter__(self) -> "Visits":
        self._at = self._log.stat().st_size if self._log.exists() else 0
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        time.sleep(2 * LOOK_EVERY)  # the last line is written a moment after the last reply
        self._stop.set()
        self._thread.join()

    @property
    def seconds(self) -> float:
        """From the first sign-in to the last parting."""
        return self.left[-1] - self.signed_in[0]

    def _look(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            if not self._log.exists() or self._log.stat().st_size == self._at:
                continue
            now = time.monotonic()
            with self._log.open("rb") as log:
                log.seek(self._at)
                told = log.read()
            self._at += len(told)
            self.signed_in += [now] * told.count(b" Login: ")
            self.left += [now] * (told.count(b"Logged out") + told.count(b"Disconnected"))
