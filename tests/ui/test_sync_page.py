"""How syncing stands, for people: the words, and the page that shows them live."""

from pathlib import Path

import pytest

from tests.ui.letters import WORK
from tests.ui.stage import Stage, stage
from tui_mail.model.account import AccountEntry, AccountPhase, AccountStatus
from tui_mail.model.folder import Folder, FolderView, Role
from tui_mail.model.safe_text import safe_text
from tui_mail.model.sync import AccountSync, Activity, FolderSync, Line, Task, Traffic
from tui_mail.ui.commands import Scope
from tui_mail.ui.format import ICONS, PLAIN_ICONS, Icons, cells
from tui_mail.ui.screens.password import PasswordScreen
from tui_mail.ui.screens.picker import Picker
from tui_mail.ui.sync_lines import SyncLines, summary

NOW = 1_800_000_000.0
WORK_ACCOUNT = AccountEntry(1, "work", safe_text("work"), safe_text("me@example.org"), 0)
INBOX = Folder(7, 1, b"INBOX", safe_text("INBOX"), "/", Role.INBOX, True, 9, 9, 1, 9, False)
LISTS = Folder(8, 1, b"Lists", safe_text("Lists 日本語"), "/", Role.NONE, True, 9, 9, 1, 9, False)


def folder(id: int, stored: int, there: int | None, *, error: str = "", complete: bool = False) -> FolderSync:
    synced = int(NOW) - 3_600 if stored else None
    return FolderSync(id, safe_text("name"), stored, there, complete, synced, None, 2, safe_text(error))


def report(
    *activities: Activity, folders: tuple[FolderSync, ...] = (), status: AccountStatus | None = None
) -> AccountSync:
    return AccountSync(
        1,
        status,
        activities,
        folders,
        3,
        Traffic(12_400_000, 3_000, 310),
        Traffic(45_000_000, 9_000, 812),
        120,
    )


def drawn(one: AccountSync, width: int = 118, icons: Icons = ICONS) -> list[str]:
    lines = SyncLines((WORK_ACCOUNT,), {7: INBOX, 8: LISTS}, icons, NOW).lines([one])
    return ["".join(text for text, _ in line.paint(width)).rstrip() for line in lines]


def test_a_fill_tells_counts_rate_and_the_time_that_is_left() -> None:
    filling = Activity(Line.MAIN, Task.FILLING, 7, NOW - 10, done=1_100, total=7_100, at_start=100)
    lines = drawn(report(filling))
    assert "  syncing    fetching older mail: Inbox  1,100 of 7,100, 100 a second, 60 s left" in lines


def test_what_waits_and_what_it_cost_is_told() -> None:
    lines = drawn(report())
    assert "  waiting    3 changes, 120 messages to fetch for reading offline" in lines
    assert "  traffic    12 MB in, 3 kB out, 310 round trips   today 45 MB, 812 round trips" in lines


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (AccountPhase.LIVE, "✓ up to date"),
        (AccountPhase.WAITING, "◌ tries again in 12 s"),
        (AccountPhase.SIGN_IN, "! needs its password"),
        (AccountPhase.FAILED, "! stopped"),
        (AccountPhase.OFFLINE, "○ offline"),
        (AccountPhase.SYNCING, "↻ syncing"),
    ],
)
def test_every_phase_has_its_words(phase: AccountPhase, words: str) -> None:
    status = AccountStatus(1, phase, retry_at=NOW + 12)
    assert words in drawn(report(status=status))[0]


def test_the_last_error_stands_in_full_under_the_account_and_under_its_folder() -> None:
    sentence = "The certificate of mail.example.org has expired, on 3 May 2026, and nothing secret was sent"
    status = AccountStatus(1, AccountPhase.FAILED, error=safe_text(sentence), hint="ask its owner")
    text = " ".join(
        " ".join(drawn(report(folders=(folder(8, 5, 9, error=sentence),), status=status))).split()
    )
    assert f"{sentence} — ask its owner" in text
    assert text.count(sentence) == 2


