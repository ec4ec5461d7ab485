"""What a person sees of a real server, and what the server sees of a person's changes."""

import asyncio

from imapclient import IMAPClient

from tests.engine.conftest import Stage, Start, letter
from tests.servers.mailbox import Mailbox
from tui_mail.model.account import AccountPhase
from tui_mail.model.event import MailArrived
from tui_mail.model.folder import Role, RoleView, StarredView
from tui_mail.model.message import Flag
from tui_mail.model.sync import Line


def on_server(other: IMAPClient, folder: str) -> list[str]:
    """Return the subjects that a second device sees in a folder, in alphabetical order."""
    other.select_folder(folder, readonly=True)
    found = other.fetch(other.search("ALL"), ["ENVELOPE"])
    return sorted(one[b"ENVELOPE"].subject.decode() for one in found.values())


def flags_on_server(other: IMAPClient, folder: str, subject: str) -> set[bytes]:
    other.select_folder(folder, readonly=True)
    (uid,) = other.search(["SUBJECT", subject])
    return set(other.get_flags([uid])[uid]) - {b"\\Recent"}


async def synced(start: Start) -> Stage:
    stage = await start(workers=False)
    (report,) = await stage.engine.sync_once()
    assert report.error is None
    return stage


async def test_one_run_brings_every_folder_with_its_role_and_every_message(
    mailbox: Mailbox, start: Start
) -> None:
    mailbox.fill("INBOX", [letter(f"Letter {n:03}") for n in range(250)])
    mailbox.fill("Projects/Harbour", [letter("Plans")])
    stage = await synced(start)
    roles = {folder.role for folder in await stage.engine.reading.folders()}
    assert {Role.INBOX, Role.DRAFTS, Role.SENT, Role.ARCHIVE, Role.JUNK, Role.TRASH} <= roles
    assert await stage.subjects("INBOX") == [f"Letter {n:03}" for n in range(250)]
    inbox = await stage.role(Role.INBOX)
    assert (inbox.total, inbox.unread, inbox.complete) == (250, 250, True)
    assert "Plans" in [row.subject for folder in await stage.engine.reading.folders()
                       for row in await stage.rows(folder.name)]  # fmt: skip


async def test_a_second_run_brings_only_what_is_new(mailbox: Mailbox, start: Start) -> None:
    mailbox.fill("INBOX", [letter("Old")])
    stage = await synced(start)
    mailbox.deliver(letter("New"))
    (report,) = await stage.engine.sync_once()
    assert (report.new, await stage.subjects("INBOX")) == (1, ["New", "Old"])


async def test_recent_bodies_come_by_themselves_and_are_kept_byte_for_byte(
    mailbox: Mailbox, start: Start
) -> None:
    raw = letter("Recent", text="The harbour is quiet today.\r\n")
    mailbox.deliver(raw)
    stage = await synced(start)
    row = await stage.row("INBOX", "Recent")
    source = await stage.engine.reading.source(row.id)
    assert source is not None
    assert source.endswith(raw)
    opened = await stage.engine.reading.letter(row.id)
    assert opened.document is not None
    await stage.engine.finish_upkeep()
    assert (await stage.row("INBOX", "Recent")).snippet == "The harbour is quiet today."
    found = await stage.engine.searching.search("quiet harb")
    assert found.ids == (row.id,)


async def test_new_mail_shows_up_while_the_program_watches(mailbox: Mailbox, start: Start) -> None:
    stage = await start()

    async def listening() -> bool:
        status = stage.engine.reading.statuses().values()
        return [line.phase for line in status] == [AccountPhase.LIVE]

    await stage.until(listening)
    mailbox.deliver(letter("Just in"))

    async def arrived() -> bool:
        return await stage.subjects("INBOX") == ["Just in"]

    await stage.until(arrived)


