"""One table: every command can be reached by key, palette and help, and none that is listed does nothing."""

from pathlib import Path

import pytest

from tests.ui.stage import Stage, stage
from tui_mail.model.settings import Settings
from tui_mail.ui.commands import BY_ID, COMMANDS, HINTS, SELECTION_HINTS, Scope
from tui_mail.ui.keymap import Keymap, parsed
from tui_mail.ui.router import Router
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.help import HelpScreen
from tui_mail.ui.screens.picker import Choice, Picker, matching
from tui_mail.ui.widgets.which_key import WhichKey

STAYS = [c for c in COMMANDS if c.id not in ("app.quit", "app.close")]


def test_ids_are_unique_and_hints_exist():
    assert len(BY_ID) == len(COMMANDS)
    assert {id for ids in HINTS.values() for id in ids} | set(SELECTION_HINTS) <= set(BY_ID)
    assert all(ids[-1] == "app.help" for ids in HINTS.values())


def test_no_default_key_hides_another_in_its_pane():
    for scope in Scope:
        seen: dict[tuple[str, ...], str] = {}
        for command in COMMANDS:
            for keys in parsed(command.keys) if scope in command.scopes else ():
                assert seen.setdefault(keys, command.id) == command.id
        assert not [(a, b) for a in seen for b in seen if a != b and b[: len(a)] == a]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"mail.archve": "x"}, "did you mean “mail.archive”?"),
        ({"mail.archive": "Hyper-x"}, "“Hyper-x” is no key"),
        ({"mail.archive": "d"}, "d is taken by “mail.delete”"),
        ({"mail.archive": "g"}, "g is taken by “list.first”"),
        ({"mail.star": "J"}, "J is taken by “go.next_folder”"),
    ],
)
def test_what_is_wrong_in_a_keymap_is_told_and_costs_its_entry_only(own: dict[str, str], words: str):
    keymap = Keymap(own | {"list.range": "w"})
    assert [words in problem for problem in keymap.problems] == [True]
    assert keymap.command(Scope.LIST, ("a",)) is BY_ID["mail.archive"]
    assert keymap.command(Scope.LIST, ("w",)) is BY_ID["list.range"]
    assert keymap.command(Scope.LIST, ("V",)) is None


def test_two_commands_may_swap_their_keys():
    keymap = Keymap({"mail.archive": "d", "mail.delete": "a, e"})
    assert not keymap.problems
    assert keymap.command(Scope.LIST, ("d",)) is BY_ID["mail.archive"]


def test_a_command_may_be_left_without_keys():
    keymap = Keymap({"mail.archive": ""})
    assert keymap.shown("mail.archive") == ""
    assert keymap.command(Scope.LIST, ("a",)) is None


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a, ?", (("a",), ("?",))),
        ("g g, Home", (("g", "g"), ("home",))),
        ("C-d, ctrl+d", (("ctrl+d",), ("ctrl+d",))),
        ("PgDn, f5, S-Tab, Alt-s", (("pagedown",), ("f5",), ("shift+tab",), ("alt+s",))),
        ("Comma", ((",",),)),
    ],
)
def test_keys_are_written_as_people_name_them(text: str, keys: tuple[tuple[str, ...], ...]):
    assert parsed(text) == keys


def test_a_sequence_waits_and_an_unknown_key_leaves_it_without_being_obeyed():
    router = Router(Keymap())
    assert router.press("g", Scope.LIST).command is None
    assert router.pending == ("g",)
    assert router.press("i", Scope.LIST).command is BY_ID["go.inbox"]
    router.press("g", Scope.LIST)
    outcome = router.press("x", Scope.LIST)
    assert (outcome.taken, outcome.command, router.pending) == (True, None, ())
    router.press("z", Scope.LIST)
    assert router.press("escape", Scope.LIST).command is None


def test_a_pane_goes_before_everywhere():
    keymap = Keymap()
    assert keymap.command(Scope.TREE, ("h",)) is BY_ID["tree.fold"]
    assert keymap.command(Scope.READER, ("h",)) is BY_ID["app.back"]


PAGES = {Scope.JOURNAL: "journal", Scope.SYNC: "sync", Scope.ROUTE: "route"}


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.EVERYWHERE])
async def test_every_command_runs_wherever_it_is_listed(screen: Stage, scope: Scope):
    for command in STAYS:
        if not {scope, Scope.EVERYWHERE} & set(command.scopes):
            continue
        screen.main.messages.clear_selection()
        if not screen.main.messages.count:
            await screen.main.navigation.go_unified()
        if screen.main.opening.id is None:
            screen.main.opening.open_cursor()
            await screen.until(lambda: screen.main.opening.letter)
        if scope in PAGES:
            await screen.main.pages.open(getattr(screen.main, PAGES[scope]))
        else:
            screen.main.panes.focus(scope)
        await screen.pilot.pause()
        assert screen.main.scope is scope
        if command.enabled(screen.main):
            screen.main.run(command)
            await screen.pilot.pause()
            while screen.app.screen is not screen.main:
                await screen.pilot.press("escape")
                await screen.pilot.pause()
        await screen.until(lambda: not screen.main._conductor.busy)
    assert screen.app.is_running


