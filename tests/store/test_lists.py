import itertools
from collections.abc import Sequence

import pytest

from tests.store.rows import EPOCH, Home, arrival, fill, make_home, move_places
from tui_mail.model.folder import FolderView, Role, RoleView, StarredView, View
from tui_mail.model.message import Flag, Mark
from tui_mail.store import folders, lists
from tui_mail.store.database import Database, Source
from tui_mail.store.places import places

INBOXES = RoleView(Role.INBOX)


async def plan(source: Source, sql: str, params: Sequence[object]) -> str:
    return " / ".join(row[3] for row in await source.all(f"EXPLAIN QUERY PLAN {sql}", params))


@pytest.fixture
async def mixed(database: Database, home: Home) -> Home:
    """Two accounts with a thousand messages: half read, a tenth starred, some in archive and trash."""
    other = await make_home(database, "home")
    for place, folder in enumerate((home.inbox, home.archive, home.trash, home.plain, other.inbox)):
        first = place * 200 + 1
        flags = itertools.cycle([Flag.SEEN, Flag.NONE, Flag.SEEN, Flag.NONE, Flag.SEEN | Flag.FLAGGED])
        letters = [
            arrival(uid, flags=flag) for uid, flag in zip(range(first, first + 200), flags, strict=False)
        ]
        await fill(database, folder, *letters)
    return home


async def analyze(database: Database) -> None:
    async with database.cache() as tx:
        await tx.all("ANALYZE")


@pytest.mark.parametrize("analyzed", [False, True], ids=["no statistics", "statistics"])
@pytest.mark.parametrize(
    ("view", "index"),
    [
        (FolderView(1), "COVERING INDEX place_list (folder=? AND moment<?)"),
        (INBOXES, "COVERING INDEX place_role (role=? AND moment<?)"),
        (StarredView(), "COVERING INDEX place_starred (moment<?)"),
    ],
)
async def test_the_order_of_a_view_is_read_from_its_index(
    database: Database, mixed: Home, view: View, index: str, analyzed: bool
):
    if analyzed:
        await analyze(database)
    sql, params = lists.entries_query(view)
    found = await plan(database.lists, sql, (*params, 1 << 62, 200))
    assert found == f"SEARCH p USING {index}"


@pytest.mark.parametrize("analyzed", [False, True], ids=["no statistics", "statistics"])
@pytest.mark.parametrize("view", [FolderView(1), INBOXES, StarredView(), None])
async def test_rows_are_found_by_their_ids(
    database: Database, mixed: Home, view: View | None, analyzed: bool
):
    if analyzed:
        await analyze(database)
    sql, params = lists.rows_query(view)
    found = await plan(database.lists, sql, ("[1]", *params))
    assert "SCAN j VIRTUAL TABLE" in found
    assert "SEARCH p USING INDEX sqlite_autoindex_place_1 (message=?" in found
    assert "/ SEARCH m USING INTEGER PRIMARY KEY (rowid=?)" in found
    assert found.endswith("SEARCH k USING PRIMARY KEY (place=?)")
    assert "TEMP B-TREE" not in found
    if view is not None:
        sql, params = lists.located_query(view)
        found = await plan(database.lists, sql, ("[1]", *params))
        assert "sqlite_autoindex_place_1 (message=?" in found
        assert "SCAN p" not in found


@pytest.mark.parametrize("analyzed", [False, True], ids=["no statistics", "statistics"])
@pytest.mark.parametrize("newer", [True, False])
@pytest.mark.parametrize(
    ("view", "index"),
    [
        (FolderView(1), "place_unread (folder=? AND moment"),
        (INBOXES, "place_unread (folder=? AND moment"),
        (StarredView(), "place_starred (moment"),
    ],
)
async def test_the_next_unread_message_is_found_without_a_scan(
    database: Database, mixed: Home, view: View, index: str, newer: bool, analyzed: bool
):
    if analyzed:
        await analyze(database)
    sql, params = lists.neighbour_query(view, newer)
    found = await plan(database.lists, sql, (1 << 61, *params))
    assert index in found
    assert "TEMP B-TREE" not in found
    assert "SCAN p" not in found


async def test_pages_follow_each_other_without_a_gap(database: Database, mixed: Home):
    for view in (FolderView(mixed.inbox), INBOXES, StarredView()):
        everything, moments = await lists.entries(database.lists, view, None, 10_000)
        assert list(moments) == sorted(moments, reverse=True)
        paged: list[int] = []
        below: int | None = None
        while True:
            ids, when = await lists.entries(database.lists, view, below, 7)
            paged += ids
            if not ids:
                break
            below = when[-1]
        assert paged == list(everything)
        assert len(set(paged)) == len(paged)


async def test_a_role_spans_accounts_and_stars_leave_out_the_trash(database: Database, mixed: Home):
    inboxes, _ = await lists.entries(database.lists, INBOXES, None, 10_000)
    starred, _ = await lists.entries(database.lists, StarredView(), None, 10_000)
    assert len(inboxes) == 400
    assert len(starred) == 4 * 40
    rows = await lists.rows(database.lists, StarredView(), starred)
    assert all(row.flags & Flag.FLAGGED and row.folder != mixed.trash for row in rows)
    counters = await folders.counters(database.lists)
    assert counters[INBOXES] == (400, 160)
    assert counters[StarredView()] == (160, 0)
    assert counters[RoleView(Role.JUNK)] == (0, 0)


