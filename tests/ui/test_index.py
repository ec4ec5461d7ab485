"""The order of a list under random changes, and the selection over it."""

from array import array

from hypothesis import given
from hypothesis import strategies as some

from tui_mail.ui.index import Index
from tui_mail.ui.listing import Listing
from tui_mail.ui.selection import Selection

MOMENTS = some.sets(some.integers(1, 200), max_size=40)


def listing(moments: set[int]) -> Listing:
    """A list whose ids are its moments, negated."""
    ordered = sorted(moments, reverse=True)
    made = Listing([-moment for moment in ordered], ordered)
    made.loaded = True
    return made


@given(before=MOMENTS, gone=MOMENTS, come=MOMENTS)
def test_a_splice_keeps_the_order_and_no_message_twice(before: set[int], gone: set[int], come: set[int]):
    index = listing(before).index
    come -= gone
    index.splice({-moment for moment in gone}, [(moment, -moment) for moment in come])
    expected = sorted((before - gone) | come, reverse=True)
    assert list(index.moments) == expected
    assert list(index.ids) == [-moment for moment in expected]


@given(before=MOMENTS.filter(bool), gone=MOMENTS, come=MOMENTS, place=some.integers(0, 40))
def test_the_cursor_stays_on_its_message_or_on_the_next_older_one(
    before: set[int], gone: set[int], come: set[int], place: int
):
    found = listing(before)
    found.go_to(place)
    under = found.cursor
    come -= gone
    found.splice([-m for m in gone | come], [(m, -m) for m in come])
    left = sorted((before - gone) | come, reverse=True)
    if not left:
        assert found.cursor_id is None
        return
    assert found.cursor_id == -next((m for m in left if m <= under), left[-1])


def test_what_is_older_than_all_that_is_loaded_waits_for_its_chunk():
    found = Listing([3, 2], [30, 20])
    found.splice([1, 4], [(10, 1), (40, 4)])
    assert list(found.index.ids) == [4, 3, 2]


def test_a_position_is_found_in_a_long_list():
    index = Index(range(100_000), range(100_000, 0, -1))
    assert index.position(50_000) == 50_000
    assert index.holds(50_000, 50_000)
    assert not index.holds(50_000, 1)


def test_an_older_reading_of_the_same_view_hands_over_the_cursor_and_the_selection():
    before, after = listing({1, 2, 3}), listing({1, 2, 3, 4})
    before.go_to(1)
    before.selection.toggle(-1)
    after.take_over(before)
    assert after.cursor_id == -2
    assert list(after.selection) == [-1]


def test_a_range_adds_to_what_was_selected_and_shrinks_again():
    order = array("q", [9, 8, 7, 6])
    selection = Selection()
    selection.toggle(9)
    selection.toggle_range(order, 2)
    selection.reach(order, 3)
    assert set(selection) == {9, 7, 6}
    selection.reach(order, 2)
    assert set(selection) == {9, 7}
    selection.toggle_range(order, 2)
    selection.reach(order, 3)
    assert set(selection) == {9, 7}


def test_messages_that_left_are_no_longer_selected():
    selection = Selection()
    selection.replace([1, 2, 3])
    selection.discard([2])
    assert list(selection) == [1, 3]
