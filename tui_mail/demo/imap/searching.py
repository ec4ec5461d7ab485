"""SEARCH: the criteria of a command as one test for a message (RFC 9051, 6.4.4; MODSEQ: RFC 7162, 3.1.5).

Criteria are read once into functions, then asked of every message. Text is compared without regard to case,
header fields decoded, and of bodies only the text parts.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from tui_mail.demo.almanac import MONTHS
from tui_mail.demo.imap.structure import Part, parse
from tui_mail.demo.mailboxes import Stored
from tui_mail.imap.wire import Token, parse_set
from tui_mail.mime.headers import decode_field, parse_date
from tui_mail.model.errors import ProtocolError

Test = Callable[[int, Stored], bool]
"""Whether the message with this sequence number is meant."""

_FLAG_WORDS = {
    "ANSWERED": "\\Answered",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
    "FLAGGED": "\\Flagged",
    "SEEN": "\\Seen",
}
_HEADER_WORDS = ("BCC", "CC", "FROM", "SUBJECT", "TO")
_DEPTH = 40


class Criteria:
    """Reads the criteria of one command."""

    def __init__(self, words: list[Token], largest_number: int, largest_uid: int) -> None:
        self._words = iter(words)
        self._largest_number = largest_number
        self._largest_uid = largest_uid
        self.uses_modseq = False

    def test(self) -> Test:
        """Read all that is left; every criterion must hold."""
        return _all_of([self._one(token, 0) for token in self._words])

    def _one(self, token: Token, depth: int) -> Test:
        if depth > _DEPTH:
            raise ProtocolError("the criteria are nested too deep")
        if isinstance(token, list):
            inner = Criteria(token, self._largest_number, self._largest_uid)
            tests = [inner._one(word, depth + 1) for word in inner._words]
            self.uses_modseq = self.uses_modseq or inner.uses_modseq
            return _all_of(tests)
        if not isinstance(token, bytes):
            raise ProtocolError("a criterion cannot be read")
        word = token.decode("ascii", "replace").upper()
        if word == "NOT":
            negated = self._one(self._next(), depth + 1)
            return lambda number, stored: not negated(number, stored)
        if word == "OR":
            first, second = (self._one(self._next(), depth + 1) for _ in range(2))
            return lambda number, stored: first(number, stored) or second(number, stored)
        return self._simple(word, token)

    def _simple(self, word: str, token: bytes) -> Test:
        if word in ("ALL", "OLD"):
            return lambda *_: True
        if word in ("NEW", "RECENT"):
            return lambda *_: False
        if flag := _FLAG_WORDS.get(word.removeprefix("UN")):
            return _flag_test(flag, wanted=not word.startswith("UN"))
        if word in ("KEYWORD", "UNKEYWORD"):
            return _flag_test(self._text(), wanted=word == "KEYWORD")
        if word in (*_HEADER_WORDS, "HEADER"):
            name = self._text() if word == "HEADER" else word
            return _header_test(name.lower().encode("utf-8", "replace"), self._text().lower())
        if word in ("TEXT", "BODY"):
            return _text_test(self._text().lower(), with_header=word == "TEXT")
        if word in ("LARGER", "SMALLER"):
            return _size_test(self._number(), larger=word == "LARGER")
        if word.removeprefix("SENT") in ("SINCE", "BEFORE", "ON"):
            return _date_test(word, self._date())
        return self._numbered(word, token)

    def _numbered(self, word: str, token: bytes) -> Test:
        if word == "MODSEQ":
            self.uses_modseq = True
            low = self._number()
            return lambda _, stored: stored.modseq >= low
        if word == "UID":
            ranges = parse_set(self._bytes(), max(self._largest_uid, 1))
            return lambda _, stored: any(low <= stored.uid <= high for low, high in ranges)
        if not token[:1].isdigit() and token[:1] != b"*":
            raise ProtocolError("a criterion is not known")
        numbers = parse_set(token, max(self._largest_number, 1))
        return lambda number, _: any(low <= number <= high for low, high in numbers)

    def _next(self) -> Token:
        try:
            return next(self._words)
        except StopIteration:
            raise ProtocolError("the criteria end in the middle") from None

    def _bytes(self) -> bytes:
        token = self._next()
        if not isinstance(token, bytes):
            raise ProtocolError("a word was expected among the criteria")
        return token

    def _text(self) -> str:
        return self._bytes().decode("utf-8", "replace")

    def _number(self) -> int:
        word = self._bytes()
        if not word.isdigit() or len(word) > 19:
            raise ProtocolError("a number was expected among the criteria")
        return int(word)

    def _date(self) -> date:
        try:
            day, month, year = self._text().split("-")
            return date(int(year), MONTHS.index(month.capitalize()) + 1, int(day))
        except ValueError:
            raise ProtocolError("a date among the criteria cannot be read") from None


def _all_of(tests: list[Test]) -> Test:
    return lambda number, stored: all(test(number, stored) for test in tests)


def _flag_test(flag: str, wanted: bool) -> Test:
    lowered = flag.lower()
    return lambda _, stored: any(found.lower() == lowered for found in stored.flags) is wanted


def _size_test(size: int, larger: bool) -> Test:
    if larger:
        return lambda _, stored: len(stored.content.raw) > size
    return lambda _, stored: len(stored.content.raw) < size


def _header_test(name: bytes, wanted: str) -> Test:
    def holds(_: int, stored: Stored) -> bool:
        value = parse(stored.content.raw).field(name)
        return value is not None and wanted in _decoded(value).lower()

    return holds


def _text_test(wanted: str, with_header: bool) -> Test:
    def holds(_: int, stored: Stored) -> bool:
        return any(wanted in text.lower() for text in _texts(parse(stored.content.raw), with_header))

    return holds


def _date_test(word: str, wanted: date) -> Test:
    sent = word.startswith("SENT")
    relation = word.removeprefix("SENT")

    def holds(_: int, stored: Stored) -> bool:
        day = _sent_day(stored) if sent else stored.moment.date()
        if relation == "ON":
            return day == wanted
        return day >= wanted if relation == "SINCE" else day < wanted

    return holds


def _sent_day(stored: Stored) -> date:
    value = parse(stored.content.raw).field(b"date")
    seconds = parse_date(value.decode("ascii", "replace")) if value else None
    return datetime.fromtimestamp(seconds, stored.moment.tzinfo).date() if seconds else stored.moment.date()


def _decoded(value: bytes) -> str:
    return decode_field(value.decode("utf-8", "surrogateescape"))


def _texts(message: Part, with_header: bool) -> Iterator[str]:
    if with_header:
        yield _decoded(message.header)
    for part in message.walk():
        if part.media == b"text":
            charset = dict(part.parameters).get(b"charset", b"utf-8").decode("ascii", "replace")
            try:
                yield part.decoded().decode(charset, "replace")
            except LookupError:
                yield part.decoded().decode("utf-8", "replace")
