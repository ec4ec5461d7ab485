"""What a folder needs, decided from two states."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.imap.wire import runs
from tui_mail.sync.plan import (
    BATCH,
    DAY,
    WIDEST,
    Changes,
    CompareUids,
    Cursor,
    FetchFlags,
    FetchNew,
    FetchNewest,
    FetchNewestFlags,
    Range,
    SearchFlags,
    ServerState,
    StartOver,
    backfill,
    believable,
    check_is_due,
    next_width,
    plan,
    suspects,
)

KNOWN = Cursor(uidvalidity=7, uidnext=101, modseq=50, backfill_lo=1)


def server(uidvalidity: int | None = 7, uidnext: int | None = 101, modseq: int | None = 50) -> ServerState:
    return ServerState(uidvalidity, uidnext, modseq, exists=100)


def test_a_folder_never_opened_starts_with_its_newest_mail() -> None:
    cursor = Cursor(uidvalidity=None, uidnext=0, modseq=0, backfill_lo=0)
    assert plan(cursor, server(), Changes.WITH_SELECT) == (FetchNewest(),)


def test_a_renumbered_folder_starts_over_whatever_else_is_known() -> None:
    for changes in Changes:
        assert plan(KNOWN, server(uidvalidity=8), changes) == (StartOver(), FetchNewest())


def test_new_mail_is_fetched_from_the_cursor_up_to_what_the_server_announced() -> None:
    assert FetchNew(101, 110) in plan(KNOWN, server(uidnext=111), Changes.WITH_SELECT)


def test_a_server_that_hides_uidnext_is_asked_for_everything_above_the_cursor() -> None:
    assert FetchNew(101, None) in plan(KNOWN, server(uidnext=None), Changes.WITH_SELECT)


def test_nothing_new_costs_only_a_count() -> None:
    for changes in (Changes.WITH_SELECT, Changes.BY_MODSEQ):
        assert plan(KNOWN, server(), changes) == (CompareUids(only_if_counts_differ=True),)


def test_condstore_asks_for_the_flags_changed_since_the_cursor() -> None:
    assert FetchFlags(50) in plan(KNOWN, server(modseq=60), Changes.BY_MODSEQ)


def test_before_the_first_modseq_is_known_all_flags_are_read() -> None:
    fresh = Cursor(uidvalidity=7, uidnext=101, modseq=0, backfill_lo=1)
    for changes in (Changes.WITH_SELECT, Changes.BY_MODSEQ):
        assert FetchFlags(0) in plan(fresh, server(), changes)


UNCOUNTED = Cursor(uidvalidity=7, uidnext=101, modseq=0, backfill_lo=1)


def test_without_modseq_flags_are_searched_for_where_that_is_short() -> None:
    assert SearchFlags() in plan(UNCOUNTED, server(modseq=None), Changes.BY_SEARCH)


def test_without_modseq_and_short_searches_only_the_newest_flags_are_read_again() -> None:
    assert FetchNewestFlags() in plan(UNCOUNTED, server(modseq=None), Changes.BY_WINDOW)


@pytest.mark.parametrize(
    "lie", [server(uidnext=90), server(modseq=49), server(modseq=None), server(uidvalidity=None)]
)
def test_a_server_that_knows_less_than_before_is_compared_in_full(lie: ServerState) -> None:
    steps = plan(KNOWN, lie, Changes.WITH_SELECT)
    assert FetchFlags(0) in steps
    assert CompareUids(only_if_counts_differ=False) in steps


@given(st.integers(0, 100_000), st.integers(1, WIDEST))
def test_backfill_covers_every_older_uid_exactly_once(backfill_lo: int, width: int) -> None:
    covered: list[Range] = []
    lo = backfill_lo
    while part := backfill(lo, width):
        covered.append(part)
        lo = part.lo
    assert [part.hi + 1 for part in covered] == [backfill_lo, *(part.lo for part in covered)][: len(covered)]
    assert not covered or covered[-1].lo == 1


def test_commands_grow_while_uids_are_sparse_and_shrink_back() -> None:
    assert next_width(BATCH, found=10) == 2 * BATCH
    assert next_width(WIDEST, found=0) == WIDEST
    assert next_width(BATCH, found=BATCH) == BATCH


def test_a_mass_disappearance_is_not_believed_at_once() -> None:
    assert believable(stored=10_000, gone=100)
    assert not believable(stored=1_000, gone=900)
    assert believable(stored=1_000, gone=400)


def test_a_folder_is_compared_with_the_server_once_a_day() -> None:
    assert check_is_due(None, now=0.0)
    assert not check_is_due(1_000, now=1_000.0 + DAY - 1)
    assert check_is_due(1_000, now=1_000.0 + DAY)


FLAG_BITS = (1, 2, 4)


@given(
    st.dictionaries(st.integers(1, 300), st.integers(0, 15), max_size=60),
    st.dictionaries(st.integers(1, 300), st.integers(0, 7), max_size=60),
)
def test_searches_find_exactly_the_messages_with_other_flags(
    stored: dict[int, int], server: dict[int, int]
) -> None:
    sets = {bit: runs(sorted(uid for uid, flags in server.items() if flags & bit)) for bit in FLAG_BITS}
    wrong = [uid for uid in sorted(stored) if stored[uid] & 7 != server.get(uid, 0)]
    assert suspects(sorted(stored.items()), sets) == wrong
