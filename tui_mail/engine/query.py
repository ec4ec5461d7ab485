"""The language of searches, from what was typed to what is wanted: pure, and without a way to fail.

    words  "a phrase"  from: to: cc: subject: body: file:  -not
    is:unread|read|starred|answered|forwarded|list  has:attachment  tag:
    in:FOLDER  account:NAME  before: after: on: newer: older:  larger: smaller:

All of it must hold. The last word may go on while it is typed. Days are those of this machine's zone:
`before` and `older` end, `after` and `newer` begin. What is not understood is said and left out, since most
searches are half typed most of the time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from tui_mail.mime.words import looked_up
from tui_mail.model.message import Flag, Mark
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.store.search import Term, Wanted, Where
from tui_mail.store.values import GREATEST

PARTS_LIMIT = 32
"""Parts of one search; what goes beyond is left out."""

PART_LIMIT = 200
"""Characters of one of them."""

PREFIX_FROM = 3
"""Letters from which on the last word may go on: shorter beginnings have too many ends."""

_PART = re.compile(
    r'(?P<minus>-?)(?:(?P<field>[A-Za-z]+):)?(?:"(?P<phrase>[^"]*)(?P<end>"?)|(?P<word>[^\s"]*))'
)
_TEXTS = {
    "from": Where.SENDER,
    "to": Where.RECIPIENTS,
    "cc": Where.RECIPIENTS,
    "subject": Where.SUBJECT,
    "body": Where.BODY,
    "file": Where.ATTACHMENTS,
}
_SET = {"read": Flag.SEEN, "starred": Flag.FLAGGED, "answered": Flag.ANSWERED, "forwarded": Flag.FORWARDED}
_CLEAR = {f"un{word}": flag for word, flag in _SET.items()}
_SPAN = re.compile(r"(\d{1,4})([dwmy])")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_SIZE = re.compile(r"(\d{1,9})([kKmMgG]?)[bB]?")
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True)
class Query:
    """What was understood of a search."""

    wanted: Wanted = field(default_factory=Wanted)
    folder: str = ""
    """The folder, or its role, that it names."""
    account: str = ""
    """The account that it names."""
    problems: tuple[SafeText, ...] = ()
    """What was not understood, a sentence each."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One part as it was typed."""

    name: str
    """What stands before its colon; "" where there is none."""
    text: str
    without: bool
    quoted: bool
    goes_on: bool
    """Whether it is still being typed."""

    @property
    def field(self) -> str:
        """Its field, in lower case."""
        return self.name.casefold()


def understood(typed: str, now: datetime | None = None) -> Query:
    """Return what a search means."""
    query = Query()
    for part in _parts(typed):
        query = _with(query, part, now or datetime.now().astimezone())
    return query


def _parts(typed: str) -> list[_Part]:
    typed = typed.replace("\0", " ")
    found = [each for each in _PART.finditer(typed) if each[0]]
    parts = []
    for each in found[:PARTS_LIMIT]:
        quoted = each["word"] is None
        text = (each["phrase"] if quoted else each["word"])[: PART_LIMIT + 1]
        at_end = each.end() == len(typed) and not (quoted and each["end"])
        parts.append(_Part(each["field"] or "", text, bool(each["minus"]), quoted, at_end))
    return parts


def _with(query: Query, part: _Part, now: datetime) -> Query:
    if not part.field or part.field in _TEXTS:
        return _with_text(query, part)
    if part.field not in _FIELDS:  # a time, an address of the web: words with a colon between them
        return _with_text(query, replace(part, name="", text=f"{part.name}:{part.text}"))
    if not part.text:
        return query
    if part.without and part.field not in ("is", "has"):
        return _not_understood(query, f"“-{part.field}:” cannot be left out; a word can")
    return _FIELDS[part.field](query, part, now)


def _with_text(query: Query, part: _Part) -> Query:
    text, goes_on = _looked_up(part)
    if not text:
        return query
    last = part.goes_on and not part.quoted and len(part.text) >= PREFIX_FROM
    where = _TEXTS.get(part.field, Where.ANYWHERE)
    term = Term(text, goes_on or last or len(part.text) > PART_LIMIT, where, part.without)
    return replace(query, wanted=replace(query.wanted, terms=(*query.wanted.terms, term)))


def _looked_up(part: _Part) -> tuple[str, bool]:
    words = [looked_up(word) for word in part.text[:PART_LIMIT].split()]
    texts = [text for text, _ in words if text]
    return " ".join(texts), bool(words) and words[-1][1]


def _not_understood(query: Query, sentence: str) -> Query:
    return replace(query, problems=(*query.problems, safe_text(sentence)))


