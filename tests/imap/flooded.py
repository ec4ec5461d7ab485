"""A session in a process of its own that is flooded: `python -m tests.imap.flooded PORT COMMAND LIMITS`.

It says in JSON how the command ended and by how much the memory of the process grew meanwhile.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.servers.lying import ADDRESS, HOST, PASSWORD
from tui_mail.imap.command import Limits
from tui_mail.imap.session import Session
from tui_mail.mime.headers import LIST_FIELDS
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import MailError

LIMITS = {
    "hasty": Limits(connect=2, silence=2, wall=3, pace=1e9, farewell=2),
    "usual": Limits(),  # what ends a flood then is its size
}
COMMANDS: dict[str, Callable[[Session], Awaitable[object]]] = {
    "noop": lambda session: session.noop(),
    "search": lambda session: session.search("UID 1:*"),
    "list": lambda session: session.list_folders(),
    "select": lambda session: session.select(b"INBOX"),
    "newest": lambda session: session.newest_uids(100),
    "fetch new": lambda session: session.fetch_list("1:*", LIST_FIELDS),
    "fetch flags": lambda session: session.fetch_flags("1:*"),
    "fetch some": lambda session: session.fetch_list("1:3", LIST_FIELDS),
    "bodies": lambda session: session.fetch_bodies([1, 2]),
    "body": lambda session: session.fetch_body(1, tempfile.TemporaryFile),
    "move": lambda session: session.move("1:3", b"INBOX"),
}


def memory(line: str) -> int:
    """Octets of this process, by a line of Linux's proc_pid_status(5)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{line}:")[2].split()[0]) * 1024


def forget_peak() -> int:
    """Begin anew with the peak, VmHWM; the octets that are in use now."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


async def main(port: int, command: str, limits: Limits) -> dict[str, object]:
    """Sign in, forget the peak so far, and let the flood come."""
    server = Server(HOST, port, Security.NONE)
    session: Session | None = None
    if command != "connect":
        session = await Session.connect(server, None, limits)
        await session.sign_in(ADDRESS, PASSWORD)
        await session.select(b"INBOX")
    before, since, error = forget_peak(), time.monotonic(), ""
    try:
        if session is None:
            session = await Session.connect(server, None, limits)
        else:
            await COMMANDS[command](session)
    except MailError as caught:
        error = f"{type(caught).__name__}: {caught}"
    if session is not None:
        session.abort()
    return {"error": error, "grown": memory("VmHWM") - before, "seconds": time.monotonic() - since}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(int(sys.argv[1]), sys.argv[2], LIMITS[sys.argv[3]]))))
