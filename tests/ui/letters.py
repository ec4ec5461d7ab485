"""A home filled with letters, for a screen that needs no server: two accounts and a month of mail."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.mime import build, parse
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.folder import Role
from tui_mail.model.message import Flag, Mark
from tui_mail.store import accounts, bodies, folders, keeping, messages
from tui_mail.store.database import Database, Transaction
from tui_mail.store.folders import ListedName
from tui_mail.store.messages import Arrival

VALIDITY = 7
HOUR, DAY = 3_600, 86_400

FOLDERS = (
    ("INBOX", Role.INBOX),
    ("Drafts", Role.DRAFTS),
    ("Sent", Role.SENT),
    ("Archive", Role.ARCHIVE),
    ("Junk", Role.JUNK),
    ("Trash", Role.TRASH),
    ("Projects", Role.NONE),
    ("Projects/Bridge", Role.NONE),
)


@dataclass(frozen=True)
class Letter:
    """One letter to be."""

    name: str
    address: str
    subject: str
    text: str
    age: int
    """Seconds since it was written."""
    flags: Flag = Flag.SEEN
    attachment: bool = False
    absent: bool = False
    """Its text is not on this machine."""


TEXT = """Hello all,

the figures you asked for are in the sheet: see https://example.org/figures for the second tab.

> Could we have both years side by side?
> It would help on Monday.

We can talk it through tomorrow.

--\x20
Anna
"""

NEW, READ = Flag.NONE, Flag.SEEN
FLAGGED, ANSWERED = Flag.SEEN | Flag.FLAGGED, Flag.SEEN | Flag.ANSWERED

WORK = (
    Letter("Anna Weber", "anna@example.org", "Budget for May", TEXT, HOUR, Flag.FLAGGED, True),
    Letter("Lena Fuchs", "lena@example.org", "Minutes of Monday", "Three decisions.", 5 * HOUR, NEW),
    Letter("Tomás Ruiz", "tomas@example.net", "Lease, signed copy", "Please keep it.", 3 * DAY, READ, True),
    Letter("王小明", "wang@example.cn", "关于五月的会议安排", "大家好，会议改到周五。", 9 * DAY),
    Letter(
        "City Library", "books@example.net", "Two books are due", "The Tin Drum, due on Friday.", 400 * DAY
    ),
)
HOME = (
    Letter("Ravi Patel", "ravi@example.net", "Re: Train on Friday", "I can take it.", 2 * HOUR, ANSWERED),
    Letter("Post & Parcel", "track@example.net", "Your parcel 4471", "It is on its way.", DAY, FLAGGED),
    Letter("", "news@example.net", "", "A letter without a subject.", 2 * DAY, NEW),
    Letter(
        "Mia 👩‍👩‍👧",
        "mia@example.net",
        "[bold]Photos[/bold] of the garden 🌻",
        "They came out well.",
        20 * DAY,
    ),
)


def account(key: str) -> Account:
    """Return an account whose server nobody asks."""
    return Account(key, f"{key}@example.org", "Test Person", Server("127.0.0.1", 9, Security.NONE), key)


async def fill(
    home: Home, letters: dict[str, Sequence[Letter]], *, now: float | None = None, copies: int = 1
) -> tuple[Account, ...]:
    """Put letters into the inboxes of accounts, each `copies` times, and return the accounts."""
    home.prepare()
    database = await Database.open(home.database)
    try:
        ids = await accounts.register(database, [(key, "imap") for key in letters])
        for key, of_account in letters.items():
            await _fill_account(database, ids[key], of_account, now or time.time(), copies)
    finally:
        await database.close()
    return tuple(account(key) for key in letters)


async def _fill_account(
    database: Database, account: int, letters: Sequence[Letter], now: float, copies: int
) -> None:
    async with database.cache() as tx:
        await folders.record_list(
            tx, account, [ListedName(n.encode(), n, "/", frozenset(), role) for n, role in FOLDERS]
        )
        states = {state.role: state.id for state in await folders.states(tx, account)}
        for copy in range(copies):
            arrivals = [
                arrival(1 + copy * len(letters) + place, replace(letter, age=letter.age + copy * DAY), now)
                for place, letter in enumerate(letters)
            ]
            ids = await messages.add(tx, states[Role.INBOX], VALIDITY, arrivals)
            for id, letter in zip(ids, letters, strict=True):
                await put_body(tx, id, letter, now)
        for id in states.values():
            await folders.set_cursor(tx, id, synced_at=int(now), uidvalidity=VALIDITY)


async def put_body(tx: Transaction, id: int, letter: Letter, now: float) -> None:
    """Store the text of a letter, if it is here."""
    if letter.absent:
        return
    raw = source(letter, now)
    content = parse.read(raw)
    await bodies.put(tx, id, raw)
    await keeping.describe(tx, [keeping.Look(id, content.snippet, content.has_attachment)])


def source(letter: Letter, now: float) -> bytes:
    """Return a letter as it would arrive."""
    return build.compose(
        sender=(letter.name, letter.address),
        to=[("Test Person", "you@example.org")],
        subject=letter.subject,
        text=letter.text,
        attachments=[("figures.csv", "text/csv", b"year,sum\n2025,17\n")] if letter.attachment else (),
        date=datetime.fromtimestamp(now - letter.age, UTC),
        message_id=f"<{letter.age}.{letter.address}>",
    )


def arrival(uid: int, letter: Letter, now: float) -> Arrival:
    """Return a letter as the server lists it."""
    when = int(now - letter.age)
    return Arrival(
        uid=uid,
        internal_date=when,
        size=4_000,
        flags=letter.flags,
        keywords=(),
        message_id=f"<{uid}.{letter.age}.{letter.address}>",
        in_reply_to="",
        references="",
        date=when,
        from_name=letter.name,
        from_addr=letter.address,
        recipients="Test Person",
        subject=letter.subject,
        marks=Mark.ATTACHMENT if letter.attachment else Mark.NONE,
        structure=None,
    )


async def start(root: Path, letters: dict[str, Sequence[Letter]], *, copies: int = 1) -> Engine:
    """Return an engine over a home that was filled, connected to nothing."""
    home = Home.at(root)
    known = await fill(home, letters, copies=copies)
    return await Engine.start(home, known, Given({}), online=False)
