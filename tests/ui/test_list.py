"""The list: the cursor is a message, nothing moves under it, and rows are read as they come into sight."""

from pathlib import Path

from tests.ui.letters import HOUR, NEW, WORK, Letter
from tests.ui.stage import Stage, stage
from tui_mail.model.folder import Role, RoleView
from tui_mail.model.message import Flag
from tui_mail.model.settings import Density, Settings
from tui_mail.ui.rows import PAGE

NEWS = Letter("Zoë", "zoe@example.org", "Fresh", "Just now.", 0, NEW)


async def test_it_shows_the_unified_inbox_newest_first(screen: Stage):
    assert screen.main.messages.view == RoleView(Role.INBOX)
    assert [screen.main.messages.row_of(id).subject for id in screen.main.messages.all_ids()][:3] == [
        "Budget for May",
        "Re: Train on Friday",
        "Minutes of Monday",
    ]
    assert "Budget for May — Hello all" in screen.text()


async def test_keys_move_the_cursor(screen: Stage):
    await screen.press("j", "j")
    assert screen.subject == "Minutes of Monday"
    await screen.press("k")
    assert screen.subject == "Re: Train on Friday"
    await screen.press("G")
    assert screen.subject == "Two books are due"
    await screen.press("g", "g")
    assert screen.subject == "Budget for May"


async def test_an_untouched_list_stays_at_its_newest_message(screen: Stage):
    await screen.arrive("work", NEWS)
    await screen.until(lambda: screen.main.messages.count == 10)
    assert screen.subject == "Fresh"


async def test_new_mail_moves_nothing_under_the_cursor(tmp_path: Path):
    async with stage(tmp_path, size=(120, 24), copies=10) as screen:
        await screen.press("pagedown", "pagedown", "j")
        before, line = screen.subject, _cursor_line(screen)
        known = screen.main.messages.count
        await screen.arrive("work", NEWS, NEWS)
        await screen.until(lambda: screen.main.messages.count == known + 2)
        await screen.pilot.pause()
        assert screen.subject == before
        assert _cursor_line(screen) == line
        assert "↑ 2 new" in screen.line(0)


async def test_the_first_row_tells_that_nothing_new_is_above_any_more(tmp_path: Path):
    async with stage(tmp_path, size=(120, 24), copies=10) as screen:
        await screen.press("pagedown", "pagedown")
        await screen.arrive("work", NEWS)
        await screen.until(lambda: screen.main.messages.new_above == 1)
        await screen.press("g", "g")
        await screen.until(lambda: "new" not in screen.line(0).split("unread")[-1])
        assert screen.subject == "Fresh"


async def test_after_archiving_the_next_message_takes_the_place(screen: Stage):
    await screen.press("j")
    line = _cursor_line(screen)
    await screen.press("a")
    assert screen.subject == "Minutes of Monday"
    assert _cursor_line(screen) == line
    assert "Archived 1 — u undo" in screen.text()


async def test_after_the_last_message_the_one_before_it_is_under_the_cursor(screen: Stage):
    await screen.press("G", "d")
    assert screen.main.messages.count == 8
    assert "Photos" in screen.subject


async def test_keys_pressed_fast_are_obeyed_in_their_order(screen: Stage):
    subjects = [screen.main.messages.row_of(id).subject for id in screen.main.messages.all_ids()]
    await screen.press("a", "j", "a", "a")
    left = [screen.main.messages.row_of(id).subject for id in screen.main.messages.all_ids()]
    assert left == [subjects[1], *subjects[4:]]


async def test_undo_brings_back_what_was_archived(screen: Stage):
    await screen.press("a", "u")
    await screen.until(lambda: screen.main.messages.count == 9)
    await screen.press("ctrl+y")
    await screen.until(lambda: screen.main.messages.count == 8)


async def test_commands_act_on_the_selection(screen: Stage):
    await screen.press("x", "j", "x")
    assert len(screen.main.messages.selection) == 2
    assert "2 selected" in screen.text()
    await screen.press("d")
    assert screen.main.messages.count == 7
    assert not screen.main.messages.selection
    assert screen.subject == "Your parcel 4471"


async def test_a_range_follows_the_cursor_and_esc_drops_it(screen: Stage):
    await screen.press("V", "j", "j")
    assert len(screen.main.messages.selection) == 3
    await screen.press("k")
    assert len(screen.main.messages.selection) == 2
    await screen.press("escape")
    assert not screen.main.messages.selection


async def test_all_of_the_list_can_be_selected(screen: Stage):
    await screen.press("ctrl+a", "I")
    await screen.until(lambda: "unread" not in screen.line(0))


async def test_stars_and_unread_marks_are_buttons(screen: Stage):
    await screen.press("j")
    region = screen.main.messages.region
    await screen.pilot.click(screen.main.messages, offset=(2, 2))
    await screen.until(lambda: screen.main.messages.row_of(_nth(screen, 2)).flags & Flag.SEEN)
    await screen.pilot.click(screen.main.messages, offset=(3, 2))
    await screen.until(lambda: screen.main.messages.row_of(_nth(screen, 2)).flags & Flag.FLAGGED)
    assert screen.subject == "Re: Train on Friday"
    assert region == screen.main.messages.region


async def test_a_message_without_its_star_stays_dim_until_starred_is_left(screen: Stage):
    await screen.press("g", "s")
    await screen.until(lambda: screen.main.messages.count == 2)
    await screen.press("s")
    assert screen.main.messages.count == 2
    assert not screen.row.flags & Flag.FLAGGED
    await screen.press("g", "i")
    await screen.press("g", "s")
    await screen.until(lambda: screen.main.messages.count == 1)


async def test_the_cursor_is_found_again_where_it_was_left(screen: Stage):
    await screen.press("j", "j")
    await screen.press("g", "t", "g", "u")
    await screen.until(lambda: screen.main.messages.count == 9)
    assert screen.subject == "Minutes of Monday"


async def test_rows_are_read_only_where_they_are_seen(tmp_path: Path):
    letters = {"work": WORK}
    async with stage(tmp_path, letters=letters, copies=200) as screen:
        await screen.until(lambda: screen.main.messages.count == 1_000)
        ids = screen.main.messages.all_ids()
        assert screen.main.messages.row_of(ids[-1]) is None
        await screen.press("G")
        await screen.until(lambda: screen.main.messages.row_of(ids[-1]) is not None)
        assert screen.main.messages.row_of(ids[len(ids) // 2]) is None
        assert sum(screen.main.messages.row_of(id) is not None for id in ids) <= 4 * PAGE


async def test_rows_take_two_lines_when_the_user_wants_so(tmp_path: Path):
    async with stage(tmp_path, settings=Settings(density=Density.COSY)) as screen:
        first, second = screen.line(1), screen.line(2)
        assert "Anna Weber" in first
        assert "Budget for May" in second
        await screen.press("j")
        assert _cursor_line(screen) == 2


async def test_markup_and_hostile_names_are_only_text(tmp_path: Path):
    payload = "[@click=app.quit]x[/] [/b] \x1b]0;owned\x07 \u202egnp.exe"
    letters = {"work": (Letter(payload, "x@example.org", payload, payload, HOUR, NEW),)}
    async with stage(tmp_path, letters=letters) as screen:
        assert "[@click=app.quit]x[/]" in screen.text()
        assert "\x1b" not in screen.text()
        assert "\u202e" not in screen.text()


def _cursor_line(screen: Stage) -> int:
    messages = screen.main.messages
    return messages._screen_line(messages.cursor_moment)


def _nth(screen: Stage, place: int) -> int:
    return screen.main.messages.all_ids()[place]
