"""What can be asked of the selected mailbox (RFC 9051 §6.4; RFC 7162, 6851, 4315, 4731).

Messages are named by UID throughout; sequence numbers only count. Commands of one session may run at the
same time: a response finds its command by what it carries.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import BinaryIO

from tui_mail.imap.fetched import FLAG_NAMES, HEADER_LIMIT, Fetched, FetchedPart
from tui_mail.imap.gathering import Gathering
from tui_mail.imap.news import RANGE_LIMIT
from tui_mail.imap.responses import CopyUid, Found, Response, Status, read_copy_uid
from tui_mail.imap.speaking import Speaker, checked, temporary_file
from tui_mail.imap.wire import LITERAL_LIMIT, Ranges, expanded, format_set, split_sets
from tui_mail.model.errors import ProtocolError, ServerRefused, StoreFull
from tui_mail.model.message import Flag

SLICE = 1024 * 1024
"""Octets of a large message that are fetched at once, and lost at most when the line breaks …"""
SLICES_IN_FLIGHT = 2
"""… for each of the slices on their way."""

_SET = re.compile(r"[\d:,*]+")
_PATH = re.compile(r"\d{1,5}(?:\.\d{1,5}){0,99}")
_LINE = re.compile(r"[\x20-\x7e]+")
_KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_FLAG_SEARCHES = {
    Flag.SEEN: "SEEN",
    Flag.FLAGGED: "FLAGGED",
    Flag.ANSWERED: "ANSWERED",
    Flag.DRAFT: "DRAFT",
    Flag.DELETED: "DELETED",
    Flag.FORWARDED: "KEYWORD $Forwarded",
}
_FLAG_TEXT = {flag: name[0] + name[1:].capitalize() for name, flag in FLAG_NAMES.items()}


def flag_list(flags: Flag, keywords: Iterable[str] = ()) -> bytes:
    """Write flags as a parenthesised list."""
    words = [_FLAG_TEXT[flag] for flag in flags]
    for keyword in keywords:
        if not _KEYWORD.fullmatch(keyword):
            raise ProtocolError("a keyword holds a character that cannot be sent")
        words.append(keyword)
    return b"(%b)" % " ".join(words).encode("ascii")


class SelectedCommands(Speaker):
    """A session's commands in the selected state."""

    def __init__(self) -> None:
        super().__init__()
        self._one_body = asyncio.Lock()
        self._one_search = asyncio.Lock()

    # Reading.

    async def fetch(
        self, uids: str, items: str, changed_since: int | None = None, vanished: bool = False
    ) -> list[Fetched]:
        """Fetch `items`, UID always among them; with `vanished` the UIDs that are gone come as news.

        A message whose answer cannot be read is missing, and its UID is among the news.
        """
        modifiers = f" (CHANGEDSINCE {changed_since}{' VANISHED' * vanished})" if changed_since else ""
        command = b"UID FETCH %b (UID %b)%b" % (
            checked(uids, _SET),
            checked(items, _LINE),
            modifiers.encode(),
        )
        gathering = Gathering(uids, items, self.news)
        try:
            await self._do(command, doing="show messages", collect=gathering.collect)
            await self._name(gathering)
        except BaseException:
            gathering.close()
            raise
        return list(gathering.answers.values())

    async def fetch_list(self, uids: str, fields: tuple[str, ...]) -> list[Fetched]:
        """Fetch what a list needs: flags, dates, sizes, structures and the header fields named."""
        modseq = "MODSEQ " if self._tells_modseq else ""
        header = f"BODY.PEEK[HEADER.FIELDS ({' '.join(fields)})]"
        return await self.fetch(uids, f"FLAGS INTERNALDATE RFC822.SIZE {modseq}BODYSTRUCTURE {header}")

    async def fetch_flags(self, uids: str, changed_since: int | None = None) -> list[Fetched]:
        """Fetch flags, all or those changed since a MODSEQ; under QRESYNC what vanished comes as news."""
        items = "FLAGS MODSEQ" if self._tells_modseq else "FLAGS"
        since = changed_since if self._tells_modseq else None
        return await self.fetch(uids, items, since, vanished="QRESYNC" in self.enabled)

    async def newest_uids(self, count: int) -> list[int]:
        """Return the UIDs of the last `count` messages, sorted."""
        if not self.news.exists:
            return []
        gathering = Gathering(None, "", self.news, limit=count)
        await self._do(
            b"FETCH %d:%d (UID)" % (max(1, self.news.exists - count + 1), self.news.exists),
            doing="show messages",
            collect=gathering.collect,
        )
        return sorted(gathering.answers)

    async def fetch_body(self, uid: int, open_sink: Callable[[], BinaryIO] = temporary_file) -> BinaryIO:
        """Fetch a whole message into a file, rewound; a large one is written there as it arrives."""
        async with self._one_body:
            self._open_sink = open_sink
            try:
                answers = await self.fetch(str(uid), "BODY.PEEK[]")
            finally:
                self._open_sink = temporary_file
        body = answers[0].body if answers else None
        if body is None:
            raise self._gone(uid)
        return _in_a_file(body, open_sink)

    async def fetch_rest(
        self, uid: int, offset: int, size: int, go_on: Callable[[], bool] = lambda: True
    ) -> AsyncGenerator[bytes]:
        """Yield a message of about `size` octets from `offset` on in slices; only the last is not whole.

        So that what came before a line broke, or `go_on` said no, can be kept, and gone on with from there.
        """
        while go_on():
            slices = range(offset, max(size, offset + 1), SLICE)[:SLICES_IN_FLIGHT]
            for piece in await asyncio.gather(*(self._fetch_slice(uid, start) for start in slices)):
                yield piece
                offset += len(piece)
                if len(piece) < SLICE:
                    return
            if offset > LITERAL_LIMIT:
                raise ProtocolError(f"a message is larger than {LITERAL_LIMIT // 1024**2} MiB")

    async def fetch_part(
        self, uid: int, path: str, open_sink: Callable[[], BinaryIO] = temporary_file
    ) -> FetchedPart:
        """Fetch one part of a message by its path, such as "1.2", still in its transfer encoding."""
        name = checked(path, _PATH).decode("ascii")
        async with self._one_body:
            self._open_sink = open_sink
            try:
                answers = await self.fetch(str(uid), f"BODY.PEEK[{name}.MIME] BODY.PEEK[{name}]")
            finally:
                self._open_sink = temporary_file
        body = answers[0].section(f"BODY[{name}]") if answers else None
        if body is None:
            raise self._gone(uid)
        header = answers[0].section(f"BODY[{name}.MIME]")
        if header is not None and not isinstance(header, bytes):
            with header as file:
                header = file.read(HEADER_LIMIT)
        return FetchedPart(header or b"", _in_a_file(body, open_sink))

    async def fetch_bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Fetch several messages of ordinary size; those the server does not give are missing."""
        found: dict[int, bytes] = {}
        for one in await self.fetch(format_set(uids), "BODY.PEEK[]") if uids else ():
            if isinstance(one.body, bytes):
                found[one.uid] = one.body
            elif one.body is not None:
                with one.body as sink:
                    found[one.uid] = sink.read()
        return found

    async def search(self, criteria: str) -> list[int]:
        """Return the UIDs of the messages that match `criteria`, in the server's order."""
        return expanded(await self.search_ranges(criteria))

    async def search_ranges(self, criteria: str) -> Ranges:
        """Return the UIDs of the messages that match `criteria` as ranges.

        The search is always bound to UIDs: iCloud answers junk otherwise (kenn-io/msgvault#436).
        """
        bound = "" if criteria.startswith("UID ") else "UID 1:* "
        found: Ranges = []

        def collect(response: Response) -> bool:
            if not isinstance(response, Found):
                return False
            found.extend(response.ranges)
            if len(found) > RANGE_LIMIT:
                raise ProtocolError(f"a search finds more than {RANGE_LIMIT:,} runs of messages")
            return True

        extended = self._offers("ESEARCH")
        command = b"UID SEARCH %b%b" % (
            b"RETURN (ALL) " if extended else b"",
            checked(bound + criteria, _LINE),
        )
        # A plain SEARCH response does not say whose it is, so no second one may be on its way.
        async with contextlib.nullcontext() if extended else self._one_search:
            await self._do(command, doing="search", collect=collect)
        return found

    async def flag_sets(self, uids: str = "1:*") -> dict[Flag, Ranges]:
        """Return for each flag the UIDs among `uids` that have it, in one go where the server has ESEARCH."""
        searches = (self.search_ranges(f"UID {uids} {word}") for word in _FLAG_SEARCHES.values())
        return dict(zip(_FLAG_SEARCHES, await asyncio.gather(*searches), strict=True))

    # Changing.

    async def store_flags(
        self,
        uids: str,
        *,
        add: Flag = Flag.NONE,
        remove: Flag = Flag.NONE,
        add_keywords: Sequence[str] = (),
        remove_keywords: Sequence[str] = (),
    ) -> None:
        """Add and remove flags; doing it twice does no harm."""
        changes = [
            self._do(
                b"UID STORE %b %bFLAGS.SILENT %b" % (checked(uids, _SET), sign, flag_list(flags, keywords)),
                doing="change flags",
            )
            for sign, flags, keywords in ((b"+", add, add_keywords), (b"-", remove, remove_keywords))
            if flags or keywords
        ]
        for change in changes:
            await change

    @property
    def searches_compactly(self) -> bool:
        """Whether the server answers a search with ranges (RFC 4731)."""
        return self._offers("ESEARCH")

    @property
    def has_move(self) -> bool:
        """Whether the server can move in one step."""
        return self._offers("MOVE")

    @property
    def moves_leave_nothing(self) -> bool:
        """Whether what was moved is gone from its mailbox; else it stays there, marked as deleted."""
        return self.has_move or self._offers("UIDPLUS")

    async def move(self, uids: str, target: bytes) -> CopyUid | None:
        """Move messages (RFC 6851); the new UIDs where the server tells them."""
        return await self._transfer(b"UID MOVE ", uids, target, "move messages")

    async def copy(self, uids: str, target: bytes) -> CopyUid | None:
        """Copy messages; the new UIDs where the server tells them."""
        return await self._transfer(b"UID COPY ", uids, target, "copy messages")

    async def expunge(self, uids: str) -> bool:
        """Remove messages marked as deleted; False, and nothing done, without UIDPLUS.

        A bare EXPUNGE is never sent: it would remove what other clients marked.
        """
        if not self._offers("UIDPLUS"):
            return False
        await self._do(b"UID EXPUNGE " + checked(uids, _SET), doing="remove messages")
        return True

    async def _transfer(self, command: bytes, uids: str, target: bytes, doing: str) -> CopyUid | None:
        told: list[CopyUid] = []

        def collect(response: Response) -> bool:  # MOVE tells before it removes, so untagged
            if isinstance(response, Status) and response.code == "COPYUID":
                told.extend(filter(None, [read_copy_uid(response.arguments)]))
                return True
            return False

        parts = command + checked(uids, _SET) + b" ", self._named(target)
        collect(await self._do(*parts, doing=doing, collect=collect))
        if not told:
            return None
        return CopyUid(told[-1].uidvalidity, tuple(pair for one in told for pair in one.pairs))

    async def _name(self, missed: Gathering) -> None:
        """Ask for the UIDs of messages that were missed under their numbers.

        The numbers may mean others by now. So a UID is believed only if it was asked for and not answered.
        """
        naming = Gathering(None, "", self.news)
        for numbers in split_sets(missed.unnamed):
            command = b"FETCH %b (UID)" % numbers.encode("ascii")
            with contextlib.suppress(ServerRefused):  # there may be fewer messages by now
                await self._do(command, doing="show messages", collect=naming.collect)
        self.news.unreadable.update(uid for uid in naming.answers if missed.lacks(uid))

    async def _fetch_slice(self, uid: int, start: int) -> bytes:
        answers = await self.fetch(str(uid), f"BODY.PEEK[]<{start}.{SLICE}>")
        piece = answers[0].section(f"BODY[]<{start}>") if answers else None
        if piece is None:
            raise self._gone(uid)
        if not isinstance(piece, bytes):
            with piece as file:
                piece = file.read(SLICE + 1)
        if len(piece) > SLICE:
            raise ProtocolError("a slice of a message is longer than was asked for")
        return piece

    def _gone(self, uid: int) -> ServerRefused:
        if uid in self.news.unreadable:
            sentence = f"{self._line.where} shows that message in a way that cannot be read"
            return ServerRefused(sentence, code="UNREADABLE")
        return ServerRefused(f"{self._line.where} no longer has that message", code="NONEXISTENT")

    @property
    def _tells_modseq(self) -> bool:
        known = self.selected is not None and self.selected.modseq is not None
        return known and self._offers("CONDSTORE")


def _in_a_file(content: bytes | BinaryIO, open_sink: Callable[[], BinaryIO]) -> BinaryIO:
    if not isinstance(content, bytes):
        return content
    sink = open_sink()
    _kept(content, sink)
    sink.seek(0)
    return sink


def _kept(piece: bytes, sink: BinaryIO) -> int:
    try:
        return sink.write(piece)
    except OSError as error:
        raise StoreFull(f"A letter cannot be kept on the disk: {error.strerror}") from error