async def test_what_another_device_changes_shows_up_here(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    mailbox.fill("INBOX", [letter("Read there"), letter("Removed there")])
    stage = await start()

    async def here() -> bool:
        return len(await stage.rows("INBOX")) == 2 if await stage.engine.reading.folders() else False

    await stage.until(here)
    other.select_folder("INBOX")
    other.add_flags(other.search(["SUBJECT", "Read there"]), [b"\\Seen", b"\\Flagged"])
    other.delete_messages(other.search(["SUBJECT", "Removed there"]))
    other.expunge()

    async def agreed() -> bool:
        rows = await stage.rows("INBOX")
        return [(row.subject, row.flags) for row in rows] == [("Read there", Flag.SEEN | Flag.FLAGGED)]

    await stage.until(agreed)


async def test_changes_made_offline_show_at_once_and_reach_the_server_later(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    mailbox.fill("INBOX", [letter("Keep"), letter("Archive me"), letter("Delete me"), letter("Star me")])
    first = await synced(start)
    await first.engine.stop()
    stage = await start(online=False)
    inbox = await stage.view("INBOX")
    act = stage.engine.acting
    await act.archive([(await stage.row("INBOX", "Archive me")).id], inbox)
    await act.delete([(await stage.row("INBOX", "Delete me")).id], inbox)
    await act.mark([(await stage.row("INBOX", "Star me")).id], inbox, add=Flag.FLAGGED | Flag.SEEN)
    assert await stage.subjects("INBOX") == ["Keep", "Star me"]
    assert on_server(other, "INBOX") == ["Archive me", "Delete me", "Keep", "Star me"]
    await stage.engine.stop()

    stage = await synced(start)
    assert await stage.engine.reading.waiting() == 0
    assert on_server(other, "INBOX") == ["Keep", "Star me"]
    assert on_server(other, (await stage.role(Role.ARCHIVE)).name) == ["Archive me"]
    assert on_server(other, (await stage.role(Role.TRASH)).name) == ["Delete me"]
    assert flags_on_server(other, "INBOX", "Star me") == {b"\\Seen", b"\\Flagged"}
    assert await stage.subjects((await stage.role(Role.ARCHIVE)).name) == ["Archive me"]


async def test_undo_before_and_after_the_server_knew_leads_to_the_same_place(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    mailbox.fill("INBOX", [letter("One"), letter("Two")])
    stage = await synced(start)
    inbox = await stage.view("INBOX")
    for confirmed in (False, True):
        await stage.engine.acting.archive([row.id for row in await stage.rows("INBOX")], inbox)
        assert await stage.subjects("INBOX") == []
        if confirmed:
            await stage.engine.sync_once()
            assert on_server(other, "INBOX") == []
        undone = await stage.engine.acting.undo()
        assert undone is not None
        assert undone.count == 2
        assert await stage.subjects("INBOX") == ["One", "Two"]
        await stage.engine.sync_once()
        assert await stage.subjects("INBOX") == on_server(other, "INBOX") == ["One", "Two"]
    redone = await stage.engine.acting.redo()
    assert redone is not None
    await stage.engine.sync_once()
    assert on_server(other, "INBOX") == await stage.subjects("INBOX") == []
    assert on_server(other, (await stage.role(Role.ARCHIVE)).name) == ["One", "Two"]


async def test_deleting_for_ever_removes_only_what_was_meant(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    mailbox.fill("INBOX", [letter("Stay"), letter("Go")])
    other.select_folder("INBOX")
    other.add_flags(other.search(["SUBJECT", "Stay"]), [b"\\Deleted"])
    stage = await synced(start)
    inbox = await stage.view("INBOX")
    done = await stage.engine.acting.delete_forever([(await stage.row("INBOX", "Go")).id], inbox)
    assert not done.undoable
    await stage.engine.sync_once()
    assert on_server(other, "INBOX") == await stage.subjects("INBOX") == ["Stay"]


async def test_unified_views_follow_the_folders_of_every_account(mailbox: Mailbox, start: Start) -> None:
    mailbox.fill("INBOX", [letter("A"), letter("B")])
    stage = await synced(start)
    inboxes = RoleView(Role.INBOX)
    ids, moments = await stage.engine.reading.entries(inboxes)
    assert len(ids) == 2
    assert list(moments) == sorted(moments, reverse=True)
    await stage.engine.acting.mark([ids[0]], inboxes, add=Flag.FLAGGED)
    starred, _ = await stage.engine.reading.entries(StarredView())
    assert list(starred) == [ids[0]]
    counters = await stage.engine.reading.counters()
    assert counters[inboxes] == (2, 2)


async def test_a_folder_that_the_server_renumbered_loses_nothing(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    mailbox.fill("INBOX", [letter("Before")])
    other.create_folder("Work")
    other.append("Work", letter("Kept"), [b"\\Seen"])
    stage = await synced(start)
    before = await stage.row("Work", "Kept")
    other.rename_folder("Work", "Old")
    other.create_folder("Work")
    other.append("Work", letter("Kept"), [b"\\Seen"])
    await stage.engine.sync_once()
    assert await stage.subjects("Work") == ["Kept"]
    after = await stage.row("Work", "Kept")
    assert after.uid is not None
    assert before.subject == after.subject


async def test_changes_made_while_the_program_watches_reach_the_server_by_themselves(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    subjects = [f"Letter {n:02}" for n in range(20)]
    mailbox.fill("INBOX", [letter(subject) for subject in subjects])
    stage = await start()

    async def here() -> bool:
        return len(await stage.rows("INBOX")) == 20 if await stage.engine.reading.folders() else False

    await stage.until(here)
    for subject in subjects:
        row = await stage.row("INBOX", subject)
        await stage.engine.acting.mark([row.id], await stage.view("INBOX"), add=Flag.FLAGGED)
        await stage.settled()
        assert b"\\Flagged" in flags_on_server(other, "INBOX", subject)


async def test_new_mail_is_told_as_new_and_a_first_fill_or_a_move_of_ours_never(
    mailbox: Mailbox, start: Start
) -> None:
    mailbox.fill("INBOX", [letter(f"Old {n}") for n in range(3)])
    stage = await start(workers=False)
    arrived: list[MailArrived] = []

    async def note() -> None:
        async for event in stage.engine.events():
            if isinstance(event, MailArrived):
                arrived.append(event)

    noting = asyncio.create_task(note())
    await stage.engine.sync_once()
    inbox = await stage.view("INBOX")
    await stage.engine.acting.archive([(await stage.row("INBOX", "Old 0")).id], inbox)
    await stage.engine.sync_once()
    mailbox.deliver(letter("New"))
    await stage.engine.sync_once()
    new = await stage.row("INBOX", "New")
    await stage.engine.stop()
    await noting
    assert arrived == [MailArrived(inbox.folder, (new.id,))]


async def test_changes_in_any_folder_show_up_at_once_where_the_server_tells_of_all(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    """The next look at all folders is minutes away, so only the server can have told."""
    other.create_folder("Lists")
    other.append("Lists", letter("old"))
    stage = await start()

    async def listening() -> bool:
        (account,) = await stage.engine.reading.sync_report()
        return any(a.line is Line.LISTENING and a.folder is None for a in account.activities)

    await stage.until(listening)
    other.append("Lists", letter("new"))

    async def arrived() -> bool:
        return await stage.subjects("Lists") == ["new", "old"]

    await stage.until(arrived)
    other.select_folder("Lists")
    other.add_flags(other.search(["SUBJECT", "old"]), ["\\Flagged"])

    async def starred() -> bool:
        return (await stage.row("Lists", "old")).flags == Flag.FLAGGED

    await stage.until(starred)
    other.create_folder("Made elsewhere")

    async def made() -> bool:
        return "Made elsewhere" in [folder.name for folder in await stage.engine.reading.folders()]

    await stage.until(made)
