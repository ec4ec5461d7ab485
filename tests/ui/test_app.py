"""The app around the screen: the welcome, signing in, what the engine tells, and how it ends."""

import gc
from pathlib import Path

import pytest
from textual import events

from tests.ui.letters import WORK, start
from tests.ui.stage import LOOKS, Stage, stage
from tui_mail.engine import Engine
from tui_mail.model.account import AccountPhase
from tui_mail.model.folder import FolderView, Role
from tui_mail.model.safe_text import safe_text
from tui_mail.model.settings import Settings
from tui_mail.ui.app import MailApp
from tui_mail.ui.screens.main import MainScreen
from tui_mail.ui.screens.password import PasswordScreen
from tui_mail.ui.screens.welcome import WelcomeScreen

SENTENCE = safe_text("The certificate is not valid")


def ignored(key: str, value: object) -> None:
    assert key, value


async def test_without_an_account_the_demo_is_one_key_away(tmp_path: Path):
    engines: list[Engine] = []

    async def demo() -> Engine:
        engines.append(await start(tmp_path, {"work": WORK}))
        return engines[0]

    app = MailApp(None, Settings(), home_label="", start_demo=demo, save_setting=ignored)
    async with app.run_test(size=(80, 24)) as pilot:
        assert isinstance(app.screen, WelcomeScreen)
        await pilot.press("enter")
        for _ in range(LOOKS):
            if isinstance(app.screen, MainScreen) and app.screen.ready:
                break
            await pilot.pause(0.005)
        assert isinstance(app.screen, MainScreen)
    await engines[0].stop()


async def test_the_welcome_can_be_left():
    app = MailApp(None, Settings(), home_label="", start_demo=None, save_setting=ignored)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        await pilot.pause()
        assert app._exit


async def test_one_account_shows_its_own_inbox(tmp_path: Path):
    async with stage(tmp_path, letters={"work": WORK}) as screen:
        inbox = await screen.folder("work", Role.INBOX)
        assert screen.main.messages.view == FolderView(inbox.id)
        assert "ALL ACCOUNTS" not in screen.text()
        assert " wo " not in screen.line(1)


async def test_an_account_that_needs_its_password_asks_on_its_line(screen: Stage):
    await _show_status(screen, AccountPhase.SIGN_IN)
    assert "! sign in" in screen.text()
    await _choose_account(screen)
    await screen.until(lambda: isinstance(screen.app.screen, PasswordScreen))
    assert "work@example.org" in screen.text()
    await screen.press(*"secret")
    assert "secret" not in screen.text()
    await screen.press("tab")
    await screen.until(lambda: "for this run only" in screen.text())
    await screen.press("escape")
    assert screen.app.screen is screen.main


async def test_trouble_of_an_account_is_told_in_full_on_its_line(screen: Stage):
    await _show_status(screen, AccountPhase.FAILED, error=SENTENCE, hint="ask its owner")
    assert "! error" in screen.text()
    await _choose_account(screen)
    await screen.until(lambda: "The certificate is not valid — ask its owner" in screen.text())


async def test_pasted_text_is_not_obeyed(screen: Stage):
    screen.app.post_message(events.Paste("ddd"))
    await screen.pilot.pause()
    assert screen.main.messages.count == 9


async def test_a_bad_theme_is_told_and_the_default_worn(tmp_path: Path):
    async with stage(tmp_path, settings=Settings(theme="no-such")) as screen:
        await screen.until(lambda: "no-such" in screen.text())
        assert screen.app.theme == "harbour"


async def test_counts_follow_what_is_done(screen: Stage):
    assert "3 unread of 9" in screen.line(0)
    await screen.press("I")
    await screen.until(lambda: "2 unread of 9" in screen.line(0))
    await screen.press("d")
    await screen.until(lambda: "2 unread of 8" in screen.line(0))
    await screen.until(lambda: "2 changes wait" in screen.text())


async def test_folders_open_from_the_tree_by_key_and_mouse(screen: Stage):
    await screen.press("tab", "j", "enter")
    await screen.until(lambda: "Starred" in screen.line(0))
    line = next(y for y in range(40) if screen.line(y).startswith(" ✎ Drafts"))
    await screen.pilot.click(screen.main.folders, offset=(4, line))
    await screen.until(lambda: "Drafts · work" in screen.line(0))


async def test_capital_j_and_k_go_through_the_folders(screen: Stage):
    await screen.press("J")
    await screen.until(lambda: "Starred" in screen.line(0))
    await screen.press("K")
    await screen.until(lambda: "Inbox" in screen.line(0))


async def test_branches_of_the_tree_fold(screen: Stage):
    await screen.press("tab", "G", "k")
    assert "Bridge" in screen.text()
    await screen.press("h")
    assert screen.text().count("Bridge") == 1
    await screen.press("l")
    assert screen.text().count("Bridge") == 2


async def test_collecting_garbage_is_given_back_at_the_end(tmp_path: Path):
    async with stage(tmp_path) as screen:
        await screen.until(lambda: not gc.isenabled())
    assert gc.isenabled()


@pytest.mark.parametrize("theme", ["harbour", "paper", "terminal", "high-contrast"])
async def test_the_screen_wears_every_kind_of_theme(tmp_path: Path, theme: str):
    async with stage(tmp_path, settings=Settings(theme=theme)) as screen:
        await screen.press("j", "enter", "escape")
        assert "Budget for May" in screen.text()


async def _show_status(screen: Stage, phase: AccountPhase, **facts: object) -> None:
    (work, _) = await screen.engine.reading.accounts()
    core = screen.engine._core

    async def tell() -> None:
        core.board.set(work.id, phase, **facts)

    await screen.engine._loop.call(tell())
    await screen.until(lambda: screen.main.standing.statuses[work.id].phase is phase)
    await screen.pilot.pause()


async def _choose_account(screen: Stage) -> None:
    line = next(y for y in range(40) if screen.line(y).startswith(" work "))
    await screen.pilot.click(screen.main.folders, offset=(3, line))
