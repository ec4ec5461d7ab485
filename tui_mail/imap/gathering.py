"""Brings together what FETCH answers for one command (RFC 9051 §7.5.2).

A server may answer several commands at once, split what it tells of a message, and mix in changes nobody
asked for. A response belongs to the first command that asked for that UID and still lacks what it carries.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from tui_mail.imap.fetched import LARGEST_UID, Fetched
from tui_mail.imap.news import FolderNews
from tui_mail.imap.responses import Response, Unreadable
from tui_mail.imap.wire import parse_set
from tui_mail.model.errors import ProtocolError

MESSAGE_LIMIT = 250_000
"""Messages that one command may answer for."""

CONTENT_LIMIT = 48 * 1024 * 1024
"""Octets that the answers to one command may hold in memory."""

UNREADABLE_LIMIT = 10_000
"""Messages that a server may answer for in a way that cannot be read."""

_CARRIED = {
    "INTERNALDATE": "internal_date",
    "RFC822.SIZE": "size",
    "BODYSTRUCTURE": "structure",
}
_SECTION = re.compile(r"BODY\.PEEK(\[[^\]]*\])(?:<(\d+)\.\d+>)?")
_ONCE = ("internal_date", "size", "modseq", "header", "structure", "attachment", "body")
_CHANGEABLE = {"FLAGS": "flags", "MODSEQ": "modseq"}


class Gathering:
    """The answers to one FETCH, by UID in the order in which they began to come."""

    def __init__(self, uids: str | None, items: str, news: FolderNews, limit: int = MESSAGE_LIMIT) -> None:
        self.answers: dict[int, Fetched] = {}
        self.unnamed: set[int] = set()
        """Sequence numbers of messages whose answer could not be read at all, not even their UID."""
        self._news = news
        self._limit = limit
        self._content = 0
        self._asks_flags = "FLAGS" in items
        fixed = [name for item, name in _CARRIED.items() if item in items]
        self._sections = frozenset(_section_names(items))
        if "BODY[]" in self._sections:
            fixed.append("body")
        if any(name.startswith("BODY[HEADER") for name in self._sections):
            fixed.append("header")
        # Flags may come unasked at any time, so they tell whose a response is only if nothing else does.
        told_by_flags = not (fixed or self._sections)
        self._wanted = (
            [name for item, name in _CHANGEABLE.items() if item in items] if told_by_flags else fixed
        )
        ranges = sorted(parse_set(uids.encode("ascii"), LARGEST_UID)) if uids else [(1, LARGEST_UID)]
        self._lows = [low for low, _ in ranges]
        self._highs = [high for _, high in ranges]

    def collect(self, response: Response) -> bool:
        """Take in a response that belongs here; flags that nobody asked for are news."""
        if isinstance(response, Unreadable):
            return self._miss(response)
        if not isinstance(response, Fetched) or not self._is_asked(response.uid):
            return False
        known = self.answers.get(response.uid)
        if not self._brings(response, known):
            return False
        self.answers[response.uid] = _merged(known, response) if known else response
        self._content += response.weight
        if len(self.answers) > self._limit:
            raise ProtocolError(f"it answers for more than {self._limit:,} messages")
        if self._content > CONTENT_LIMIT:
            raise ProtocolError(f"its answers to one command exceed {CONTENT_LIMIT // 1024**2} MiB")
        if not self._asks_flags:
            self._news.add(response)
        return True

    def _miss(self, response: Unreadable) -> bool:
        if response.uid:
            if not self._is_asked(response.uid):
                return False
            self._news.unreadable.add(response.uid)
        else:
            self.unnamed.add(response.number)
        if len(self._news.unreadable) + len(self.unnamed) > UNREADABLE_LIMIT:
            raise ProtocolError(f"it answers for more than {UNREADABLE_LIMIT:,} messages in no readable way")
        return True

    def close(self) -> None:
        """Close the files of answers that nobody will read."""
        for one in self.answers.values():
            for file in one.files():
                file.close()

    def lacks(self, uid: int) -> bool:
        """Whether a message was asked for and no answer on it was read."""
        return self._is_asked(uid) and uid not in self.answers

    def _is_asked(self, uid: int) -> bool:
        place = bisect_right(self._lows, uid) - 1
        return place >= 0 and uid <= self._highs[place]

    def _brings(self, response: Fetched, known: Fetched | None) -> bool:
        if not (self._wanted or self._sections):
            return known is None
        for name, _ in response.sections:
            if name in self._sections and (known is None or known.section(name) is None):
                return True
        for name in self._wanted:
            if getattr(response, name) is not None and (known is None or getattr(known, name) is None):
                return True
        return False


def _section_names(items: str) -> Iterator[str]:
    """Return what the sections among `items` are called in answers: "PEEK" and the length are left out."""
    for found in _SECTION.finditer(items):
        yield f"BODY{found[1]}" + (f"<{found[2]}>" if found[2] else "")


def _merged(first: Fetched, second: Fetched) -> Fetched:
    flags, keywords = first.flags, first.keywords
    if second.flags is not None:
        flags, keywords = second.flags, second.keywords
    return replace(
        first,
        flags=flags,
        keywords=keywords,
        sections=first.sections + second.sections,
        **{name: getattr(second, name) for name in _ONCE if getattr(second, name) is not None},
    )
