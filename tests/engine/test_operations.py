"""Everything that can be done to mail and folders, through the engine and against a real server."""

import pytest
from imapclient import IMAPClient

from tests.engine.conftest import Stage, Start, letter
from tests.engine.test_with_dovecot import flags_on_server, on_server, synced
from tests.servers.mailbox import Mailbox
from tui_mail.model.errors import MailError
from tui_mail.model.folder import Role, RoleView
from tui_mail.model.journal import JournalEntry, JournalFilter, Standing
from tui_mail.model.message import Flag
from tui_mail.model.operation import Done, NewMessage

THREE = ("One", "Three", "Two")


@pytest.fixture
async def stage(mailbox: Mailbox, start: Start, other: IMAPClient) -> Stage:
    """An engine that knows three letters in the inbox and a folder Projects."""
    mailbox.fill("INBOX", [letter(subject) for subject in ("One", "Two", "Three")])
    other.create_folder("Projects")
    return await synced(start)


async def ids(stage: Stage, folder: str, *subjects: str) -> list[int]:
    return [(await stage.row(folder, subject)).id for subject in subjects]


async def agree(stage: Stage, other: IMAPClient, folder: str, *subjects: str) -> None:
    """Carry out what waits; then both sides show these letters in a folder."""
    (report,) = await stage.engine.sync_once()
    assert report.error is None
    assert await stage.engine.reading.waiting() == 0
    assert on_server(other, folder) == await stage.subjects(folder) == sorted(subjects)


async def newest(stage: Stage) -> JournalEntry:
    return (await stage.engine.reading.journal(limit=1))[0]


async def command_of(stage: Stage, done: Done) -> int:
    entries = await stage.engine.reading.journal()
    return next(one.command for one in entries if one.command == done.operations[0])


async def test_copies_appear_at_once_and_once(stage: Stage, other: IMAPClient) -> None:
    inbox, projects = await stage.view("INBOX"), await stage.folder("Projects")
    two = await ids(stage, "INBOX", "One", "Two")
    done = await stage.engine.acting.copy(two, inbox, projects.id)
    assert done.sentence == "Copied 2 to Projects"
    assert await stage.subjects("Projects") == ["One", "Two"]
    again = await stage.engine.acting.copy(two, inbox, projects.id)
    assert again.sentence == "Copied 0 to Projects; 2 there already"
    await agree(stage, other, "Projects", "One", "Two")
    await agree(stage, other, "INBOX", *THREE)
    await stage.engine.acting.undo(done.operations[0])
    assert await stage.subjects("Projects") == []
    await agree(stage, other, "Projects")
    await agree(stage, other, "INBOX", *THREE)


async def test_tags_are_set_and_cleared(stage: Stage, other: IMAPClient) -> None:
    inbox = await stage.view("INBOX")
    done = await stage.engine.acting.tag(await ids(stage, "INBOX", "One", "Two"), inbox, add=["todo"])
    assert done.sentence == "Tagged 2 with todo"
    await agree(stage, other, "INBOX", *THREE)
    assert b"todo" in flags_on_server(other, "INBOX", "One")
    done = await stage.engine.acting.tag(await ids(stage, "INBOX", *THREE), inbox, remove=["todo"])
    assert done.count == 2
    await agree(stage, other, "INBOX", *THREE)
    assert b"todo" not in flags_on_server(other, "INBOX", "One")
    await stage.engine.acting.undo()
    await agree(stage, other, "INBOX", *THREE)
    assert b"todo" in flags_on_server(other, "INBOX", "Two")
    with pytest.raises(MailError):
        await stage.engine.acting.tag(await ids(stage, "INBOX", "One"), inbox, add=["two words"])