async def test_help_runs_a_command_on_what_was_focused(screen: Stage):
    await screen.press("j", "question_mark")
    await screen.until(lambda: isinstance(screen.app.screen, HelpScreen))
    await screen.press(*"archi")
    await screen.press("enter")
    await screen.until(lambda: screen.main.messages.count == 8)
    assert "Archived 1" in screen.text()


async def test_the_palette_goes_to_folders(screen: Stage):
    await screen.press("colon")
    await screen.until(lambda: isinstance(screen.app.screen, Picker))
    await screen.press(*"bridge")
    await screen.press("enter")
    await screen.until(lambda: "Bridge" in screen.line(0))


async def test_the_palette_lists_no_command_that_cannot_run(screen: Stage):
    await screen.press("ctrl+p")
    await screen.until(lambda: isinstance(screen.app.screen, Picker))
    await screen.press(*"empty the")
    assert "Empty the trash" not in screen.text()


async def test_themes_are_tried_on_and_escape_takes_the_old_one_back(screen: Stage):
    before = screen.app.theme
    await screen.press("z", "t")
    await screen.until(lambda: isinstance(screen.app.screen, Picker))
    await screen.press("down")
    await screen.until(lambda: screen.app.theme != before)
    await screen.press("escape")
    await screen.until(lambda: screen.app.theme == before)
    assert "theme" not in screen.saved


async def test_a_chosen_theme_is_saved(screen: Stage):
    await screen.press("z", "t")
    await screen.until(lambda: isinstance(screen.app.screen, Picker))
    await screen.press(*"paper")
    await screen.press("enter")
    await screen.until(lambda: screen.saved.get("theme") == "paper")
    assert screen.app.theme == "paper"


async def test_which_key_comes_when_a_sequence_pauses(screen: Stage):
    panel = screen.main.query_one(WhichKey)
    await screen.press("g")
    await screen.until(lambda: panel.display)
    assert "Inbox of all accounts" in screen.text()
    await screen.press("escape")
    assert not panel.display


async def test_hints_are_buttons(screen: Stage):
    at = screen.line(39).index("archive")
    await screen.pilot.click(screen.main.keyboard.hints, offset=(at, 0))
    await screen.until(lambda: screen.main.messages.count == 8)


async def test_the_notice_of_an_undoable_command_is_a_button(screen: Stage):
    await screen.press("d")
    await screen.until(lambda: "u undo" in screen.line(38))
    await screen.pilot.click(screen.main.status, offset=(4, 0))
    await screen.until(lambda: screen.main.messages.count == 9)


async def test_what_cannot_be_undone_asks_and_the_key_that_asked_does_not_confirm(screen: Stage):
    await screen.press("d")
    await screen.press("g", "f")
    await screen.press(*"trash")
    await screen.press("enter")
    await screen.until(lambda: screen.main.messages.count == 1)
    for key, left in (("D", 1), ("escape", 1), ("y", 0)):
        await screen.press("D")
        await screen.until(lambda: isinstance(screen.app.screen, Confirm))
        await screen.press(key)
        await screen.until(lambda: screen.app.screen is screen.main)
        await screen.until(lambda left=left: screen.main.messages.count == left)


async def test_moving_offers_the_folders_of_the_account_and_moves(screen: Stage):
    await screen.press("m")
    await screen.until(lambda: isinstance(screen.app.screen, Picker))
    await screen.press(*"bridge")
    await screen.press("enter")
    await screen.until(lambda: screen.main.messages.count == 8)


async def test_messages_of_two_accounts_cannot_be_moved_together(screen: Stage):
    await screen.press("x", "x", "m")
    assert "Messages move within their own account" in screen.text()


async def test_the_whole_folder_can_be_marked_read(screen: Stage):
    await screen.press("ctrl+r")
    await screen.until(lambda: "unread" not in screen.line(0))


async def test_the_users_keys_are_obeyed_and_bad_ones_told(tmp_path: Path):
    own = {"mail.archive": "w", "mail.delet": "y"}
    async with stage(tmp_path, settings=Settings(keys=own)) as screen:
        assert "keys.mail.delet: is no command" in screen.text()
        await screen.press("a")
        assert screen.main.messages.count == 9
        await screen.press("w")
        assert screen.main.messages.count == 8


async def test_q_goes_back_and_quits_at_the_top_level(screen: Stage):
    await screen.press("enter", "q")
    assert screen.main.scope is Scope.LIST
    await screen.press("x", "q")
    assert screen.app.is_running
    assert not screen.main.messages.selection
    await screen.pilot.press("q")
    await screen.pilot.pause()
    assert screen.app._exit


def test_words_are_found_anywhere_and_beginnings_come_first():
    choices = [Choice(text, text) for text in ("Larger list", "Archive", "Projects/Arch")]
    assert [c.value for c in matching(choices, "ar")] == ["Archive", "Projects/Arch", "Larger list"]
    assert [c.value for c in matching(choices, "ar pro")] == ["Projects/Arch"]
    assert matching(choices, "xyz") == []
