"""What syncing is about, as people are told."""

from imapclient import IMAPClient

from tests.engine.conftest import Start, letter
from tests.engine.test_with_dovecot import synced
from tests.servers.mailbox import Mailbox
from tui_mail.model.sync import Line, Task


async def test_the_report_tells_how_far_each_folder_has_come_and_what_the_lines_do(
    mailbox: Mailbox, start: Start
) -> None:
    mailbox.fill("INBOX", [letter(f"number {n}") for n in range(150)])
    stage = await start()

    async def at_rest() -> bool:
        (account,) = await stage.engine.reading.sync_report()
        tasks = {activity.line: activity.task for activity in account.activities}
        return tasks == {Line.MAIN: Task.RESTING, Line.LISTENING: Task.LISTENING}

    await stage.until(at_rest)
    (account,) = await stage.engine.reading.sync_report()
    inbox = next(folder for folder in account.folders if folder.name == "INBOX")
    assert (inbox.stored, inbox.on_server, inbox.complete, inbox.waiting, inbox.error) == (
        150,
        150,
        True,
        0,
        "",
    )
    assert inbox.synced_at
    assert inbox.checked_at
    assert (account.waiting, account.bodies_missing) == (0, 0)
    assert account.run.received > 150 * 100
    assert 0 < account.run.sent < account.run.received
    assert account.run.round_trips > 5


async def test_what_an_account_cost_today_outlives_the_program(mailbox: Mailbox, start: Start) -> None:
    mailbox.fill("INBOX", [letter("one")])
    first = await synced(start)
    (before,) = await first.engine.reading.sync_report()
    await first.engine.stop()
    second = await start(online=False)
    (after,) = await second.engine.reading.sync_report()
    assert after.today.received >= before.run.received > 0
    assert after.run.round_trips == 0


async def test_a_change_that_waits_is_counted_with_both_of_its_folders(
    mailbox: Mailbox, start: Start, other: IMAPClient
) -> None:
    other.create_folder("Projects")
    mailbox.fill("INBOX", [letter("one")])
    await (await synced(start)).engine.stop()
    offline = await start(online=False)
    row = await offline.row("INBOX", "one")
    await offline.engine.acting.move([row.id], None, (await offline.folder("Projects")).id)
    (account,) = await offline.engine.reading.sync_report()
    assert account.waiting == 1
    assert {folder.name: folder.waiting for folder in account.folders if folder.waiting} == {
        "INBOX": 1,
        "Projects": 1,
    }
