"""Three layouts by width; whatever the size, message, cursor, scroll and focus stay."""

from pathlib import Path

import pytest

from tests.ui.stage import Stage, stage
from tui_mail.model.settings import Layout, Settings
from tui_mail.ui.arrangement import Split, arrange
from tui_mail.ui.commands import Scope


@pytest.mark.parametrize(
    ("size", "tree", "split"),
    [
        ((80, 24), False, Split.NONE),
        ((99, 40), False, Split.NONE),
        ((100, 40), True, Split.ROWS),
        ((120, 19), True, Split.NONE),
        ((159, 40), True, Split.ROWS),
        ((160, 40), True, Split.COLUMNS),
    ],
)
def test_the_layout_follows_the_size(size: tuple[int, int], tree: bool, split: Split):
    found = arrange(*size, Layout.AUTO)
    assert (found.tree, found.split, found.readable) == (tree, split, True)


@pytest.mark.parametrize(
    ("wanted", "split"),
    [(Layout.SINGLE, Split.NONE), (Layout.STACKED, Split.ROWS), (Layout.COLUMNS, Split.COLUMNS)],
)
def test_the_user_may_fix_the_layout(wanted: Layout, split: Split):
    assert arrange(140, 40, wanted).split is split


def test_a_tiny_terminal_is_not_readable():
    assert not arrange(39, 24, Layout.AUTO).readable
    assert not arrange(80, 9, Layout.AUTO).readable


async def test_resizing_keeps_message_cursor_and_focus(tmp_path: Path):
    async with stage(tmp_path, copies=10) as screen:
        await screen.press("j", "j", "enter")
        await screen.until(lambda: screen.main.opening.letter)
        opened, cursor = screen.main.opening.id, screen.main.messages.cursor_id
        for size in ((80, 24), (200, 50), (30, 8), (120, 40)):
            await screen.pilot.resize_terminal(*size)
            await screen.pilot.pause()
            assert screen.main.opening.id == opened
            assert screen.main.messages.cursor_id == cursor
            assert screen.main.scope is Scope.READER


async def test_resizing_keeps_the_cursor_in_sight(tmp_path: Path):
    async with stage(tmp_path, copies=10) as screen:
        await screen.press("pagedown", "pagedown", "j")
        for size in ((80, 24), (200, 50), (120, 40), (100, 21)):
            await screen.pilot.resize_terminal(*size)
            await screen.pilot.pause()
            messages = screen.main.messages
            line = messages._screen_line(messages.cursor_moment)
            assert 0 <= line < messages.size.height


async def test_a_tiny_terminal_asks_for_room(tmp_path: Path):
    async with stage(tmp_path, size=(38, 9)) as screen:
        assert "40" in screen.text()
        await screen.pilot.resize_terminal(80, 24)
        await screen.pilot.pause()
        assert "Budget for May" in screen.text()


async def test_in_a_single_pane_the_reader_takes_the_place_of_the_list(tmp_path: Path):
    async with stage(tmp_path, size=(80, 24)) as screen:
        await screen.press("enter")
        await screen.until(lambda: "the figures you asked for" in screen.text())
        assert "Minutes of Monday" not in screen.text()
        await screen.press("escape")
        assert "Minutes of Monday" in screen.text()


async def test_in_a_single_pane_the_tree_comes_over_the_list(tmp_path: Path):
    async with stage(tmp_path, size=(80, 24)) as screen:
        width = screen.main.messages.size.width
        await screen.press("tab")
        assert screen.main.scope is Scope.TREE
        assert "ALL ACCOUNTS" in screen.text()
        assert screen.main.messages.size.width == width
        await screen.press("escape")
        assert "ALL ACCOUNTS" not in screen.text()


async def test_the_rule_can_be_drawn_with_the_mouse(screen: Stage):
    rule = screen.main.query_one("#rule")
    before = screen.main.messages.size.height
    await screen.pilot.mouse_down(rule, offset=(10, 0))
    await screen.pilot.hover(offset=(rule.region.x + 10, rule.region.y + 4))
    await screen.pilot.mouse_up(offset=(rule.region.x + 10, rule.region.y))
    await screen.pilot.pause()
    assert screen.main.messages.size.height == before + 4


async def test_keys_make_the_list_larger_and_smaller(screen: Stage):
    before = screen.main.messages.size.height
    await screen.press("plus")
    assert screen.main.messages.size.height > before
    await screen.press("minus", "minus")
    assert screen.main.messages.size.height < before
    for _ in range(30):
        await screen.press("minus")
    assert screen.main.messages.size.height >= 2


async def test_layouts_can_be_cycled_and_are_saved(screen: Stage):
    await screen.press("z", "l")
    assert screen.saved["layout"] == "columns"
    assert screen.main.panes.arrangement.split is Split.COLUMNS


async def test_tab_goes_through_the_panes_and_passes_over_an_empty_reader(screen: Stage):
    await screen.press("tab")
    assert screen.main.scope is Scope.TREE
    await screen.press("tab", "enter")
    await screen.until(lambda: screen.main.opening.letter)
    await screen.press("tab")
    assert screen.main.scope is Scope.TREE
    await screen.press("shift+tab")
    assert screen.main.scope is Scope.READER


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_plain_ascii_is_enough(tmp_path: Path, size: tuple[int, int]):
    async with stage(tmp_path, size=size, settings=Settings(ascii=True)) as screen:
        await screen.press("x")
        rest = set(screen.text().replace("Tomás", "")) - set(map(chr, range(0x20, 0x7F))) - {"\n"}
        assert not {mark for mark in rest if mark in "▌▏●★↩→✓◆✎▤⊘×·▸▾─│○◌↻⇡▐"}
