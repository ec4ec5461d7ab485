"""What a search finds: every word of every message that is here, and none of what is gone."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.store.rows import EPOCH, VALIDITY, Home, arrival, fill, make_home
from tui_mail.engine.query import understood
from tui_mail.mime.words import spaced
from tui_mail.model.folder import FolderView, Role, RoleView, StarredView, View
from tui_mail.model.message import Flag
from tui_mail.store import accounts, bodies, indexed, keeping, lists, messages, search
from tui_mail.store.database import Database
from tui_mail.store.values import storable
from tui_mail.sync.indexing import Indexing
from tui_mail.sync.upkeep import Upkeep

ROOT = Path(__file__).parents[2]

NASTY = (
    *('"', '""', "'", "*", "a*", "^a", "-a", "+a", "a OR b", "a AND", "NOT", "NEAR(a b, 2)", "(", ")", "((("),
    *("{subject}: a", "subject:a", "account:a1", "a1", "a:b", ": :", "col : a", '{a b} : "x"', '" OR 1 --'),
    *("\0", "a\0b", "\ud800", "\ufffd", "\u0301", "a\u0301", "\u202eabc", "\ufeff", " ", "\t\n", "", "½"),
    *("日", "日本", "日本語", "本語 日", "a日b", "한국어", "ｶﾅ", "é" * 500, "x " * 500, "%s %n {0}", "/* */"),
)
"""Words that mean something to a parser, or nothing to anybody."""


@pytest.fixture
async def database(tmp_path: Path) -> Any:
    opened = await Database.open(tmp_path / "data" / "mail.db")
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def home(database: Database) -> Home:
    return await make_home(database)


def letter(subject: str, text: str, *names: str) -> bytes:
    """A letter with a text and attachments of these names."""
    head = f"Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    parts = [f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"]
    parts += [f'Content-Type: application/pdf; name="{name}"\r\n\r\n%PDF\r\n' for name in names]
    return (head + "".join(f"--x\r\n{part}" for part in parts) + "--x--\r\n").encode()


async def put(database: Database, id: int, raw: bytes) -> None:
    async with database.cache() as tx:
        await bodies.put(tx, id, raw)


async def index(database: Database) -> None:
    """Do all that is due."""
    await Upkeep(database, 0, lambda: False).finish(hurry=True)


async def found(
    database: Database, words: str, view: View | None = None, account: int | None = None
) -> list[int]:
    """The messages that a search finds, newest first."""
    wanted = understood(words).wanted
    if account is not None:
        wanted = replace(wanted, account=account)
    hits = await search.hits(database.searching, wanted, 50, view=view) if wanted else []
    return [message for message, _ in hits]


async def words(database: Database) -> list[tuple[Any, ...]]:
    """Every word of the index that a search can find, with where it stands."""
    async with database.cache() as tx:
        await tx.run("CREATE VIRTUAL TABLE IF NOT EXISTS temp.word USING fts5vocab(main, search, instance)")
        return await tx.all(
            "SELECT i.message, w.col, w.offset, w.term FROM temp.word w JOIN indexed i ON i.moment = w.doc"
            " WHERE i.message IS NOT NULL ORDER BY 1, 2, 3, 4"
        )


async def test_a_header_is_found_before_the_body_is_here_and_the_text_after(database: Database, home: Home):
    first, second = await fill(
        database,
        home.inbox,
        arrival(1, subject="Quarterly invoice", from_name="Zoë Example", recipients="Bob"),
        arrival(2, subject="Lunch", from_addr="carol@example.net"),
    )
    await index(database)
    assert await found(database, "invoice") == [first]
    assert await found(database, "ZOE") == [first]
    assert await found(database, "carol@example.net") == [second]
    assert await found(database, "dumplings") == []
    await put(database, second, letter("Lunch", "There are dumplings.", "menu-2026.pdf"))
    await index(database)
    assert await found(database, "dumplings lunch") == [second]
    assert await found(database, "menu") == [second]
    assert await found(database, "invoice") == [first]
    assert await indexed.extent(database.searching) == indexed.Extent(2, 1, 0, 0)


async def test_reading_a_body_once_tells_the_list_and_compresses_it(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    raw = letter("Notes", "First words. " * 500, "a.pdf")
    await put(database, id, raw)
    row = await lists.row(database.lists, id, None)
    assert row is not None
    assert row.snippet == ""
    await index(database)
    row = await lists.row(database.lists, id, None)
    assert row is not None
    assert row.snippet.startswith("First words.")
    assert row.marks & 1
    stored = await database.lists.one("SELECT stored, sha256 IS NULL FROM body")
    assert stored is not None
    assert stored[0] < len(raw) / 5
    assert not stored[1]
    assert await bodies.read(database.bodies, id) == raw


async def test_a_large_body_is_compressed_chunk_by_chunk(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    raw = letter("Large", "wordful " * 400_000)
    await put(database, id, raw)
    await index(database)
    assert await found(database, "wordful") == [id]
    forms = await database.lists.all("SELECT form FROM body_chunk ORDER BY n")
    assert forms == [(bodies.ZSTD,)] * -(-len(raw) // bodies.CHUNK)
    assert await bodies.read(database.bodies, id) == raw


async def test_equal_bodies_become_one(database: Database, home: Home):
    first, second = await fill(database, home.inbox, arrival(1), arrival(2))
    for id in (first, second):
        await put(database, id, letter("Same", "the same"))
    await index(database)
    assert await database.lists.one("SELECT count(*) FROM body") == (1,)
    assert await found(database, "same") == [second, first]


@pytest.mark.parametrize(
    ("text", "word", "hit"),
    [
        ("東京都に行きます", "東京", True),
        ("東京都に行きます", "京都", True),
        ("東京都に行きます", "都", True),
        ("東京都に行きます", "す", True),
        ("東京都に行きます", "京東", False),
        ("東京都に行きます", "東京都に行きます", True),
        ("東京都に行きます", "東京 行き", True),
        ("안녕하세요 여러분", "여러", True),
        ("Ａ版iPhone日本語版", "iphone日本語", True),
        ("Ａ版iPhone日本語版", "phone", False),
        ("中文b中文", "中文b", True),
    ],
)
async def test_scripts_without_spaces_are_found_by_any_part(
    database: Database, home: Home, text: str, word: str, hit: bool
):
    (id,) = await fill(database, home.inbox, arrival(1, subject=text))
    await index(database)
    assert await found(database, word) == ([id] if hit else [])


async def test_the_last_word_may_go_on_from_its_third_letter(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1, subject="Invoices for September"))
    await index(database)
    assert await found(database, "inv") == [id]
    assert await found(database, "inv sept") == []
    assert await found(database, "invoices sept") == [id]
    assert await found(database, "in") == []
    assert await found(database, "inv ") == []


async def test_hits_come_newest_first_in_pages(database: Database, home: Home):
    ids = await fill(database, home.inbox, *(arrival(uid, subject="Weekly report") for uid in range(1, 8)))
    await index(database)
    wanted = understood("report").wanted
    first = await search.hits(database.searching, wanted, 3)
    rest = await search.hits(database.searching, wanted, 9, below=first[-1][1])
    assert [id for id, _ in first + rest] == ids[::-1]


@pytest.mark.parametrize("small", [True, False])
async def test_a_search_stays_within_an_account_and_a_view(
    database: Database, home: Home, small: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(search, "SMALL", 2_000 if small else 0)
    other = await make_home(database, "home")
    (here,) = await fill(database, home.inbox, arrival(1, subject="Report"))
    (filed,) = await fill(database, home.archive, arrival(2, subject="Report", flags=Flag.FLAGGED))
    (there,) = await fill(database, other.inbox, arrival(3, subject="Report"))
    await index(database)
    assert await found(database, "report") == [there, filed, here]
    assert await found(database, "report", account=home.account) == [filed, here]
    assert await found(database, "report", FolderView(home.archive)) == [filed]
    assert await found(database, "report", RoleView(Role.INBOX)) == [there, here]
    assert await found(database, "report", StarredView()) == [filed]
    async with database.cache() as tx:  # the second inbox holds a copy of what lies in the first
        await tx.run(
            "INSERT INTO place(message, folder, role, moment, internal_date, server_flags, flags)"
            " SELECT message, ?, 1, moment, 0, 0, 0 FROM place WHERE message = ?",
            (other.inbox, here),
        )
    assert await found(database, "report", RoleView(Role.INBOX)) == [there, here]
    assert await found(database, f"a{home.account}") == []


async def test_what_is_gone_is_not_found_and_its_moment_is_not_given_again(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1, subject="Secret"))
    await index(database)
    moment = (await database.lists.all("SELECT moment FROM message"))[0][0]
    async with database.cache() as tx:
        await messages.remove_uids(tx, home.inbox, VALIDITY, [(1, 1)])
        # the next message would be given the same moment: its id differs in no lower bit
        await tx.run("UPDATE sqlite_sequence SET seq = ? WHERE name = 'message'", (id - 1 + (1 << 20),))
    assert await found(database, "secret") == []
    (again,) = await fill(database, home.inbox, arrival(1, subject="Open"))
    await index(database)
    assert (await database.lists.all("SELECT moment FROM message"))[0][0] == moment + 1
    assert await found(database, "secret") == []
    assert await found(database, "open") == [again]


async def test_a_worn_index_is_made_anew_without_the_dead(
    database: Database, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(indexed, "DEAD_LEAST", 2)
    await fill(database, home.inbox, *(arrival(uid, subject=f"Word{uid}") for uid in range(1, 11)))
    await index(database)
    async with database.cache() as tx:
        await messages.remove_uids(tx, home.inbox, VALIDITY, [(1, 2)])
    await index(database)
    assert await database.lists.one("SELECT count(*), sum(message IS NULL) FROM indexed") == (8, 0)
    assert await found(database, "word5") != []


async def test_forgetting_an_account_takes_its_words_away(database: Database, home: Home):
    other = await make_home(database, "home")
    await fill(database, home.inbox, arrival(1, subject="Confidential"))
    await fill(database, other.inbox, arrival(2, subject="Other"))
    await index(database)
    await accounts.forget(database, home.account)
    await index(database)
    assert {term for _, _, _, term in await words(database)} >= {"other"}
    async with database.cache() as tx:
        await tx.run("CREATE VIRTUAL TABLE temp.all_words USING fts5vocab(main, search, row)")
        assert await tx.all("SELECT 1 FROM temp.all_words WHERE term = 'confidential'") == []


async def test_an_index_made_by_other_rules_is_made_anew(database: Database, home: Home):
    await fill(database, home.inbox, arrival(1, subject="Old rules"))
    await index(database)
    async with database.cache() as tx:
        await tx.run("UPDATE indexing SET extractor = -1")
        await tx.run("INSERT INTO search(search) VALUES ('delete-all')")
    await index(database)
    assert len(await found(database, "rules")) == 1


async def test_a_damaged_body_holds_up_no_other(database: Database, home: Home):
    first, second = await fill(database, home.inbox, arrival(1), arrival(2))
    await put(database, first, letter("a", "readable"))
    await put(database, second, letter("b", "harmed"))
    async with database.cache() as tx:
        await tx.run("UPDATE body_chunk SET form = 1 WHERE body = (SELECT max(id) FROM body)")
    await index(database)
    assert await found(database, "readable") == [first]


async def test_no_words_are_syntax(database: Database, home: Home):
    await fill(database, home.inbox, arrival(1, subject=" ".join(NASTY)))
    await index(database)
    for one in NASTY:
        for view in (None, FolderView(home.inbox), RoleView(Role.INBOX)):
            await found(database, one, view)
            await found(database, f"{one} and {one}", view, account=home.account)
    assert await found(database, "near(a") != []


def hits_among(words: str, text: str) -> int | None:
    """How many hits `words` have in an index that holds nothing but `text`; None where they hold no word.

    Words that are to be left out are not looked at.
    """
    wanted = understood(words).wanted
    held = tuple(term for term in wanted.terms if not term.without)
    if not held:
        return None
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE search USING fts5(subject, sender, recipients, body, attachments, account,"
            " content='', tokenize='unicode61 remove_diacritics 2')"
        )
        shown = spaced(storable(text).replace("\0", " "))
        connection.execute("INSERT INTO search(rowid, subject, account) VALUES (1, ?, 'a1')", (shown,))
        expression = search.match(replace(wanted, terms=held, account=1))
        sql = "SELECT count(*) FROM search WHERE search MATCH ?"
        return int(connection.execute(sql, (expression,)).fetchone()[0])


@given(st.lists(st.sampled_from(NASTY), max_size=4).map(" ".join))
@example("a")
def test_a_text_holds_all_of_its_own_words(text: str):
    assert hits_among(text, text) in (1, None)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_words_can_be_looked_for_in_any_text(words: str, text: str):
    assert hits_among(words, text) in (0, 1, None)


UID = st.integers(1, 9)
STEP = st.one_of(
    st.tuples(st.just("add"), st.lists(UID, max_size=5)),
    st.tuples(st.just("remove"), UID),
    st.tuples(st.just("body"), UID),
    st.tuples(st.just("headers")),
    st.tuples(st.just("texts")),
    st.tuples(st.just("all")),
)


async def do(database: Database, home: Home, step: tuple[Any, ...]) -> None:
    match step:
        case ("add", uids):
            await fill(database, home.inbox, *(arrival(uid, subject=f"Subject {uid}") for uid in uids))
        case ("remove", uid):
            async with database.cache() as tx:
                await messages.remove_uids(tx, home.inbox, VALIDITY, [(uid, uid)])
        case ("body", uid):
            ids = await database.lists.all("SELECT message FROM place WHERE uid = ?", (uid,))
            for (id,) in ids:
                await put(database, id, letter("x", f"Body {uid % 3} of it", f"file{uid}.pdf"))
        case ("headers",):
            await Indexing(database).headers(busy=False)
        case ("texts",):
            await Indexing(database).texts(busy=True)
        case _:
            await index(database)


@given(st.lists(STEP, min_size=1, max_size=15))
@example([("add", [1, 2]), ("body", 1), ("texts",), ("headers",), ("remove", 1), ("add", [1])])
def test_the_index_holds_what_one_made_anew_holds(steps: list[tuple[Any, ...]]):
    async def live() -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = await Database.open(Path(folder) / "mail.db")
            try:
                home = await make_home(database)
                for step in steps:
                    await do(database, home, step)
                await index(database)
                await same_as_anew(database)
            finally:
                await database.close()

    asyncio.run(live())


async def same_as_anew(database: Database) -> None:
    """Check the index and its counts against an index made anew."""
    grown = await words(database), await indexed.extent(database.searching)
    async with database.cache() as tx:
        await tx.run("INSERT INTO search(search) VALUES ('integrity-check')")
        await indexed.start_over(tx, await indexed.extractor(tx))
    await index(database)
    assert (await words(database), await indexed.extent(database.searching)) == grown
    counted = await database.lists.one("SELECT count(*), coalesce(sum(stage = 2), 0) FROM indexed")
    assert counted == (grown[1].headers, grown[1].texts)


INDEXES = """
import asyncio, sys
from pathlib import Path
from tui_mail.store.database import Database
from tui_mail.sync import indexing
from tui_mail.sync.upkeep import Upkeep

