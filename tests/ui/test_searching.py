"""A search as it is typed: the list shows what is found, and every command works in it."""

from pathlib import Path

from tests.ui.stage import Stage, stage
from tui_mail.model.folder import Role, RoleView, SearchView
from tui_mail.ui.commands import Scope


async def typed(on: Stage, text: str, count: int) -> None:
    """Type into the search and wait until the list shows so many hits."""
    for letter in text:
        await on.pilot.press({" ": "space", ":": "colon"}.get(letter, letter))
    await on.until(
        lambda: (
            isinstance(on.main.messages.view, SearchView)
            and on.main.messages.view.typed.endswith(text)
            and on.main.messages.count == count
        ),
        f"{on.main.messages.count} hits for {text}",
    )


async def indexed(on: Stage) -> None:
    await on.engine.finish_upkeep()


async def test_what_is_typed_is_found_at_once_and_escape_goes_back(tmp_path: Path):
    async with stage(tmp_path) as on:
        await indexed(on)
        before, everything = on.main.messages.view, on.main.messages.count
        await on.press("j", "j")
        cursor = on.main.messages.cursor_id
        await on.press("slash")
        await typed(on, "budget", 1)
        assert on.subject == "Budget for May"
        assert "“budget”" in on.line(0)
        assert "in all mail" in on.line(1)
        assert "to the hits" in on.text()
        await on.pilot.press("escape")
        await on.until(lambda: on.main.messages.view == before)
        assert (on.main.messages.count, on.main.messages.cursor_id) == (everything, cursor)
        assert not on.main.search.open
        assert on.main.scope is Scope.LIST


async def test_what_was_looked_for_is_marked_in_the_rows(tmp_path: Path):
    async with stage(tmp_path) as on:
        await indexed(on)
        await on.press("slash")
        await typed(on, "bud", 1)
        strip = on.main.messages.render_line(0)
        marked = [each.text for each in strip if each.style is not None and each.style.underline]
        assert marked == ["Bud"]


async def test_letters_are_typed_and_not_obeyed(tmp_path: Path):
    async with stage(tmp_path) as on:
        await indexed(on)
        count = on.main.messages.count
        await on.press("slash")
        for key in "adsxqu":
            await on.pilot.press(key)
        assert on.main.search.line.field.value == "adsxqu"
        await on.pilot.press("escape")
        await on.until(lambda: on.main.messages.count == count)


async def test_a_hit_is_read_and_archived_like_any_message(tmp_path: Path):
    async with stage(tmp_path) as on:
        await indexed(on)
        await on.press("slash")
        await typed(on, "budget", 1)
        await on.pilot.press("enter")
        await on.press("enter")
        await on.until(lambda: on.main.opening.letter is not None)
        assert on.main.opening.letter is not None
        assert on.main.opening.letter.subject == "Budget for May"
        await on.press("escape")
        id = on.main.messages.cursor_id
        assert id is not None
        await on.press("a")
        archive = await on.folder("work", Role.ARCHIVE)
        rows = await on.engine.reading.rows(None, [id])
        assert [row.folder for row in rows] == [archive.id]
        assert on.main.messages.count == 1  # it is in all mail still


async def test_the_scope_is_changed_by_one_key_and_always_seen(tmp_path: Path):
    async with stage(tmp_path) as on:
        await indexed(on)
        await on.press("backslash")
        assert "in Inbox" in on.line(1)
        await typed(on, "is:unread", on.main.standing.counters[RoleView(Role.INBOX)][1])
        await on.pilot.press("tab")
        await on.until(lambda: "in all mail" in on.line(1))
        view = on.main.messages.view
        assert isinstance(view, SearchView)
        assert view.within is None


async def test_what_is_not_understood_is_said_beside_the_field(tmp_path: Path):
    async with stage(tmp_path) as on:
        await indexed(on)
        await on.press("slash")
        for letter in "is:no":
            await on.pilot.press({":": "colon"}.get(letter, letter))
        await on.until(lambda: "“is:” knows" in on.line(1))


async def test_another_folder_ends_a_search(tmp_path: Path):
    async with stage(tmp_path) as on:
        await indexed(on)
        await on.press("slash")
        await typed(on, "budget", 1)
        await on.pilot.press("enter")
        await on.press("g", "s")
        assert not on.main.search.open
        assert not isinstance(on.main.messages.view, SearchView)


async def test_the_next_hit_is_a_key_away_in_the_reader(tmp_path: Path):
    async with stage(tmp_path) as on:
        await indexed(on)
        await on.press("slash")
        for letter in "example":
            await on.pilot.press(letter)
        await on.until(lambda: isinstance(on.main.messages.view, SearchView) and on.main.messages.count > 1)
        await on.pilot.press("enter")
        await on.press("enter")
        first = on.main.opening.id
        await on.press("n")
        assert on.main.opening.id != first
        assert on.main.opening.id == on.main.messages.all_ids()[1]


async def test_marking_all_read_in_a_search_marks_the_hits_alone(tmp_path: Path):
    async with stage(tmp_path) as on:
        await indexed(on)
        _, unread = on.main.standing.counters[RoleView(Role.INBOX)]
        assert unread > 1
        await on.press("slash")
        await typed(on, "budget", 1)
        await on.pilot.press("enter")
        await on.press("ctrl+r")
        counters = await on.engine.reading.counters()
        assert counters[RoleView(Role.INBOX)][1] == unread - 1
