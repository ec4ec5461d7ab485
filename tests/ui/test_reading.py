"""Opening, paging, going on to the next unread, and what is inside a letter."""

from pathlib import Path

import pytest

from tests.ui.letters import DAY, HOUR, NEW, READ, WORK, Letter
from tests.ui.stage import Stage, stage
from tui_mail.model.message import Flag
from tui_mail.model.settings import Settings
from tui_mail.ui.commands import Scope
from tui_mail.ui.screens.ask import Ask
from tui_mail.ui.screens.picker import Picker


async def test_enter_opens_and_marks_read_at_once(screen: Stage):
    await screen.press("enter")
    await screen.until(lambda: "the figures you asked for" in screen.text())
    assert screen.main.scope is Scope.READER
    await screen.until(lambda: screen.row.flags & Flag.SEEN)


async def test_marking_read_by_itself_is_no_command_to_undo(screen: Stage):
    await screen.press("enter")
    await screen.until(lambda: screen.row.flags & Flag.SEEN)
    await screen.press("u")
    assert "nothing to undo" in screen.text()


async def test_a_negative_delay_never_marks_read(tmp_path: Path):
    async with stage(tmp_path, settings=Settings(mark_read_after=-1)) as screen:
        await screen.press("enter")
        await screen.until(lambda: screen.main.opening.letter)
        assert not screen.row.flags & Flag.SEEN


async def test_a_click_opens(screen: Stage):
    await screen.pilot.click(screen.main.messages, offset=(40, 2))
    await screen.until(lambda: screen.main.opening.letter)
    assert screen.subject == "Minutes of Monday"
    assert screen.main.scope is Scope.LIST


async def test_space_turns_pages_and_goes_on_to_the_next_unread(tmp_path: Path):
    long = "\n".join(f"Line {number}." for number in range(60))
    letters = {
        "work": (
            Letter("A", "a@example.org", "Long", long, HOUR, READ),
            Letter("B", "b@example.org", "Read", "b", 2 * HOUR, READ),
            Letter("C", "c@example.org", "Unread", "c", 3 * HOUR, NEW),
        )
    }
    async with stage(tmp_path, letters=letters) as screen:
        await screen.press("enter")
        await screen.until(lambda: "Line 1." in screen.text())
        await screen.press("space")
        assert screen.subject == "Long"
        for _ in range(6):
            await screen.press("space")
        await screen.until(lambda: screen.main.opening.letter.subject == "Unread")
        assert screen.subject == "Unread"


async def test_n_finds_unread_mail_and_begins_anew_at_the_end(screen: Stage):
    await screen.press("n")
    await screen.until(lambda: screen.subject == "Minutes of Monday")
    await screen.press("n")
    await screen.until(lambda: screen.row.subject == "")
    await screen.press("n")
    await screen.until(lambda: screen.subject == "Budget for May")
    await screen.until(lambda: screen.row.flags & Flag.SEEN)
    await screen.press("n")
    assert "Nothing unread here" in screen.text()


async def test_j_and_k_in_the_reader_open_the_neighbours(screen: Stage):
    await screen.press("enter", "j")
    await screen.until(lambda: screen.main.opening.letter and "Train" in screen.main.opening.letter.subject)
    await screen.press("k")
    await screen.until(lambda: screen.main.opening.letter.subject == "Budget for May")


async def test_archiving_in_the_reader_opens_the_next(screen: Stage):
    await screen.press("enter", "a")
    await screen.until(lambda: screen.main.opening.letter and "Train" in screen.main.opening.letter.subject)
    assert screen.main.scope is Scope.READER


async def test_archiving_the_open_message_from_the_list_empties_the_reader(screen: Stage):
    await screen.press("enter", "escape", "a")
    await screen.until(lambda: screen.main.opening.id is None)
    assert "the figures you asked for" not in screen.main.letter.render_line(4).text


async def test_a_letter_without_its_text_says_why(tmp_path: Path):
    letters = {"work": (Letter("A", "a@example.org", "Far away", "", HOUR, NEW, absent=True),)}
    async with stage(tmp_path, letters=letters) as screen:
        await screen.press("enter")
        await screen.until(lambda: screen.main.status.notice is not None)
        assert "Far away" in screen.text()


async def test_an_attachment_is_saved_under_a_safe_name_and_never_over_another(
    screen: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    for name in ("figures.csv", "figures (2).csv"):
        await screen.press("enter")
        await screen.until(lambda: screen.main.opening.has_attachments)
        await screen.press("A")
        await screen.until(lambda: isinstance(screen.app.screen, Picker))
        await screen.press("enter")
        await screen.until(lambda: isinstance(screen.app.screen, Ask))
        await screen.press("enter")
        await screen.until(lambda name=name: (tmp_path / name).exists())
        assert (tmp_path / name).read_bytes().startswith(b"year,sum")
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
        await screen.press("escape")


async def test_links_show_their_true_host_and_are_copied(screen: Stage):
    await screen.press("enter")
    await screen.until(lambda: screen.main.opening.has_links)
    await screen.press("o")
    await screen.until(lambda: isinstance(screen.app.screen, Picker))
    assert "example.org   https://example.org/figures" in screen.text()
    await screen.press("enter")
    await screen.until(lambda: "Copy the address" in screen.text())
    await screen.press("enter")
    await screen.until(lambda: screen.app.clipboard == "https://example.org/figures")


async def test_opening_needs_a_message(tmp_path: Path):
    async with stage(tmp_path, letters={"work": ()}) as screen:
        await screen.press("enter", "n", "a", "d", "m", "s")
        assert screen.main.opening.id is None
        assert "Nothing here; F5 looks again" in screen.text()


async def test_an_old_letter_can_be_marked_unread(tmp_path: Path):
    letters = {"work": (Letter("A", "a@example.org", "Old", "a", DAY, READ), *WORK)}
    async with stage(tmp_path, letters=letters) as screen:
        await screen.press("G", "U")
        await screen.until(lambda: not screen.row.flags & Flag.SEEN)
