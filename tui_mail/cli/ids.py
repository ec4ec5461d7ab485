"""Messages as a command line names them: numbers, or lines on stdin.

A line begins with the number, as those of “list” do, or is one of its JSON objects; so `tui-mail list` can be
piped into what changes messages, with `grep` or `jq` between them.
"""

import json
import sys
from collections.abc import Iterator, Sequence

from tui_mail.model.errors import MailError
from tui_mail.model.safe_text import safe_text

STDIN = "-"


def named(words: Sequence[int | str]) -> list[int]:
    """Return the ids that the words of a command line name, each once and in their order."""
    ids: dict[int, None] = {}
    for word in words:
        ids.update(dict.fromkeys(_read() if isinstance(word, str) else (word,)))
    return list(ids)


def _read() -> Iterator[int]:
    for number, line in enumerate(sys.stdin if sys.stdin else (), 1):
        text = line.strip()
        if not text:
            continue
        id = _of_object(text) if text.startswith("{") else text.split(None, 1)[0]
        if not id.isascii() or not id.isdecimal() or not 0 < int(id) < 2**63:
            raise MailError(
                f"Line {number} of the input begins with no id: {safe_text(text, 60)}",
                hint="one a line, as “tui-mail list” prints them",
            )
        yield int(id)


def _of_object(text: str) -> str:
    try:
        return str(json.loads(text).get("id", ""))
    except ValueError:
        return ""
