"""Whatever a server of IMAP says, no letter is lost, none is doubled, and a person reads what went wrong.

Each lie is told twice: to a store that is filled for the first time, and to one that comes back while there
is news on both sides. Then the server is honest again, and store and server must agree to the octet.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.engine.conftest import LIMIT, letter
from tests.engine.copies import Copy, held_by, held_here, letters
from tests.report import Report
from tests.servers.lies import (
    Action,
    Change,
    Close,
    Drip,
    Flood,
    GoOn,
    Hang,
    Moment,
    Rule,
    Say,
    edited,
    instead,
)
from tests.servers.lying import PASSWORD, LyingServer
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.demo.mailboxes import Mailbox
from tui_mail.engine import Engine
from tui_mail.engine.engine import AccountReport
from tui_mail.imap.command import Limits
from tui_mail.imap.session import Session
from tui_mail.model.errors import MailError
from tui_mail.model.folder import FolderView
from tui_mail.model.message import Flag
from tui_mail.sync import plan, replay, signin

HASTY = Limits(connect=2, silence=0.4, wall=1.0, pace=1e7, farewell=0.4)
"""Limits that a hanging server reaches at once."""
LETTERS = 12
LOGIN, SELECT, SEARCH = rb"^(LOGIN|AUTHENTICATE)", rb"^SELECT", rb"^UID SEARCH"
FETCH, BODIES, STORE, LIST = rb"^(UID )?FETCH", rb"^UID FETCH .*BODY\.PEEK\[\]", rb"^UID STORE", rb"^LIST"
LIST_DATA = rb"^UID FETCH .*BODYSTRUCTURE"
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Lie:
    """What a server says that is not so."""

    name: str
    rules: tuple[Rule, ...]
    error: bool | None = None
    """Whether a sentence must say what went wrong; None: it may or may not."""
    until_checked: bool = False
    """Whether only the next comparison of every row finds it out: nothing in it contradicts itself."""
    gone: bool = False
    """Whether the lie is that letters are gone, and nothing said in the same session speaks against it."""
    without: tuple[str, ...] = ()
    """What the server lacks, for a server that can do it is asked something else."""
    first: bool = True
    """Whether it can be told to a store that is filled for the first time."""


def inbox(change: Callable[[Mailbox], None]) -> Change:
    """Change the inbox behind everyone's back."""
    return Change(lambda user: change(user.mailbox("INBOX")))


def renumber(box: Mailbox) -> None:
    box.uidvalidity += 1_000


