"""What is done to folders and tags from the screen, with the real engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ui.letters import WORK
from tests.ui.stage import Stage, stage
from tui_mail.model.folder import Folder, FolderView, Role
from tui_mail.model.message import Flag
from tui_mail.ui.commands import Scope
from tui_mail.ui.screens.ask import Ask
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.picker import Picker
from tui_mail.ui.screens.tags import TagPicker


async def named(screen: Stage, name: str) -> Folder | None:
    return next((f for f in await screen.engine.reading.folders() if f.name == name), None)


async def in_tree(screen: Stage, name: str) -> None:
    """Put the cursor of the tree on the line of a folder."""
    folder = await named(screen, name)
    assert folder is not None
    screen.main.panes.focus(Scope.TREE)
    screen.main.folders._cursor = FolderView(folder.id)
    await screen.pilot.pause()


async def answer(screen: Stage, text: str) -> None:
    """Type a name into the field that asks."""
    await screen.until(lambda: isinstance(screen.app.screen, Ask))
    field = screen.app.screen.query_one("Input")
    field.value = text  # type: ignore[attr-defined]  # it is an Input
    await screen.press("enter")


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Stage]:
    """A screen on one account."""
    async with stage(tmp_path, letters={"work": WORK}) as opened:
        yield opened


async def test_a_folder_is_made_renamed_and_taken_back(one: Stage) -> None:
    await in_tree(one, "Projects")
    await one.press("n")
    await answer(one, "Reisen")
    await one.until(lambda: "Reisen" in one.text())
    await one.until(lambda: "Made folder Reisen — u undo" in one.text())
    await in_tree(one, "Reisen")
    await one.press("r")
    await answer(one, "Travel")
    await one.until(lambda: "Renamed folder Reisen to Travel" in one.text())
    assert await named(one, "Travel")
    await one.press("u")
    await one.until(lambda: "Undone: renamed folder" in one.text())
    assert await named(one, "Reisen")
    await one.press("u")
    await one.until(lambda: "Undone: made folder" in one.text())
    assert await named(one, "Reisen") is None


async def test_a_folder_is_made_below_another(one: Stage) -> None:
    await in_tree(one, "Projects")
    await one.press("N")
    await answer(one, "Tower")
    await one.until(lambda: "Made folder Projects/Tower" in one.text())


async def test_a_name_that_is_taken_is_refused_in_words(one: Stage) -> None:
    await in_tree(one, "Projects")
    await one.press("n")
    await answer(one, "archive")
    await one.until(lambda: "There is a folder archive already" in one.text())


async def test_an_empty_folder_goes_without_a_question_and_one_with_mail_asks(one: Stage) -> None:
    await one.press("m")
    await one.until(lambda: isinstance(one.app.screen, Picker))
    await one.press(*"bridge")
    await one.press("enter")
    await one.until(lambda: one.main.messages.count == 4)
    await in_tree(one, "Projects/Bridge")
    await one.until(lambda: (f := one.main.foldering.target) is not None and f.total == 1)
    await one.press("d")
    await one.until(lambda: isinstance(one.app.screen, Confirm))
    assert "its message goes to the trash" in one.text()
    await one.press("escape")
    assert await named(one, "Projects/Bridge")
    await one.press("d")
    await one.until(lambda: isinstance(one.app.screen, Confirm))
    await one.press("y")
    await one.until(lambda: "Deleted folder Projects/Bridge" in one.text())
    assert await named(one, "Projects/Bridge") is None
    await in_tree(one, "Projects")
    await one.press("d")
    await one.until(lambda: "Deleted folder Projects " in one.text())
    await one.press("u", "u")
    await one.until(lambda: "Undone: deleted folder Projects/Bridge" in one.text())
    back = await named(one, "Projects/Bridge")
    assert back
    assert back.total == 1


async def test_a_folder_without_subscription_hides_behind_one_key(one: Stage) -> None:
    await in_tree(one, "Projects/Bridge")
    await one.press("s")
    await one.until(lambda: "Unsubscribed from Projects/Bridge" in one.text())
    await one.until(lambda: not any("Bridge" in one.line(y)[:26] for y in range(38)))
    await one.press(".")
    await one.until(lambda: any("Bridge" in one.line(y)[:26] for y in range(38)))
    await in_tree(one, "Projects/Bridge")
    await one.press("s")
    await one.until(lambda: "Subscribed to Projects/Bridge" in one.text())


async def test_folder_commands_are_in_the_palette_from_anywhere(screen: Stage) -> None:
    await screen.press("colon")
    await screen.until(lambda: isinstance(screen.app.screen, Picker))
    await screen.press(*"new folder")
    await screen.press("enter")
    await screen.until(lambda: "New folder in" in screen.text())
    await screen.press("enter")
    await screen.until(lambda: isinstance(screen.app.screen, Ask))
    assert "New folder in work" in screen.text()
    await screen.press("escape")
    assert screen.app.screen is screen.main


async def test_a_message_is_copied_and_stays(one: Stage) -> None:
    await one.press("M")
    await one.until(lambda: isinstance(one.app.screen, Picker))
    await one.press(*"bridge")
    await one.press("enter")
    await one.until(lambda: "Copied" in one.text())
    assert one.main.messages.count == 5
    bridge = await named(one, "Projects/Bridge")
    assert bridge
    assert bridge.total == 1


async def test_a_whole_folder_is_one_change_of_the_journal(one: Stage) -> None:
    await one.press("ctrl+r")
    await one.until(lambda: "unread" not in one.line(0))
    (entry,) = await one.engine.reading.journal(None, 10)
    assert entry.count == 2
    await one.press("u")
    await one.until(lambda: "2 unread" in one.line(0))


async def test_a_tag_is_given_by_its_letters_taken_by_its_digit_and_shown(one: Stage) -> None:
    await one.press("t")
    await one.until(lambda: isinstance(one.app.screen, TagPicker))
    await one.press(*"bills")
    assert "New tag bills" in one.text()
    await one.press("enter")
    await one.until(lambda: "#bills" in one.line(1))
    await one.press("enter")
    await one.until(lambda: one.main.opening.letter and one.main.opening.letter.tags == ("bills",))
    assert one.text().count("#bills") == 2
    await one.press("t")
    await one.until(lambda: isinstance(one.app.screen, TagPicker))
    assert "take off" in one.text()
    await one.press("1")
    await one.until(lambda: "#bills" not in one.text())
    await one.press("u")
    await one.until(lambda: "#bills" in one.line(1))


async def test_a_tag_that_no_server_could_keep_is_refused_in_words(one: Stage) -> None:
    await one.press("t")
    await one.until(lambda: isinstance(one.app.screen, TagPicker))
    await one.press(*"a{b")
    await one.press("enter")
    await one.until(lambda: "cannot be a tag" in one.text())


async def test_a_message_may_be_tagged_and_read_state_stays(one: Stage) -> None:
    flags = one.row.flags
    await one.engine.acting.tag([one.row.id], one.main.messages.view, add=["$label1", "$Forwarded"])
    await one.until(lambda: "#important" in one.line(1))
    assert "$Forwarded" not in one.text()
    assert one.row.flags | Flag.FORWARDED == flags | Flag.FORWARDED
    assert await one.engine.reading.tags() == ["$label1"]
    assert (await one.folder("work", Role.INBOX)).total == 5