indexing.HEADERS = indexing.BUSY_HEADERS = 7
indexing.TEXTS = indexing.BUSY_TEXTS = 3

async def main():
    database = await Database.open(Path(sys.argv[1]))
    upkeep = Upkeep(database, 0, lambda: False)
    while await upkeep._piece():
        print("piece", flush=True)
    await database.close()

asyncio.run(main())
"""


def work_and_die(path: Path) -> bool:
    """Let another process index a slice, and kill it then or in the next one; tell whether it was killed."""
    command = [sys.executable, "-c", INDEXES, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


async def test_an_index_killed_at_any_slice_is_gone_on_with(
    database: Database, home: Home, tmp_path: Path, long_form: bool
):
    ids = await fill(database, home.inbox, *(arrival(uid, subject=f"Subject {uid}") for uid in range(1, 41)))
    for id in ids:
        await put(database, id, letter("x", f"Body {id} of it", f"file{id}.pdf"))
    await database.close()
    path = tmp_path / "data" / "mail.db"
    killed = sum([await asyncio.to_thread(work_and_die, path) for _ in range(40 if long_form else 6)])
    print(f"killed {killed} times")
    assert killed > 0
    again = await Database.open(path)
    try:
        await index(again)
        assert await indexed.extent(again.searching) == indexed.Extent(40, 40, 0, 0)
        await same_as_anew(again)
    finally:
        await again.close()


async def test_mail_beyond_the_limit_is_given_up_the_least_used_first(database: Database, home: Home):
    ids = await fill(database, home.inbox, *(arrival(uid) for uid in range(1, 5)))
    for id in ids:
        await put(database, id, random.Random(id).randbytes(10_000))
    async with database.cache() as tx:
        await keeping.used(tx, ids[:1], EPOCH + 10_000)
    await Upkeep(database, 35_000, lambda: False).finish(hurry=True)
    here = [id for id in ids if await bodies.read(database.bodies, id) is not None]
    assert here == [ids[0], ids[2], ids[3]]
    assert await keeping.cached(database.lists) <= 35_000
    since = await keeping.floor(database.lists, 35_000) << 20
    assert [
        one.message for one in await bodies.missing(database.lists, home.account, since, 1 << 20, 9)
    ] == []


async def test_mail_that_no_server_has_is_never_given_up(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    async with database.cache() as tx:
        await bodies.put(tx, id, b"x" * 10_000, keep=True)
    await Upkeep(database, 1, lambda: False).finish(hurry=True)
    assert await bodies.read(database.bodies, id) is not None
