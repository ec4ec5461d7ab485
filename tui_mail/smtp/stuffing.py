"""A letter as it goes over the line: dot-stuffed, and only if its lines are sound (RFC 5321 §2.3.8, §4.5.2).

A bare CR or LF that leaves is what lets one letter smuggle a second one past servers that disagree about the
ends of lines (VU#302671). The octets are made canonical when a letter is queued; this is the last look, and a
letter that does not pass it stays here.
"""

import re
from collections.abc import Iterable, Iterator

from tui_mail.model.errors import MailError

LINE_LIMIT = 998
"""Octets of a line without its end (RFC 5322 §2.1.1)."""

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")


def stuffed(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Return what to send, all but the last CRLF, and how many octets of the letter are done with it.

    Blocks may be cut anywhere. Raises MailError at a line that must not leave.
    """
    carried, end, done = b"", b"", 0
    for block in blocks:
        done += len(block)
        whole, found, carried = (carried + block).rpartition(b"\r\n")
        if found:
            yield end + _checked(whole), done
            end = b"\r\n"
        if len(carried) > LINE_LIMIT + 1:  # the CR of its end may be here already
            _checked(carried.removesuffix(b"\r"))
    if carried:
        yield end + _checked(carried), done


def _checked(lines: bytes) -> bytes:
    """Dot-stuff lines; the octets begin at the beginning of one and end at the end of one."""
    if _BARE.search(lines):
        raise MailError("The letter holds half a line end, which must not leave: it was not sent")
    if max(map(len, lines.split(b"\r\n"))) > LINE_LIMIT:
        raise MailError(f"The letter has a line of more than {LINE_LIMIT} octets: it was not sent")
    return (b"." if lines.startswith(b".") else b"") + lines.replace(b"\r\n.", b"\r\n..")