KINDS: dict[str, tuple[Action, ...]] = {
    "NO": (Say(b"{tag} NO not today\r\n"),),
    "BAD": (Say(b"{tag} BAD what\r\n"),),
    "silence": (Hang(),),
    "a wrong tag": (Say(b"zz9 OK done\r\n"), Hang()),
}
COMMANDS = {"LOGIN": LOGIN, "SELECT": SELECT, "SEARCH": SEARCH, "FETCH": FETCH, "STORE": STORE}
ANSWERS = [
    Lie(
        f"{kind} to {name}",
        (Rule(on, do),),
        error=True if name == "LOGIN" or kind not in ("NO", "BAD") else None,
        without=("QRESYNC",) if name == "SEARCH" else (),
        first=name not in ("SEARCH", "STORE"),
    )
    for name, on in COMMANDS.items()
    for kind, do in KINDS.items()
]
GREETINGS = [
    Lie("a BYE as greeting", (instead(Moment.GREETING, b"* BYE go away\r\n", Close()),), error=True),
    Lie("PREAUTH", (instead(Moment.GREETING, b"* PREAUTH come in\r\n"),), error=True),
    Lie("garbage as greeting", (instead(Moment.GREETING, b"HTTP/1.1 400 Bad Request\r\n"),), error=True),
    Lie("a tagged greeting", (instead(Moment.GREETING, b"t1 OK hello\r\n"),), error=True),
    Lie("two greetings", (Rule(Moment.GREETING, (Say(b"* OK hello\r\n"), GoOn())),), error=False),
    Lie("no greeting", (Rule(Moment.GREETING, (Hang(),)),), error=True),
    Lie("a greeting that drips", (Rule(Moment.GREETING, (Drip(b"* OK " + b"x" * 200, 0.02),)),), error=True),
    Lie("a greeting of 1 MB", (instead(Moment.GREETING, b"* OK " + b"x" * MB + b"\r\n"),), error=True),
]
EXISTS = [
    Lie("EXISTS too high", (edited(SELECT, (rb"\d+ EXISTS", b"1000 EXISTS"), times=None),)),
    Lie("EXISTS too low", (edited(SELECT, (rb"\d+ EXISTS", b"2 EXISTS"), times=None),)),
    Lie("EXISTS shrinks", (Rule(FETCH, (Say(b"* 1 EXISTS\r\n"), GoOn()), None),)),
    Lie("EXISTS of 2^32-1", (edited(SELECT, (rb"\d+ EXISTS", b"4294967295 EXISTS"), times=None),)),
    Lie("a negative EXISTS", (edited(SELECT, (rb"\d+ EXISTS", b"-5 EXISTS"), times=None),), error=True),
]
VALIDITY = [
    Lie("UIDVALIDITY changed", (Rule(SELECT, (inbox(renumber), GoOn())),)),
    Lie("UIDVALIDITY missing", (edited(SELECT, (rb"\* OK \[UIDVALIDITY[^\n]*\n", b""), times=None),)),
    Lie("UIDVALIDITY 0", (edited(SELECT, (rb"UIDVALIDITY \d+", b"UIDVALIDITY 0"), times=None),)),
    Lie(
        "UIDVALIDITY changing mid-session",
        (Rule(FETCH, (Say(b"* OK [UIDVALIDITY 99] x\r\n"), GoOn()), None),),
    ),
    Lie("UIDVALIDITY changing back", (edited(SELECT, (rb"UIDVALIDITY \d+", b"UIDVALIDITY 77")),)),
]
UIDS = [
    Lie("UIDs twice", (edited(LIST_DATA, (rb"(?s)(\* \d+ FETCH .*)", rb"\1\1"), times=None),)),
    Lie("descending UIDs", (edited(LIST_DATA, (rb"UID 11 ", b"UID 1 "), times=None),), until_checked=True),
    Lie("FETCH without UID", (edited(LIST_DATA, (rb"UID \d+ ", b""), times=None),)),
    Lie("UID 0", (edited(LIST_DATA, (rb"UID \d+ ", b"UID 0 "), times=None),), error=True, until_checked=True),
    Lie(
        "a UID above 2^32",
        (edited(LIST_DATA, (rb"UID \d+ ", b"UID 4294967299 "), times=None),),
        error=True,
        until_checked=True,
    ),
    Lie(
        "another body under a known UID",
        (edited(BODIES, (rb"UID 1 ", rb"UID 12 "), (rb"UID 14 ", rb"UID 13 "), times=None),),
    ),
    Lie("UIDNEXT falling", (edited(SELECT, (rb"UIDNEXT \d+", b"UIDNEXT 3"), times=None),)),
]
LITERALS = [
    Lie(
        "a literal longer than said", (edited(BODIES, (rb"(BODY\[\] \{\d+\}\r\n)", rb"\1extra"), times=None),)
    ),
    Lie(
        "a literal shorter than said",
        (edited(BODIES, (rb"(BODY\[\] \{\d+\}\r\n).....", rb"\1"), times=None),),
    ),
    Lie(
        "BYE inside a literal",
        (instead(BODIES, b"* 1 FETCH (UID 1 BODY[] {500}\r\n* BYE\r\n", Close()),),
        error=True,
    ),
    Lie("a literal of 0", (instead(BODIES, b"* 1 FETCH (UID 1 BODY[] {0}\r\n)\r\n{tag} OK\r\n"),)),
    Lie(
        "a literal of 4 GB",
        (instead(BODIES, b"* 1 FETCH (UID 1 BODY[] {4294967296}\r\n", Flood(b"x" * 1000)),),
        error=True,
    ),
    Lie(
        "a literal inside a structure",
        (edited(LIST_DATA, (rb'BODYSTRUCTURE \("text"', b"BODYSTRUCTURE ({4}\r\ntext"), times=None),),
    ),
]
UNASKED = b"* 2 EXPUNGE\r\n* 3 FETCH (UID 9 FLAGS (\\Seen))\r\n* 4 FETCH (FLAGS ())\r\n"
NEVER_LISTED = b'* ESEARCH (TAG "{tag}") UID ALL 1:5,900:950\r\n{tag} OK\r\n'
NOTHING_FOUND = b'* ESEARCH (TAG "{tag}") UID\r\n{tag} OK\r\n'
HOSTILE_NAMES = b"""* LIST () "/" "../../etc/passwd"\r
* LIST () "/" "\x1b]0;x\x07"\r
* LIST () "/" ""\r
"""
HOSTILE_DELIMITERS = b"""* LIST () NIL Loose\r
* LIST () "::" A::B\r
* LIST () "/" "&Jjo!"\r
"""
MANY_FOLDERS = b"".join(b'* LIST () "/" f%d\r\n' % n for n in range(100_001))
MANY_FLAGS = b"".join(b"k%d \\x%d " % (n, n) for n in range(500))
FALSE_OFFERS = b"CAPABILITY COMPRESS=DEFLATE QRESYNC NOTIFY "
REST = [
    Lie("flags with NUL", (edited(LIST_DATA, (rb"FLAGS \(", b"FLAGS (a\0b "), times=None),)),
    Lie("1,000 unknown flags", (edited(LIST_DATA, (rb"FLAGS \(", b"FLAGS (" + MANY_FLAGS), times=None),)),
    Lie(
        "unasked FETCH and EXPUNGE during FETCH",
        (Rule(LIST_DATA, (Say(UNASKED), GoOn()), None),),
    ),
    Lie(
        "SEARCH with UIDs never listed",
        (instead(SEARCH, NEVER_LISTED, times=None),),
        without=("QRESYNC",),
        first=False,
        until_checked=True,
    ),
    Lie(
        "an empty SEARCH",
        (instead(SEARCH, NOTHING_FOUND, times=None),),
        without=("QRESYNC",),
        first=False,
        until_checked=True,
    ),
    Lie("everything vanished", (Rule(SELECT, (Say(b"* VANISHED (EARLIER) 1:999\r\n"), GoOn()), None),)),
    Lie(
        "vanishing while it is looked at",
        (Rule(FETCH, (Say(b"* VANISHED 1:5\r\n"), GoOn()), None),),
        gone=True,
    ),
    Lie("NO to every body", (Rule(BODIES, KINDS["NO"], None),)),
    Lie("a sudden READ-ONLY", (edited(SELECT, (rb"READ-WRITE", b"READ-ONLY"), times=None),)),
    Lie("100,000 folders", (Rule(LIST, (Say(MANY_FOLDERS), GoOn())),), error=True),
    Lie("LIST with hostile names", (Rule(LIST, (Say(HOSTILE_NAMES), GoOn())),)),
    Lie("hostile delimiters", (Rule(LIST, (Say(HOSTILE_DELIMITERS), GoOn())),)),
    Lie(
        "COMPRESS and ENABLE offered falsely",
        (edited(rb"^CAPABILITY|^LOGIN|^AUTH", (rb"CAPABILITY ", FALSE_OFFERS), times=None),),
    ),
]
LIES = [*GREETINGS, *ANSWERS, *EXISTS, *VALIDITY, *UIDS, *LITERALS, *REST]
CASES = [
    pytest.param(lie, first, id=f"{lie.name}, {'first' if first else 'again'}")
    for lie in LIES
    for first in (True, False)
    if lie.first or not first
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signin, "LIMITS", HASTY)
    monkeypatch.setattr(replay, "SETTLE_WAIT", 0.01)


