"""The mailbox as one session sees it: sequence numbers, and news not yet told (RFC 9051, 2.3.1.2, 7.5.1).

Sequence numbers change only when an EXPUNGE is written, so each session keeps its own list of UIDs, and
what other sessions do waits here until this one may hear it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tui_mail.demo.imap.fetching import Items, answer
from tui_mail.demo.mailboxes import Arrived, Change, Flagged, Gone, Mailbox, Removed, Stored
from tui_mail.imap.wire import format_set, parse_set


@dataclass(slots=True, eq=False)
class Selected:
    """The open mailbox of a session."""

    mailbox: Mailbox
    read_only: bool
    uids: list[int] = field(default_factory=list)
    """The UID of each sequence number, from 1."""
    news: list[Change] = field(default_factory=list)
    """What changed and was not told yet."""

    def number(self, uid: int) -> int | None:
        """The sequence number of a UID."""
        index = bisect_left(self.uids, uid)
        return index + 1 if index < len(self.uids) and self.uids[index] == uid else None

    def chosen(self, numbers: bytes, by_uid: bool) -> list[tuple[int, Stored]]:
        """The messages of a set, in order; those that are gone already are left out."""
        last = (self.uids[-1] if self.uids else 1) if by_uid else len(self.uids)
        positions: set[int] = set()
        for low, high in parse_set(numbers, max(last, 1)):
            if by_uid:
                positions.update(range(bisect_left(self.uids, low), bisect_left(self.uids, high + 1)))
            else:
                positions.update(range(low - 1, min(high, len(self.uids))))
        return [
            (position + 1, stored)
            for position in sorted(positions)
            if (stored := self.mailbox.messages.get(self.uids[position])) is not None
        ]

    def everything(self) -> list[tuple[int, Stored]]:
        """Every message that is still there."""
        messages = self.mailbox.messages
        return [(n, messages[uid]) for n, uid in enumerate(self.uids, 1) if uid in messages]

    def told(self, modseq: bool, expunges: bool = True, by_uid: bool = False) -> Iterator[bytes]:
        """Write the news; without `expunges` sequence numbers stay as they are and removals wait on.

        With `by_uid` removals are told by UID (VANISHED: RFC 7162, 3.2.10).
        """
        news = dict.fromkeys(self.news)
        self.news = [] if expunges else [change for change in news if isinstance(change, Removed)]
        if Gone() in news:
            yield b"* BYE The mailbox was deleted.\r\n"
        if expunges:
            yield from self._vanished(news) if by_uid else self._removals(news)
        arrived = [change.uid for change in news if isinstance(change, Arrived)]
        present = [uid for uid in arrived if uid in self.mailbox.messages]
        if present:
            self.uids += present
            yield b"* %d EXISTS\r\n" % len(self.uids)
        yield from self._flags(news, modseq)

    def _removals(self, news: Iterable[Change]) -> Iterator[bytes]:
        for change in news:
            if isinstance(change, Removed) and (number := self.number(change.uid)):
                del self.uids[number - 1]
                yield b"* %d EXPUNGE\r\n" % number

    def _vanished(self, news: Iterable[Change]) -> Iterator[bytes]:
        gone = [
            change.uid
            for change in news
            if isinstance(change, Removed) and self.number(change.uid) is not None
        ]
        if gone:
            left = set(gone)
            self.uids = [uid for uid in self.uids if uid not in left]
            yield f"* VANISHED {format_set(sorted(gone))}\r\n".encode()

    def _flags(self, news: Iterable[Change], modseq: bool) -> Iterator[bytes]:
        items = Items((b"UID", b"FLAGS", b"MODSEQ") if modseq else (b"UID", b"FLAGS"), (), False)
        for change in news:
            if isinstance(change, Flagged) and (number := self.number(change.uid)):
                stored = self.mailbox.messages.get(change.uid)
                if stored is not None:
                    yield answer(number, stored, items)