async def test_rows_come_in_the_order_asked_and_missing_ones_are_left_out(database: Database, mixed: Home):
    ids, _ = await lists.entries(database.lists, FolderView(mixed.inbox), None, 5)
    asked = [ids[3], 999_999, ids[0], ids[4]]
    rows = await lists.rows(database.lists, FolderView(mixed.inbox), asked)
    assert [row.id for row in rows] == [ids[3], ids[0], ids[4]]
    assert await lists.rows(database.lists, FolderView(mixed.archive), asked) == []
    assert await lists.rows(database.lists, INBOXES, []) == []


async def test_only_what_a_view_shows_is_located_in_it(database: Database, mixed: Home):
    ids, moments = await lists.entries(database.lists, FolderView(mixed.inbox), None, 2)
    found = await lists.located(database.lists, INBOXES, [*ids, ids[0], 999_999])
    assert found == [(moments[0], ids[0]), (moments[1], ids[1])]
    assert await lists.located(database.lists, FolderView(mixed.trash), ids) == []


@pytest.mark.parametrize("view", [INBOXES, StarredView(), None])
async def test_the_nearest_unread_message_on_each_side_is_found(
    database: Database, mixed: Home, view: View | None
):
    shown = view or FolderView(mixed.inbox)
    if view == StarredView():
        ids, _ = await lists.entries(database.lists, INBOXES, None, 400)
        await fill(database, mixed.inbox, *(arrival(2000 + n, flags=Flag.FLAGGED) for n in range(3)))
    ids, moments = await lists.entries(database.lists, shown, None, 10_000)
    rows = await lists.rows(database.lists, shown, ids)
    unread = [(row.moment, row.id) for row in rows if not row.flags & Flag.SEEN]
    assert unread
    for moment in (moments[0], moments[len(moments) // 2], moments[-1]):
        newer = min((one for one in unread if one[0] > moment), default=None)
        older = max((one for one in unread if one[0] < moment), default=None)
        assert await lists.unread_neighbour(database.lists, shown, moment, newer=True) == newer
        assert await lists.unread_neighbour(database.lists, shown, moment, newer=False) == older


async def test_folders_without_a_role_have_no_unified_view(database: Database, mixed: Home):
    nothing = RoleView(Role.NONE)
    assert list((await lists.entries(database.lists, nothing, None, 10))[0]) == []
    assert await lists.unread_neighbour(database.lists, nothing, 1 << 60, newer=False) is None


async def test_a_row_holds_what_its_line_shows(database: Database, home: Home):
    (id,) = await fill(
        database,
        home.inbox,
        arrival(
            5,
            flags=Flag.SEEN | Flag.ANSWERED,
            marks=Mark.LIST | Mark.ATTACHMENT,
            size=1234,
            subject="Notes on the engine",
        ),
    )
    row = await lists.row(database.lists, id, FolderView(home.inbox))
    assert row is not None
    assert (row.id, row.account, row.folder, row.uid) == (id, home.account, home.inbox, 5)
    assert (row.sender, row.sender_address) == ("Ada Lovelace", "ada@example.org")
    assert (row.recipients, row.subject, row.snippet) == ("Bob, Carol", "Notes on the engine", "")
    assert (row.flags, row.marks) == (Flag.SEEN | Flag.ANSWERED, Mark.LIST | Mark.ATTACHMENT)
    assert (row.size, row.message_id, row.date) == (1234, "<5@example.org>", EPOCH + 300)


async def test_no_text_of_a_row_can_drive_a_terminal(database: Database, home: Home):
    nasty = "a\x1b]0;owned\x07\u202eb\x9bc\ud800\x00"
    (id,) = await fill(
        database,
        home.inbox,
        arrival(1, from_name=nasty, from_addr=nasty, recipients=nasty, subject=nasty, message_id=nasty),
    )
    row = await lists.row(database.lists, id, None)
    assert row is not None
    for text in (row.sender, row.sender_address, row.recipients, row.subject, row.message_id):
        assert "owned" in text
        assert not set(text) & set("\x1b\x07\x9b\x00\u202e\ud800")
    assert "⟨202E⟩" in row.sender_address


async def test_a_sender_without_a_name_is_shown_by_the_address(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1, from_name=""))
    row = await lists.row(database.lists, id, None)
    assert row is not None
    assert row.sender == "ada@example.org"


async def test_a_message_that_left_the_view_is_shown_where_it_lies(database: Database, home: Home):
    (id,) = await fill(database, home.inbox, arrival(1))
    (place,) = await places(database.lists, [id], None)
    async with database.cache() as tx:
        await move_places(tx, [(place.id, home.archive)])
    row = await lists.row(database.lists, id, FolderView(home.inbox))
    assert row is not None
    assert (row.folder, row.uid) == (home.archive, None)
    assert await lists.row(database.lists, 999_999, None) is None