@asynccontextmanager
async def running(server: LyingServer, home: Home) -> AsyncIterator[Engine]:
    account = server.account()
    engine = await Engine.start(home, [account], Given({account.key: PASSWORD}), workers=False)
    try:
        yield engine
    finally:
        await engine.stop()


async def synced(engine: Engine) -> AccountReport:
    """Run once, within the time that the limits allow."""
    async with asyncio.timeout(LIMIT):
        (report,) = await engine.sync_once()
    return report


def furnish(server: LyingServer) -> None:
    prefix = server.user.prefix
    for number in range(1, LETTERS + 1):
        server.deliver(letter(f"Letter {number:02}", text=f"Text {number}.\r\n" * 20), flags=["\\Seen"])
    for number in (1, 2, 3):
        server.deliver(letter(f"Work {number}"), f"{prefix}Work")
    server.user.create(f"{prefix}Archive", "\\Archive")


def news(server: LyingServer) -> None:
    """What another client and the world did meanwhile."""
    box = server.user.mailbox("INBOX")
    server.deliver(letter("New 1"))
    server.deliver(letter("New 2"))
    third, fourth = list(box.messages.values())[2:4]
    box.set_flags(fourth, frozenset({"\\Flagged"}))
    box.remove([third.uid])
    server.deliver(letter("New at work"), f"{server.user.prefix}Work")


