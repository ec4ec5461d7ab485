"""What takes moments: the start of a command, the demo, one large message."""

import tempfile
from email.message import EmailMessage
from pathlib import Path
from random import Random

from tests.bench.figures import heading, mebibytes, say, spread
from tests.bench.program import PROGRAM, Program
from tests.bench.terminal import TimedTerminal
from tests.servers.dovecot import Dovecot

MESSAGES = 15
"""Starts of a command."""


def run(count: int) -> None:
    """Print the figures."""
    heading("Small things")
    with tempfile.TemporaryDirectory() as folder, Dovecot() as server:
        program = Program(Path(folder, "home"))
        say("--version", spread([program.run("--version")[0] for _ in range(count)]))
        with TimedTerminal([PROGRAM, "demo"], program.environment) as terminal:
            say("tui-mail demo to the first painted list", f"{terminal.seconds_until('●') * 1000:.0f} ms")
        server.add_user("large")
        server.fill("large", "INBOX", [_fifty_megabytes()])
        program.add_account(server, "large", keep_days=30)
        _, idle = program.run("sync")
        _, opened = program.run("show", "1")
        say("a message of 50 MB: sync / open it, peak", f"{mebibytes(idle)} / {mebibytes(opened)}")


def _fifty_megabytes() -> bytes:
    message = EmailMessage()
    message["Subject"] = "Fifty megabytes"
    message.set_content("Large.")
    message.add_attachment(
        Random(1).randbytes(37_000_000), maintype="application", subtype="zip", filename="a.zip"
    )
    return message.as_bytes()