async def test_a_view_is_marked_read_by_one_command_and_exactly_undone(
    stage: Stage, other: IMAPClient
) -> None:
    inbox = await stage.view("INBOX")
    await stage.engine.acting.mark(await ids(stage, "INBOX", "Two"), inbox, add=Flag.SEEN)
    done = await stage.engine.acting.mark_all_read(RoleView(Role.INBOX))
    assert (done.count, len(done.operations)) == (2, 1)
    assert (await stage.folder("INBOX")).unread == 0
    await agree(stage, other, "INBOX", *THREE)
    assert b"\\Seen" in flags_on_server(other, "INBOX", "Three")
    assert (await stage.engine.acting.mark_all_read(inbox)).count == 0
    await stage.engine.acting.undo()
    assert (await stage.folder("INBOX")).unread == 2
    await agree(stage, other, "INBOX", *THREE)
    seen = [subject for subject in THREE if b"\\Seen" in flags_on_server(other, "INBOX", subject)]
    assert seen == ["Two"]


async def test_letters_from_here_are_put_into_a_folder(stage: Stage, other: IMAPClient) -> None:
    projects = await stage.folder("Projects")
    raws = [letter("Draft of a plan"), letter("Old one")]
    new = [NewMessage(raws[0], Flag.SEEN | Flag.DRAFT), NewMessage(raws[1], internal_date=1_000_000_000)]
    done = await stage.engine.acting.append(projects.id, new)
    assert done.sentence == "Added 2 to Projects"
    assert await stage.subjects("Projects") == ["Draft of a plan", "Old one"]
    assert await stage.engine.reading.source(done.messages[0]) == raws[0]
    await agree(stage, other, "Projects", "Draft of a plan", "Old one")
    assert flags_on_server(other, "Projects", "Draft of a plan") == {b"\\Seen", b"\\Draft"}
    (uid,) = other.search(["SUBJECT", "Old one"])
    told = other.fetch([uid], ["BODY[]", "INTERNALDATE"])[uid]
    assert told[b"BODY[]"] == raws[1]
    assert told[b"INTERNALDATE"].timestamp() == 1_000_000_000
    with pytest.raises(MailError):
        await stage.engine.acting.append(projects.id, [NewMessage(b"a\0b")])
    await stage.engine.acting.undo()
    await agree(stage, other, "Projects")


async def test_a_folder_made_here_is_used_and_renamed_before_the_server_knows_it(
    stage: Stage, other: IMAPClient
) -> None:
    (account,) = await stage.engine.reading.accounts()
    made = await stage.engine.acting.create_folder(account.id, "Räte")
    assert made.sentence == "Made folder Räte"
    folder = await stage.folder("Räte")
    inbox = await stage.view("INBOX")
    await stage.engine.acting.move(await ids(stage, "INBOX", "One"), inbox, folder.id)
    await stage.engine.acting.rename_folder(folder.id, "Receipts")
    assert await stage.subjects("Receipts") == ["One"]
    await agree(stage, other, "Receipts", "One")
    assert (await stage.folder("Receipts")).id == folder.id
    assert other.folder_exists("Receipts")
    assert not other.folder_exists("Räte")
    with pytest.raises(MailError):
        await stage.engine.acting.create_folder(account.id, "receipts")


async def test_folders_below_follow_a_rename(stage: Stage, other: IMAPClient) -> None:
    (account,) = await stage.engine.reading.accounts()
    await stage.engine.acting.create_folder(account.id, "Harbour", (await stage.folder("Projects")).id)
    await stage.engine.sync_once()
    other.append("Projects/Harbour", letter("Plans"))
    await stage.engine.sync_once()
    harbour = await stage.folder("Projects/Harbour")
    await stage.engine.acting.rename_folder((await stage.folder("Projects")).id, "Works")
    assert (await stage.folder("Works/Harbour")).id == harbour.id
    await agree(stage, other, "Works/Harbour", "Plans")
    assert (await stage.folder("Works/Harbour")).id == harbour.id
    await stage.engine.acting.undo()
    await agree(stage, other, "Projects/Harbour", "Plans")


