"""Brings together what FETCH answers for one command (RFC 9051 §7.5.2).

A server may answer several commands at once, split what it tells of a message, and mix in changes nobody
asked for. A response belongs to the first command that asked for that UID and still lacks what it carries.
"""

from bisect import bisect_right

from tui_mail.imap.fetched import LARGEST_UID, Fetched
from tui_mail.imap.news import FolderNews
from tui_mail.imap.responses import Response
from tui_mail.imap.wire import parse_set
from tui_mail.model.errors import ProtocolError

MESSAGE_LIMIT = 2_000_000
"""Messages that one command may answer for."""

_CARRIED = {
    "INTERNALDATE": "internal_date",
    "RFC822.SIZE": "size",
    "BODYSTRUCTURE": "structure",
    "BODY.PEEK[HEADER": "header",
    "BODY.PEEK[]": "body",
}
_CHANGEABLE = {"FLAGS": "flags", "MODSEQ": "modseq"}


class Gathering:
    """The answers to one FETCH, by UID in the order in which they began to come."""

    def __init__(self, uids: str | None, items: str, news: FolderNews) -> None:
        self.answers: dict[int, Fetched] = {}
        self._news = news
        self._asks_flags = "FLAGS" in items
        fixed = [name for item, name in _CARRIED.items() if item in items]
        # Flags may come unasked at any time, so they tell whose a response is only if nothing else does.
        self._wanted = fixed or [name for item, name in _CHANGEABLE.items() if item in items]
        ranges = sorted(parse_set(uids.encode("ascii"), LARGEST_UID)) if uids else [(1, LARGEST_UID)]
        self._lows = [low for low, _ in ranges]
        self._highs = [high for _, high in ranges]

    def collect(self, response: Response) -> bool:
        """Take in a response that belongs here; flags that nobody asked for are news."""
        if not isinstance(response, Fetched) or not self._is_asked(response.uid):
            return False
        known = self.answers.get(response.uid)
        if not self._brings(response, known):
            return False
        self.answers[response.uid] = _merged(known, response) if known else response
        if len(self.answers) > MESSAGE_LIMIT:
            raise ProtocolError(f"it answers for more than {MESSAGE_LIMIT:,} messages")
        if not self._asks_flags:
            self._news.add(response)
        return True

    def close(self) -> None:
        """Close the files of answers that nobody will read."""
        for one in self.answers.values():
            if one.body is not None and not isinstance(one.body, bytes):
                one.body.close()

    def _is_asked(self, uid: int) -> bool:
        place = bisect_right(self._lows, uid) - 1
        return place >= 0 and uid <= self._highs[place]

    def _brings(self, response: Fetched, known: Fetched | None) -> bool:
        if not self._wanted:
            return known is None
        return any(
            getattr(response, name) is not None and (known is None or getattr(known, name) is None)
            for name in self._wanted
        )


def _merged(first: Fetched, second: Fetched) -> Fetched:
    return Fetched(
        first.uid,
        second.flags if second.flags is not None else first.flags,
        second.keywords if second.flags is not None else first.keywords,
        *(
            getattr(first if getattr(second, name) is None else second, name)
            for name in ("internal_date", "size", "modseq", "header", "structure", "attachment", "body")
        ),
    )
