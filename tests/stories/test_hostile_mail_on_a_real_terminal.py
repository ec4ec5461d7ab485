"""Mail written to drive a terminal is synced from a real server, listed, and opened letter by letter.

The second door, the gate before the terminal, is taken out of its frame here: that text was made safe when it
came in has to suffice. (What the gate stops is tested where it stands.)
"""

import re
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.hostile import ESCAPES, MARKUP
from tests.servers.mailbox import Mailbox
from tests.stories.terminal import Terminal

PAYLOADS = (*ESCAPES.values(), *MARKUP)
FOLDERS = ("ESC\x1b]0;owned\x07", "C1\x9b31m", "[red]x[", "[@click=quit]x")
UNGATED = """\
import sys
from tui_mail.ui.terminal import Gate
Gate.__call__ = lambda self, data: data
from tui_mail.cli import main
sys.exit(main())
"""
KNOWN = re.compile(
    r"\x1b\[[0-9;]*m|\x1b\[[0-9]*;?[0-9]*H|\x1b\[\?[0-9]+[hl]|\x1b\[\?20[24][68]\$p|\x1b\[(?:>[0-9]+|<)u"
    r"|\x1b\]8;id=[0-9]+;https://(?:example\.org|evil\.test)(?:/[!-~]*?)?\x1b\\|\x1b\]8;;\x1b\\|\x1b\]22;[a-z]*\x07|\r\n"
    r"|\x1b\[2[23];2t|\x1b\]2;(?:\([0-9]+\) )?tui-mail\x07"
)
"""What the program itself writes, and links to the hosts that these letters name."""
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def encoded(text: str) -> str:
    """Return what hides any text from those who look for controls."""
    return b64encode(text.encode()).decode()


def word(text: str) -> str:
    """Text as an encoded-word, in which a header may hold anything."""
    return f"=?utf-8?b?{encoded(text)}?="


def letter(number: int, payload: str) -> bytes:
    """A letter with the payload in each field a sender fills in, in its text and in its HTML."""
    target = f"https://example.org/{payload}".replace("\r", "").replace("\n", "")
    html = f"<p>html {payload} <a href='{target}'>link {payload}</a></p>"
    plain = f"text {payload}\n> quoted {payload}\n{target}\n"
    kind, text = ("html", html) if number % 2 else ("plain", plain)
    name = word(f"{payload}.txt")
    return "\r\n".join(
        (
            f"From: {word('Sender ' + payload)} <sender@example.org>",
            f"To: {word(payload)} <to@example.org>, plain{number}@example.org",
            f"Cc: {word(payload)} <cc@example.org>",
            f"Reply-To: {word(payload)} <other@example.org>",
            f"Subject: {word(f'Number {number:02} {payload}')}",
            f"X-Hostile: {word(payload)}",
            f"Message-ID: <{number}@example.org>",
            f"Date: Tue, 12 May 2026 14:{number:02}:00 +0000",
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="cut"',
            "",
            "--cut",
            f"Content-Type: text/{kind}; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            "",
            encoded(f"{text} end of {number:02}"),
            "--cut",
            "Content-Type: application/octet-stream",
            f'Content-Disposition: attachment; filename="{name}"',
            "",
            "x",
            "--cut--",
            "",
        )
    ).encode("ascii")


@pytest.fixture
def synced(tmp_path: Path, mailbox: Mailbox) -> Command:
    """A home whose store holds what a real server had."""
    tui_mail = Command(tmp_path)
    mailbox.fill("INBOX", [letter(number, payload) for number, payload in enumerate(PAYLOADS)])
    for folder in FOLDERS:
        mailbox.fill(folder, [letter(59, folder)])
    server = mailbox.server()
    added = tui_mail(
        *("account", "add", "--email", f"{mailbox.username}@example.org", "--key", "hostile"),
        *("--imap", f"{server.host}:{server.port}", "--username", mailbox.username),
        *("--ca-file", str(mailbox.dovecot.ca_file), "--password-command", f"echo {mailbox.password}"),
    )
    assert added.returncode == 0, added.stderr
    done = tui_mail("sync")
    assert done.returncode == 0, done.stderr
    return tui_mail


def test_no_foreign_control_reaches_the_terminal_and_markup_stays_text(synced: Command) -> None:
    with Terminal([sys.executable, "-c", UNGATED], synced.environment()) as terminal:
        terminal.until(f"Number {len(PAYLOADS) - 1:02}")
        terminal.press("\r")
        for number in reversed(range(len(PAYLOADS))):
            terminal.until(f"plain{number}@example.org", f"end of {number:02}")
            terminal.press("H")
            terminal.until("X-Hostile", f"<{number}@example.org>")
            terminal.press("H" if number == 0 else "j")
        terminal.press("A")
        terminal.until("Save")
        terminal.press("\x1b")
        terminal.until_gone("Save")
        terminal.press("gf")
        terminal.until("Go to", "[@click=quit]x", "[red]x[", "ESC␛]0;owned␇", "C1⟨009B⟩31m")
        terminal.press("\x1b")
        terminal.until_gone("Go to")
        terminal.press("\x11")
        assert terminal.end() == 0

    written = terminal.raw.decode("utf-8")
    left = KNOWN.sub("", written)
    assert "\x1b[?1049h" in written
    assert "\x1b[?1049l" in written
    assert [left[max(0, f.start() - 20) : f.start() + 60] for f in CONTROL.finditer(left)] == []
    for payload in MARKUP:
        assert payload in left