async def mark(engine: Engine) -> None:
    """What the person did meanwhile."""
    folder = next(folder for folder in await engine.reading.folders() if folder.name == "INBOX")
    view = FolderView(folder.id)
    ids, _ = await engine.reading.entries(view)
    row = next(row for row in await engine.reading.rows(view, list(ids)) if row.subject == "Letter 05")
    await engine.acting.mark([row.id], view, add=Flag.ANSWERED)


async def check_words(engine: Engine, report: AccountReport, lie: Lie) -> int:
    """Every sentence names the server and can be printed; how many there are."""
    (account,) = await engine.reading.sync_report()
    told = [words for words in (report.error, *(folder.error for folder in account.folders)) if words]
    if lie.error is not None:
        assert bool(told) is lie.error, told
    for words in told:
        assert "127.0.0.1:" in words
        assert words.isprintable()
        assert len(words) < 500
        assert PASSWORD not in words
    return len(told)


@pytest.mark.parametrize(("lie", "first"), CASES)
async def test_a_lie_costs_nothing(
    lie: Lie, first: bool, home: Home, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with LyingServer(without=lie.without) as server, running(server, home) as engine:
        furnish(server)
        if not first:
            assert (await synced(engine)).error is None
            await mark(engine)
            news(server)
        before = await held_here(engine)
        there = letters(held_by(server.user))
        server.rules += lie.rules
        told = await check_words(engine, await synced(engine), lie)
        assert sum(server.fired[rule] for rule in lie.rules) > 0
        assert letters(held_by(server.user)) == there
        if not lie.gone:
            assert_nothing_lost(before, await held_here(engine), held_by(server.user))
        server.honest()
        assert (await synced(engine)).error is None
        if lie.until_checked:
            monkeypatch.setattr(plan, "DAY", 1)  # what is in doubt was compared longer ago than that
            assert (await synced(engine)).error is None
        assert_same(await held_here(engine), held_by(server.user))
        assert letters(held_by(server.user)) == there
        assert await engine.reading.waiting() == 0
        report.count(
            "Lies told to store and engine",
            cases=1,
            lies_told=sum(server.fired[rule] for rule in lie.rules),
            sentences=told,
            letters_lost=0,
            letters_doubled=0,
            found_by_the_daily_check=int(lie.until_checked),
        )


def assert_same(here: Copy, there: Copy) -> None:
    """Compare store and server, and show what differs, letter by letter."""
    differs = [
        (name, sorted(set(here.get(name, [])) ^ set(there.get(name, [])), key=str))
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    ]
    assert not differs


def assert_nothing_lost(before: Copy, now: Copy, there: Copy) -> None:
    """What was here and is still there is here once."""
    for name, held in before.items():
        still = {one.raw for one in there[name]}
        here = [one.raw for one in now[name]]
        for one in held:
            if one.raw in still:
                assert here.count(one.raw) == 1


OVERQUOTA = (Say(b"{tag} NO [OVERQUOTA] full\r\n"),)


@pytest.mark.parametrize("kind", [*KINDS, "OVERQUOTA"])
async def test_a_lie_to_append_leaves_one_message_or_none(kind: str, report: Report) -> None:
    rule = Rule(rb"^APPEND", KINDS.get(kind, OVERQUOTA))
    async with LyingServer(rule) as server:
        session = await Session.connect(server.server, None, HASTY)
        await session.sign_in(server.account().username, PASSWORD)
        async with asyncio.timeout(LIMIT):
            with pytest.raises(MailError, match=r"127\.0\.0\.1:") as caught:
                await session.append(b"INBOX", letter("Mine"))
        assert getattr(caught.value, "code", "") == (kind if kind in ("NO", "BAD", "OVERQUOTA") else "")
        assert (server.fired[rule], letters(held_by(server.user))) == (1, [])
        session.abort()
    report.count("Lies told to store and engine", cases=1, lies_told=1, sentences=1)


def test_there_are_as_many_lies_as_the_plan_asks_for() -> None:
    assert len(LIES) + len(KINDS) + len(OVERQUOTA) >= 64
    assert len({lie.name for lie in LIES}) == len(LIES)