def _is(query: Query, part: _Part, _: datetime) -> Query:
    word, wanted = part.text.casefold(), query.wanted
    must, must_not = _SET.get(word, Flag.NONE), _CLEAR.get(word, Flag.NONE)
    if part.without:
        must, must_not = must_not, must
    if must or must_not:
        changed = replace(wanted, flags=wanted.flags | must, no_flags=wanted.no_flags | must_not)
        return replace(query, wanted=changed)
    if word == "list" and not part.without:
        return replace(query, wanted=replace(wanted, marks=wanted.marks | Mark.LIST))
    return _not_understood(query, "“is:” knows unread, read, starred, answered, list")


def _has(query: Query, part: _Part, _: datetime) -> Query:
    if part.without or part.text.casefold() not in ("attachment", "attachments", "file"):
        return _not_understood(query, "“has:” knows attachment")
    marks = query.wanted.marks | Mark.ATTACHMENT
    return replace(query, wanted=replace(query.wanted, marks=marks))


def _tag(query: Query, part: _Part, _: datetime) -> Query:
    return replace(query, wanted=replace(query.wanted, tags=(*query.wanted.tags, part.text)))


def _in(query: Query, part: _Part, _: datetime) -> Query:
    return replace(query, folder=part.text)


def _account(query: Query, part: _Part, _: datetime) -> Query:
    return replace(query, account=part.text)


def _since(query: Query, moment: datetime) -> Query:
    since = max(query.wanted.since, 0, int(moment.timestamp()))
    return replace(query, wanted=replace(query.wanted, since=since))


def _until(query: Query, moment: datetime) -> Query:
    until = max(0, int(moment.timestamp()))
    if query.wanted.until is not None:
        until = min(until, query.wanted.until)
    return replace(query, wanted=replace(query.wanted, until=until))


def _dated(begins: bool, ends: bool) -> "Callable[[Query, _Part, datetime], Query]":
    """Return what a field does that is about a day, a month or a year."""

    def take(query: Query, part: _Part, now: datetime) -> Query:
        found = _period(part.text.casefold(), now)
        if found is None:
            return _not_understood(query, f"“{part.field}:” wants a day: 2026-05-12, 7d")
        first, behind = (_midnight(day, now) for day in found)
        if begins:
            query = _since(query, first)
        if ends:
            query = _until(query, behind if begins else first)
        return query

    return take


def _period(word: str, now: datetime) -> tuple[date, date] | None:
    """Return the first day of what a word means, and the first behind it."""
    today = now.date()
    try:
        if word in ("today", "yesterday"):
            first = today - timedelta(days=word == "yesterday")
            return first, first + timedelta(days=1)
        if span := _SPAN.fullmatch(word):
            first = today - timedelta(days=int(span[1]) * _DAYS[span[2]])
            return first, first + timedelta(days=1)
        if found := _DAY.fullmatch(word):
            year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
            first = date(year, month or 1, day or 1)
            if day:
                return first, first + timedelta(days=1)
            if month:
                return first, (first + timedelta(days=31)).replace(day=1)
            return first, date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        return None
    return None


def _midnight(day: date, now: datetime) -> datetime:
    """Return the beginning of a day here, whatever the season's time."""
    naive = datetime(day.year, day.month, day.day)  # local: the next line says so
    try:
        return naive.astimezone()
    except (ValueError, OverflowError, OSError):
        return naive.replace(tzinfo=now.tzinfo)


def _sized(name: str) -> "Callable[[Query, _Part, datetime], Query]":
    def take(query: Query, part: _Part, _: datetime) -> Query:
        found = _SIZE.fullmatch(part.text)
        if not found:
            return _not_understood(query, f"“{part.field}:” wants a size: 500k, 5M")
        octets = min(int(found[1]) * _UNITS[found[2].casefold()], GREATEST)
        wanted = query.wanted
        larger, smaller = (octets, wanted.smaller) if name == "larger" else (wanted.larger, octets)
        return replace(query, wanted=replace(wanted, larger=larger, smaller=smaller))

    return take


_FIELDS: "dict[str, Callable[[Query, _Part, datetime], Query]]" = {
    "is": _is,
    "has": _has,
    "tag": _tag,
    "in": _in,
    "account": _account,
    "before": _dated(begins=False, ends=True),
    "older": _dated(begins=False, ends=True),
    "after": _dated(begins=True, ends=False),
    "newer": _dated(begins=True, ends=False),
    "since": _dated(begins=True, ends=False),
    "on": _dated(begins=True, ends=True),
    "larger": _sized("larger"),
    "smaller": _sized("smaller"),
}