@pytest.mark.parametrize("width", [38, 78, 118, 198])
def test_no_line_is_wider_than_its_room_and_counts_stay(width: int) -> None:
    one = report(folders=(folder(7, 1_204, 41_000), folder(8, 0, None), folder(8, 5, 5, complete=True)))
    lines = drawn(one, width)
    assert all(cells(line) <= width for line in lines)
    assert ["1,204 of 41,000" in line for line in lines if "Inbox" in line] == [True]


def test_the_plain_set_is_ascii() -> None:
    busy = Activity(Line.MAIN, Task.CATCHING_UP, 7, NOW)
    lines = drawn(report(busy, folders=(folder(7, 1, 2),)), icons=PLAIN_ICONS)
    assert all(line.isascii() for line in lines)


def test_the_summary_counts_folders_and_changes() -> None:
    assert summary([]) == "nothing synced yet"
    one = report(folders=(folder(7, 5, 5, complete=True), folder(8, 0, 1)))
    assert summary([one]) == "1 of 2 folders complete   3 changes wait"


async def test_the_page_opens_by_key_and_palette_and_esc_leads_back_to_the_same_pane(screen: Stage) -> None:
    await screen.press("tab")
    focused = screen.main.scope
    await screen.press("g", "S")
    await screen.until(lambda: "Sync status" in screen.line(0))
    assert "folders complete" in screen.line(0)
    assert screen.main.scope is Scope.SYNC
    await screen.press("escape")
    assert screen.main.scope is focused
    assert "Inbox" in screen.line(0)
    await screen.press("colon")
    await screen.until(lambda: isinstance(screen.app.screen, Picker))
    await screen.press(*"sync status")
    await screen.press("enter")
    await screen.until(lambda: "Sync status" in screen.line(0))
    await screen.press("q")
    assert screen.app.is_running
    assert screen.main.scope is focused


async def test_enter_opens_the_folder_under_the_cursor(screen: Stage) -> None:
    await screen.press("g", "S")
    await screen.press("j", "j", "enter")
    drafts = await screen.folder("work", Role.DRAFTS)
    await screen.until(lambda: screen.main.messages.view == FolderView(drafts.id))
    assert screen.main.scope is Scope.LIST


async def test_a_click_on_a_folder_opens_it_and_going_elsewhere_leaves_the_page(screen: Stage) -> None:
    await screen.press("g", "S")
    y = next(y for y in range(40) if "Archive" in screen.line(y))
    await screen.pilot.click(screen.main.sync.view, offset=(6, y - screen.main.sync.view.region.y))
    await screen.until(lambda: "Archive" in screen.line(0))
    await screen.press("g", "S", "g", "i")
    await screen.until(lambda: "Inbox" in screen.line(0))
    assert screen.main.scope is Scope.LIST


async def tell(screen: Stage, phase: AccountPhase, **facts: object) -> None:
    (work, *_) = await screen.engine.reading.accounts()

    async def set() -> None:
        screen.engine._core.board.set(work.id, phase, **facts)

    await screen.engine._loop.call(set())


async def test_it_follows_what_happens_and_the_cursor_stays(screen: Stage) -> None:
    await screen.press("g", "S", "j", "j", "j")
    under = screen.main.sync.view.cursor
    await tell(screen, AccountPhase.FAILED, error=safe_text("No such host"), hint="look at the name")
    await screen.until(lambda: "No such host — look at the name" in screen.text())
    assert screen.main.sync.view.cursor == under


async def test_enter_on_an_account_mends_it(screen: Stage) -> None:
    await tell(screen, AccountPhase.SIGN_IN)
    await screen.press("g", "S")
    await screen.until(lambda: "needs its password" in screen.text())
    await screen.press("enter")
    await screen.until(lambda: isinstance(screen.app.screen, PasswordScreen))


async def test_the_line_of_an_account_that_is_well_opens_the_page(screen: Stage) -> None:
    line = next(y for y in range(40) if screen.line(y).startswith(" work "))
    await screen.pilot.click(screen.main.folders, offset=(3, line))
    await screen.until(lambda: "Sync status" in screen.line(0))


async def test_a_small_screen_shows_it_whole_line_by_line(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 10), letters={"work": WORK}) as screen:
        await screen.press("g", "S", "G")
        await screen.until(lambda: "Bridge" in screen.text())
        await screen.press("g", "g")
        await screen.until(lambda: " work" in screen.text())
