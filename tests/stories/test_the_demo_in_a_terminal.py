"""A newcomer's first minute: the demo opens, a letter is read, archived, and brought back."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.stories.terminal import Terminal

COMMAND = (sys.executable, "-m", "tui_mail", "demo")
SETTINGS = re.compile(rb"\x1b\[([0-9;]*)m")
PICTURES = "".join(chr(code) for code in range(0x2400, 0x2422))


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40), (200, 50)])
def test_the_demo_is_read_changed_and_left(tmp_path: Path, columns: int, lines: int) -> None:
    environment = {**os.environ, "HOME": str(tmp_path)}
    with Terminal(COMMAND, environment, columns, lines) as terminal:
        terminal.until("Inbox", "Saltmarsh Calendar", "Lamps for the east pier")
        terminal.press("\r")
        terminal.until("Marking the lamps", "Esc back")
        terminal.press("a")
        terminal.until("Archived 1")
        terminal.press("u")
        terminal.until("Undone: archived 1")
        assert not set(terminal.text) & set(PICTURES)
        terminal.press("\x11")
        assert terminal.end() == 0
    assert list(tmp_path.iterdir()) == []


def test_without_colour_weights_and_marks_say_it_all(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "NO_COLOR": "1"}
    with Terminal(COMMAND, environment) as terminal:
        terminal.until("●", "Saltmarsh Calendar")
        terminal.press("\r")
        terminal.until("Esc back")
        terminal.press("\x11")
        assert terminal.end() == 0
    used = {word for found in SETTINGS.findall(terminal.raw) for word in found.split(b";")}
    assert used <= {b"", b"0", b"1", b"2", b"4", b"7", b"39", b"49"}
    assert {b"1", b"7"} <= used
