"""What senders and servers may write to drive a terminal or a program of widgets."""

import re

ESCAPES: dict[str, str] = {
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "clipboard ended by ST": "\x1b]52;c;ZXZpbA==\x1b\\",
    "clipboard by C1": "\x9d52;c;ZXZpbA==\x9c",
    "window title": "\x1b]0;owned\x07",
    "question for the title": "\x1b[21t",
    "question for the cursor": "\x1b[6n",
    "question for the kind": "\x1b[c",
    "question for a setting": "\x1bP$qm\x1b\\",
    "colours": "\x1b[31;5mred",
    "colours by C1": "\x9b31mred",
    "clearing": "\x1b[2J\x1b[3J\x1b[H",
    "cursor away": "\x1b[10;10Hoverwritten",
    "other screen": "\x1b[?1049l",
    "hyperlink": "\x1b]8;;file:///etc/passwd\x1b\\click\x1b]8;;\x1b\\",
    "reset": "\x1bc",
    "carriage return, backspaces, bell": "good\rbad\x08\x08\x08\x07\x0b\x0c",
    "delete, null, shift out, separators": "\x7f\x00\x0e\x0f\u2028\u2029\x85",
}

MARKUP: tuple[str, ...] = (
    "[red]x[/]",
    "[/nope]",
    "[/]",
    "[@click=app.quit]x[/]",
    "[IMPORTANT]",
    "[$primary]x",
    "[bold",
    "[link=https://evil.test]x[/link]",
    "[[x]]",
    "\\[red]x",
    "[on red]x[/on red]",
    "[b]x[/i]",
    "$name",
    "[reverse]x",
    "[#ff0000]x",
    "[/b] plan",
)

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What never stands in anything that is drawn."""