async def test_a_subscription_goes_with_its_folder(stage: Stage, other: IMAPClient) -> None:
    (account,) = await stage.engine.reading.accounts()
    projects = await stage.folder("Projects")
    other.create_folder("Lists")
    other.subscribe_folder("Lists")
    await stage.engine.sync_once()
    await stage.engine.acting.create_folder(account.id, "Harbour", projects.id)
    await stage.engine.acting.rename_folder(projects.id, "Works")
    await agree(stage, other, "Works/Harbour")
    await stage.engine.sync_once()
    assert (await stage.folder("Works/Harbour")).subscribed
    assert not (await stage.folder("Works")).subscribed
    await stage.engine.acting.delete_folder((await stage.folder("Works/Harbour")).id)
    await agree(stage, other, "Works")
    subscribed = {name for _, _, name in other.list_sub_folders()}
    assert "Lists" in subscribed
    assert not subscribed & {"Projects/Harbour", "Works", "Works/Harbour"}


async def test_a_new_folder_is_not_the_first_that_is_subscribed_to(stage: Stage, other: IMAPClient) -> None:
    (account,) = await stage.engine.reading.accounts()
    await stage.engine.acting.create_folder(account.id, "Harbour")
    await agree(stage, other, "Harbour")
    await stage.engine.sync_once()
    assert not (await stage.folder("Projects")).subscribed
    assert not (await stage.folder("Harbour")).subscribed


@pytest.mark.parametrize("confirmed", [False, True])
async def test_a_deleted_folder_leaves_its_mail_in_the_trash_and_undo_brings_both_back(
    stage: Stage, other: IMAPClient, confirmed: bool
) -> None:
    inbox, projects = await stage.view("INBOX"), await stage.folder("Projects")
    await stage.engine.acting.move(await ids(stage, "INBOX", "One", "Two"), inbox, projects.id)
    await agree(stage, other, "Projects", "One", "Two")
    done = await stage.engine.acting.delete_folder(projects.id)
    assert done.sentence == "Deleted folder Projects and moved its 2 to the trash"
    assert "Projects" not in [folder.name for folder in await stage.engine.reading.folders()]
    trash = (await stage.role(Role.TRASH)).name
    assert await stage.subjects(trash) == ["One", "Two"]
    if confirmed:
        await agree(stage, other, trash, "One", "Two")
        assert not other.folder_exists("Projects")
    await stage.engine.acting.undo()
    assert await stage.subjects("Projects") == ["One", "Two"]
    await agree(stage, other, "Projects", "One", "Two")
    await agree(stage, other, trash)


async def test_mail_that_comes_into_a_folder_meanwhile_keeps_it_from_being_deleted(
    stage: Stage, other: IMAPClient
) -> None:
    projects = await stage.folder("Projects")
    await stage.engine.acting.delete_folder(projects.id)
    other.append("Projects", letter("Just in"))
    await stage.engine.sync_once()
    await stage.engine.sync_once()
    assert on_server(other, "Projects") == await stage.subjects("Projects") == ["Just in"]
    entry = await newest(stage)
    assert entry.standing is Standing.REFUSED
    assert "meanwhile" in entry.error


async def test_folders_that_are_needed_are_not_deleted(stage: Stage) -> None:
    (account,) = await stage.engine.reading.accounts()
    projects = await stage.folder("Projects")
    await stage.engine.acting.create_folder(account.id, "Harbour", projects.id)
    for folder in (projects, await stage.folder("INBOX"), await stage.role(Role.TRASH)):
        with pytest.raises(MailError):
            await stage.engine.acting.delete_folder(folder.id)
    with pytest.raises(MailError):
        await stage.engine.acting.rename_folder((await stage.folder("INBOX")).id, "Other")


async def test_subscriptions_follow(stage: Stage, other: IMAPClient) -> None:
    projects = await stage.folder("Projects")
    await stage.engine.acting.subscribe(projects.id)
    await stage.engine.sync_once()
    assert "Projects" in [name for *_, name in other.list_sub_folders()]
    await stage.engine.acting.undo()
    await stage.engine.sync_once()
    assert "Projects" not in [name for *_, name in other.list_sub_folders()]
    assert not (await stage.folder("Projects")).subscribed


