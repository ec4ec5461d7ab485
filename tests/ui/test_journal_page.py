"""The change journal, for people: the words of each standing, and the page with a way back for each."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.letters import HOME, WORK
from tests.ui.stage import Stage, stage
from tui_mail.model.event import OperationsChanged
from tui_mail.model.folder import FolderView, Role
from tui_mail.model.journal import JournalEntry, Standing
from tui_mail.model.message import Flag
from tui_mail.model.operation import OperationState
from tui_mail.model.safe_text import safe_text
from tui_mail.store import operations
from tui_mail.ui.commands import Scope
from tui_mail.ui.format import ICONS, PLAIN_ICONS, Icons, cells
from tui_mail.ui.journal_lines import JournalLines, explained
from tui_mail.ui.journal_page import CHUNK
from tui_mail.ui.row import Facts
from tui_mail.ui.screens.help import HelpScreen
from tui_mail.ui.screens.picker import Picker
from tui_mail.ui.screens.telling import Telling

NOW = 1_800_000_000.0
FACTS = Facts(((1, safe_text("wo"), 0), (2, safe_text("ho"), 1)))
ENTRY = JournalEntry(
    command=5, sentence=safe_text("Archived 3"), about=safe_text("Budget"), made_at=int(NOW) - 7_200,
    settled_at=None,
    standing=Standing.WAITING, accounts=(1,), count=3, attempts=0, retry_at=0, error=safe_text(""),
    takes_back=None, automatic=False, undone=False, can_cancel=True, can_undo=True, can_redo=False,
)  # fmt: skip


def drawn(entry: JournalEntry, width: int = 118, icons: Icons = ICONS, facts: Facts = FACTS) -> str:
    (line,) = JournalLines(facts, icons, lambda: NOW).lines([entry])
    return "".join(text for text, _ in line.paint(width))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (ENTRY, "Archived 3  Budget"),
        (ENTRY, " waits "),
        (replace(ENTRY, retry_at=int(NOW) + 12), "tries again in 12 s"),
        (
            replace(ENTRY, retry_at=int(NOW) + 12, error=safe_text("No route")),
            "tries again in 12 s: No route",
        ),
        (replace(ENTRY, standing=Standing.RUNNING), "on its way"),
        (replace(ENTRY, standing=Standing.CONFIRMED), " confirmed "),
        (replace(ENTRY, standing=Standing.CONFIRMED, undone=True), "confirmed, undone since"),
        (replace(ENTRY, standing=Standing.CANCELLED), "× "),
        (replace(ENTRY, standing=Standing.REFUSED, error=safe_text("Over quota")), "refused: Over quota"),
        (replace(ENTRY, standing=Standing.FAILED, error=safe_text("Gone")), "! "),
        (ENTRY, " wo "),
        (replace(ENTRY, accounts=(1, 2)), " wo+ "),
    ],
)
def test_every_standing_has_a_mark_and_words(entry: JournalEntry, words: str) -> None:
    assert words in drawn(entry)


@pytest.mark.parametrize("width", [38, 60, 78, 118, 198])
@pytest.mark.parametrize("facts", [FACTS, Facts()])
def test_a_line_fills_its_room_and_keeps_what_was_done(width: int, facts: Facts) -> None:
    entry = replace(
        ENTRY,
        sentence=safe_text("Moved to 日本語/Verträge: 12"),
        error=safe_text("x" * 300),
        standing=Standing.FAILED,
    )
    line = drawn(entry, width, facts=facts)
    assert cells(line) == width
    assert "Moved to" in line


def test_the_plain_set_is_ascii() -> None:
    for standing in Standing:
        assert drawn(replace(ENTRY, standing=standing), icons=PLAIN_ICONS).replace("…", "").isascii()


def test_an_entry_explains_itself_in_full() -> None:
    error = safe_text("The server refused: " + "very long " * 30)
    entry = replace(ENTRY, standing=Standing.REFUSED, error=error, attempts=2, settled_at=int(NOW))
    told = [text for text, _ in explained(entry, [safe_text("work")], NOW)]
    assert told[0] == f"refused: {error}"
    assert told[1].startswith("Made ")
    assert told[1].endswith(", in work")
    assert told[3] == "Sent 2 times"


async def settle(screen: Stage, state: OperationState, error: str = "") -> None:
    """Let servers answer all that waits."""
    accounts = await screen.engine.reading.accounts()

    async def write() -> None:
        async with screen.engine._core.database.intention() as tx:
            for account in accounts:
                ids = [one.id for one in await operations.open_of_account(tx, account.id, 1_000)]
                await operations.finish(tx, ids, state, 2e9, error)
                tx.publish(OperationsChanged(account.id))

    await screen.engine._loop.call(write())


async def test_what_is_done_stands_there_newest_first_and_waits(screen: Stage) -> None:
    await screen.press("a", "d", "s")
    await screen.press("g", "j")
    await screen.until(lambda: "Journal   your changes   3 changes wait" in screen.line(0))
    assert "Starred 1" in screen.line(2)
    assert "Deleted 1" in screen.line(3)
    assert "Archived 1" in screen.line(4)
    assert "waits" in screen.line(2)
    assert screen.main.scope is Scope.JOURNAL
    await screen.press("escape")
    assert screen.main.scope is Scope.LIST


async def test_the_status_line_tells_what_waits_and_leads_there(screen: Stage) -> None:
    await screen.press("a", "a")
    await screen.until(lambda: "2 changes wait" in screen.line(38))
    at = screen.line(38).index("2 changes wait")
    await screen.pilot.click(screen.main.status, offset=(at + 3, 0))
    await screen.until(lambda: "Journal" in screen.line(0))


async def test_any_entry_can_be_undone_and_done_again(screen: Stage) -> None:
    await screen.press("a", "d")
    assert screen.main.messages.count == 7
    await screen.press("g", "j", "j", "u")
    await screen.until(lambda: "Undone: archived 1" in screen.text())
    await screen.until(lambda: screen.main.messages.count == 8)
    await screen.until(lambda: "cancelled" in screen.line(3))
    assert "Deleted 1" in screen.line(2)
    await screen.press("ctrl+y")
    await screen.until(lambda: screen.main.messages.count == 7)


async def test_what_waits_can_be_cancelled(screen: Stage) -> None:
    await screen.press("d")
    await screen.press("g", "j", "x")
    await screen.until(lambda: "cancelled" in screen.line(2))
    await screen.until(lambda: screen.main.messages.count == 9)


async def test_what_a_server_confirmed_is_shown_so_and_can_be_undone_but_not_cancelled(screen: Stage) -> None:
    await screen.press("d")
    await screen.press("g", "j")
    await settle(screen, OperationState.DONE)
    await screen.until(lambda: "confirmed" in screen.line(2))
    assert not screen.main.journal.can_cancel
    assert "x cancel" not in screen.line(39)
    await screen.press("u")
    await screen.until(lambda: screen.main.messages.count == 9)
    await screen.until(lambda: "Undone: deleted 1" in screen.line(2))
    assert "confirmed, undone since" in screen.line(3)


async def test_the_filter_shows_what_waits_and_what_was_refused(screen: Stage) -> None:
    await screen.press("d")
    await settle(screen, OperationState.DONE)
    await screen.press("s")
    await settle(screen, OperationState.REVERTED, "Over quota")
    await screen.press("a")
    await screen.press("g", "j", "f")
    await screen.until(lambda: "changes that wait" in screen.line(0))
    assert "Archived 1" in screen.line(2)
    assert not screen.line(3).strip()
    await screen.press("f")
    await screen.until(lambda: "refused and failed" in screen.line(0))
    assert "Starred 1" in screen.line(2)
    assert "refused: Over quota" in screen.line(2)
    await screen.press("f")
    await screen.until(lambda: "those of the program too" in screen.line(0))
    await screen.press("f", "f")
    await settle(screen, OperationState.DONE)
    await screen.until(lambda: "Nothing waits: the servers have every change" in screen.text())


async def test_details_tell_the_error_in_full_and_lead_to_the_message(screen: Stage) -> None:
    subject = screen.subject
    error = "The mailbox is over its quota, and this sentence is long enough to fill a second line of it"
    await screen.press("a")
    await screen.press("g", "j")
    await settle(screen, OperationState.FAILED, error)
    await screen.until(lambda: "failed: The mailbox" in screen.line(2))
    await screen.press("enter")
    await screen.until(lambda: isinstance(screen.app.screen, Picker))
    assert "second line of it" in screen.text()
    assert subject in screen.text()
    await screen.press("enter")
    archive = await screen.folder("work", Role.ARCHIVE)
    await screen.until(lambda: screen.main.messages.view == FolderView(archive.id))
    await screen.until(lambda: screen.main.opening.letter and screen.main.opening.letter.subject == subject)


async def test_what_the_program_did_by_itself_is_left_out_until_it_is_asked_for(screen: Stage) -> None:
    await screen.press("enter")
    await screen.until(lambda: screen.main.opening.letter)
    await screen.until(lambda: screen.main.standing.waiting == 1)
    await settle(screen, OperationState.DONE)
    await screen.press("g", "j")
    await screen.until(lambda: "Nothing was changed here yet" in screen.text())
    await screen.press("f", "f", "f")
    await screen.until(lambda: "Marked read: 1" in screen.line(2))
    await screen.press("enter")
    await screen.until(lambda: "Done by the program" in screen.text())


async def test_details_of_a_change_of_folders_ask_nothing(screen: Stage) -> None:
    (work, _) = await screen.engine.reading.accounts()
    await screen.engine.acting.create_folder(work.id, "Travel")
    await screen.press("g", "j", "enter")
    await screen.until(lambda: isinstance(screen.app.screen, Telling))
    assert "type to filter" not in screen.text()
    await screen.press("enter")
    assert screen.app.screen is screen.main


async def test_an_empty_journal_says_so(screen: Stage) -> None:
    await screen.press("g", "j")
    await screen.until(lambda: "Nothing was changed here yet" in screen.text())
    await screen.press("enter", "u", "x", "r", "ctrl+y", "G")
    assert "Nothing was changed here yet" in screen.text()


async def test_question_mark_runs_a_command_on_the_entry(screen: Stage) -> None:
    await screen.press("d")
    await screen.press("g", "j", "question_mark")
    await screen.until(lambda: isinstance(screen.app.screen, HelpScreen))
    await screen.press(*"cancel")
    await screen.press("enter")
    await screen.until(lambda: "cancelled" in screen.line(2))


async def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as screen:
        await screen.press("d")
    async with stage(tmp_path, letters={"work": (), "home": ()}) as screen:
        await screen.press("g", "j")
        await screen.until(lambda: "Deleted 1" in screen.line(2))
        await screen.press("u")
        await screen.until(lambda: "Undone: deleted 1" in screen.text())


async def test_thousands_of_entries_are_read_as_they_are_reached(tmp_path: Path) -> None:
    async with stage(tmp_path, letters={"work": WORK, "home": HOME}) as screen:
        view = screen.main.messages.view
        id = screen.main.messages.cursor_id
        assert id is not None
        for _ in range(250):
            await screen.engine.acting.mark([id], view, add=Flag.FLAGGED | Flag.SEEN)
            await screen.engine.acting.mark([id], view, remove=Flag.FLAGGED)
        await screen.press("g", "j")
        assert len(screen.main.journal._entries) == CHUNK
        await screen.press("G")
        assert len(screen.main.journal._entries) == 500
        assert "Marked read: 1" in screen.line(37)