@pytest.mark.parametrize("confirmed", [False, True])
async def test_any_command_is_undone_after_a_restart_and_later_ones_stand(
    stage: Stage, start: Start, other: IMAPClient, confirmed: bool
) -> None:
    inbox, projects = await stage.view("INBOX"), await stage.folder("Projects")
    acting = stage.engine.acting
    starred = await acting.mark(await ids(stage, "INBOX", *THREE), inbox, add=Flag.FLAGGED)
    await acting.move(await ids(stage, "INBOX", "One"), inbox, projects.id)
    await acting.mark(await ids(stage, "INBOX", "Two"), inbox, remove=Flag.FLAGGED)
    await acting.mark(await ids(stage, "INBOX", "Two"), inbox, add=Flag.FLAGGED)
    if confirmed:
        await stage.engine.sync_once()
    await stage.engine.stop()
    stage = await start(workers=False)
    done = await stage.engine.acting.undo(starred.operations[0])
    assert done is not None
    assert done.count == 2
    assert done.sentence == "Undone: starred 3; 1 changed since and stay as they are"
    await agree(stage, other, "Projects", "One")
    await agree(stage, other, "INBOX", "Three", "Two")
    flags = {folder: [bool(row.flags & Flag.FLAGGED) for row in await stage.rows(folder)]
             for folder in ("Projects", "INBOX")}  # fmt: skip
    assert flags == {"Projects": [False], "INBOX": [False, True]}
    assert b"\\Flagged" in flags_on_server(other, "INBOX", "Two")
    assert b"\\Flagged" not in flags_on_server(other, "Projects", "One")
    redone = await stage.engine.acting.redo(starred.operations[0])
    assert redone is not None
    await agree(stage, other, "Projects", "One")
    assert b"\\Flagged" in flags_on_server(other, "Projects", "One")


async def test_the_journal_tells_how_far_each_command_has_come(stage: Stage) -> None:
    inbox, acting, reading = await stage.view("INBOX"), stage.engine.acting, stage.engine.reading
    await acting.mark(await ids(stage, "INBOX", "One"), inbox, add=Flag.SEEN, automatic=True)
    starred = await acting.mark(await ids(stage, "INBOX", "One", "Two"), inbox, add=Flag.FLAGGED)
    archived = await acting.archive(await ids(stage, "INBOX", "One"), inbox)
    entries = await reading.journal()
    assert [entry.sentence for entry in entries] == ["Archived 1", "Starred 2", "Marked read: 1"]
    assert {entry.standing for entry in entries} == {Standing.WAITING}
    assert [(entry.can_undo, entry.automatic) for entry in entries] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert [entry.count for entry in entries] == [1, 2, 1]
    assert await reading.journal(below=entries[0].command, limit=1) == [entries[1]]
    cancelled = await acting.cancel(archived.operations[0])
    assert cancelled is not None
    assert (await newest(stage)).standing is Standing.CANCELLED
    assert len(await reading.journal(which=JournalFilter.OPEN)) == 2
    await stage.engine.sync_once()
    assert await reading.journal(which=JournalFilter.OPEN) == []
    entry = await reading.journal_entry(starred.operations[0])
    assert entry is not None
    assert (entry.standing, entry.attempts, entry.can_cancel) == (Standing.CONFIRMED, 1, False)
    assert entry.settled_at is not None
    assert await acting.cancel(starred.operations[0]) is None
    await acting.undo(starred.operations[0])
    undoing = await newest(stage)
    assert (undoing.sentence, undoing.takes_back) == ("Undone: starred 2", starred.operations[0])
    entry = await reading.journal_entry(starred.operations[0])
    assert entry is not None
    assert (entry.undone, entry.can_undo, entry.can_redo) == (True, False, True)
    assert await reading.journal(which=JournalFilter.FAILED) == []


async def test_what_was_to_be_removed_for_ever_comes_back_when_that_is_cancelled(
    stage: Stage, other: IMAPClient
) -> None:
    inbox = await stage.view("INBOX")
    done = await stage.engine.acting.delete_forever(await ids(stage, "INBOX", "One"), inbox)
    assert await stage.subjects("INBOX") == ["Three", "Two"]
    assert await stage.engine.acting.undo() is None
    await stage.engine.acting.cancel(done.operations[0])
    await agree(stage, other, "INBOX", *THREE)
