"""What a server refuses is taken back and told; what it cannot do now waits, and holds up nothing else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.engine.conftest import letter
from tests.servers.lies import Close, Rule, instead
from tests.servers.lying import ADDRESS, PASSWORD, LyingServer
from tests.sync.desk import Desk, Door, desk_at, put
from tui_mail.model.errors import NetworkError
from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange, OperationState
from tui_mail.store import journal
from tui_mail.store.database import Database, Transaction
from tui_mail.store.effects import Command
from tui_mail.store.turning import Turned, cancel, undo
from tui_mail.sync.replay import BUSY_WAITS, LINE_WAITS

STAR = FlagChange(Flag.FLAGGED)
Start = Callable[..., Awaitable[tuple[Desk, LyingServer]]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a server with three letters and a desk that knows them."""
    async with AsyncExitStack() as opened:

        async def start(*rules: Rule) -> tuple[Desk, LyingServer]:
            server = await opened.enter_async_context(LyingServer())
            for n in range(3):
                server.deliver(letter(f"Letter {n}"))
            server.deliver(letter("Other"), "Work")
            database = await Database.open(tmp_path / "mail.db")
            opened.push_async_callback(database.close)
            desk = await opened.enter_async_context(desk_at(Door(server.server, ADDRESS, PASSWORD), database))
            await desk.look("INBOX", "Work")
            server.rules += rules
            return desk, server

        yield start


async def star(desk: Desk, *numbers: int, folder: str = "INBOX") -> None:
    there = await desk.places(folder)
    async with desk.command() as command:
        await command.flag(desk.account, [there[n] for n in numbers], STAR)


async def starred(desk: Desk) -> list[bool]:
    return [bool(place.flags & Flag.FLAGGED) for place in await desk.places("INBOX")]


REFUSALS = ("[OVERQUOTA] Full", "[NOPERM] Not yours", "[CANNOT] No", "Just no")


@pytest.mark.parametrize("answer", [*(f"NO {words}" for words in REFUSALS), "BAD Pardon?"])
async def test_a_refusal_is_taken_back_and_says_why(start: Start, answer: str) -> None:
    desk, server = await start(instead(rb"UID STORE", f"{{tag}} {answer}\r\n".encode(), times=None))
    await star(desk, 0)
    assert await starred(desk) == [True, False, False]
    await desk.run()
    assert server.fired.total() == 1
    assert await starred(desk) == [False] * 3
    assert await desk.states() == [OperationState.REVERTED]
    assert answer.partition("] ")[2] in (await desk.errors())[0]


async def test_of_several_sent_together_only_the_refused_one_is_taken_back(start: Start) -> None:
    desk, server = await start(
        instead(rb"UID STORE 1:3", b"{tag} NO One of them\r\n"),
        instead(rb"UID STORE 2 ", b"{tag} NO This one\r\n", times=None),
    )
    for n in range(3):
        await star(desk, n)
    await desk.run()
    assert set(server.fired.values()) == {1}
    assert await starred(desk) == [True, False, True]
    done, reverted = OperationState.DONE, OperationState.REVERTED
    assert await desk.states() == [done, reverted, done]


@pytest.mark.parametrize("code", ["INUSE", "LIMIT", "SERVERBUG", "UNAVAILABLE"])
async def test_a_busy_server_is_asked_again_later_and_others_go_on(start: Start, code: str) -> None:
    busy = f"{{tag}} NO [{code}] Later\r\n".encode()
    desk, server = await start(instead(rb"UID STORE 2 ", busy, times=2))
    await star(desk, 1)
    replay = desk.replay()
    await desk.run(replay)
    await star(desk, 0, folder="Work")
    await star(desk, 0)
    async with desk.command() as command:
        there = await desk.places("INBOX")
        await command.move(desk.account, (await desk.folder("Work")).id, there[1:2])
    await desk.run(replay)
    pending, done = OperationState.PENDING, OperationState.DONE
    assert await desk.states() == [pending, done, done, pending]
    assert "Later" in (await desk.errors())[0]
    for waited in BUSY_WAITS[:2]:
        due = await replay.next_time()
        assert due == desk.clock + waited
        desk.clock = due
        await desk.run(replay)
    assert server.fired.total() == 2
    assert set(await desk.states()) == {done}
    assert desk.waits == []


@pytest.mark.parametrize("turn", [undo, cancel])
async def test_what_a_server_did_of_a_move_is_no_longer_taken_for_waiting(
    start: Start, turn: Callable[[Transaction, int, int], Awaitable[Turned | None]]
) -> None:
    desk, server = await start(instead(rb"UID MOVE", b"{tag} NO [INUSE] Later\r\n", skip=1))
    server.user.create("Target")
    await desk.look()
    async with desk.command() as command:
        both = [*(await desk.places("INBOX"))[:1], *await desk.places("Work")]
        await command.move(desk.account, (await desk.folder("Target")).id, both)
    await desk.run()
    assert server.fired.total() == 1
    assert (await desk.states()) == [OperationState.PENDING]
    async with desk.database.intention() as tx:
        turned = await turn(tx, 1, 1)
    assert turned is not None
    assert len(turned.messages) == (2 if turn is undo else 1)
    desk.clock += BUSY_WAITS[0]
    await desk.run()
    await desk.look("INBOX", "Work", "Target")
    moved = [] if turn is undo else [both[0].message]
    assert [place.message for place in await desk.places("Target")] == moved
    assert len(await desk.on_server(b"Target")) == len(moved)
    assert len(await desk.on_server(b"INBOX")) == 3 - len(moved)


async def half_starred(start: Start) -> tuple[Desk, LyingServer]:
    """Return a desk whose one command starred a letter in INBOX, and none in Work for want of time."""
    desk, server = await start(instead(rb"UID STORE", b"{tag} NO [LIMIT] Later\r\n", skip=1))
    async with desk.command() as command:
        both = [*(await desk.places("INBOX"))[:1], *await desk.places("Work")]
        await command.flag(desk.account, both, STAR)
    await desk.run()
    assert server.fired.total() == 1
    assert await desk.states() == [OperationState.PENDING]
    return desk, server


async def test_undo_takes_flags_back_of_which_a_part_left_before_the_rest_was_put_off(start: Start) -> None:
    desk, server = await half_starred(start)
    async with desk.database.intention() as tx:
        turned = await undo(tx, 1)
    assert turned is not None
    assert len(turned.messages) == 2
    assert await starred(desk) == [False] * 3
    desk.clock += BUSY_WAITS[0]
    await desk.run()
    assert set(await desk.states()) == {OperationState.DONE}
    for name in ("INBOX", "Work"):
        on_server = server.user.mailboxes[name].messages.values()
        assert not any("\\Flagged" in each.flags for each in on_server)
    await desk.look("INBOX", "Work")
    assert await starred(desk) == [False] * 3


async def test_flags_of_which_a_part_left_are_not_to_be_cancelled(start: Start) -> None:
    desk, _ = await half_starred(start)
    (entry,) = await journal.entries(desk.database.lists, None, 10)
    assert not entry.can_cancel
    async with desk.database.intention() as tx:
        assert await cancel(tx, 1, entry.command) is None
    assert await starred(desk) == [True, False, False]
    desk.clock += BUSY_WAITS[0]
    await desk.run()
    assert await desk.states() == [OperationState.DONE]


async def test_one_that_breaks_the_line_each_time_does_not_hold_up_the_others(start: Start) -> None:
    desk, server = await start(Rule(rb"UID STORE 1 ", (Close(),), times=None))
    replay = desk.replay()
    await star(desk, 0)
    for _ in range(2):
        with pytest.raises(NetworkError):
            await desk.run(replay)
        await desk.reconnect()
    await star(desk, 1)
    await desk.run(replay)
    assert server.fired.total() == 2
    assert await desk.states() == [OperationState.RUNNING, OperationState.DONE]
    assert await replay.next_time() == desk.clock + LINE_WAITS[1]


async def test_neighbours_of_one_that_breaks_the_line_are_not_broken_with_it_for_ever(start: Start) -> None:
    desk, server = await start(Rule(rb"UID STORE (1|1:3) ", (Close(),), times=None))
    replay = desk.replay()
    for n in range(3):
        await star(desk, n)
    for _ in range(6):
        desk.clock += LINE_WAITS[2]
        try:
            await desk.run(replay)
        except NetworkError:
            await desk.reconnect()
    assert server.fired.total() >= 2
    done = OperationState.DONE
    assert await desk.states() == [OperationState.RUNNING, done, done]


async def test_a_folder_that_is_missing_is_made_and_the_command_sent_once_more(start: Start) -> None:
    desk, server = await start(instead(rb"UID COPY", b"{tag} NO [TRYCREATE] No such folder\r\n"))
    async with desk.command() as command:
        await command.copy(desk.account, (await desk.folder("Work")).id, (await desk.places("INBOX"))[:1])
    server.rules.append(instead(rb"^CREATE", b"{tag} OK Made\r\n"))
    await desk.run()
    assert server.fired.total() == 2
    assert len(await desk.on_server(b"Work")) == 2


async def test_a_tag_that_a_folder_does_not_keep_is_taken_back_unsent(start: Start) -> None:
    desk, server = await start()
    server.edits.append((rb"\[PERMANENTFLAGS \([^)]*\)\]", rb"[PERMANENTFLAGS (\\\\Seen)]"))
    async with desk.command() as command:
        tag = FlagChange(add_keywords=("todo",))
        await command.flag(desk.account, (await desk.places("INBOX"))[:1], tag)
    assert await desk.database.lists.all("SELECT name, state FROM keyword") == [("todo", 1)]
    await desk.run()
    assert await desk.database.lists.all("SELECT name FROM keyword") == []
    assert "does not keep todo" in (await desk.errors())[0]
    assert b"UID STORE" not in server.transcript.heard()


async def test_a_folder_that_may_only_be_read_is_said_to_be_so(start: Start) -> None:
    desk, server = await start()
    server.edits.append((rb"\[READ-WRITE\]", rb"[READ-ONLY]"))
    await star(desk, 0)
    await desk.run()
    assert await starred(desk) == [False] * 3
    assert "read-only" in (await desk.errors())[0]


async def test_copies_are_made_from_a_folder_that_may_only_be_read(start: Start) -> None:
    desk, server = await start()
    server.edits.append((rb"\[READ-WRITE\]", rb"[READ-ONLY]"))
    async with desk.command() as command:
        await command.copy(desk.account, (await desk.folder("Work")).id, (await desk.places("INBOX"))[:1])
    await desk.run()
    assert await desk.states() == [OperationState.DONE]


async def test_a_damaged_letter_from_here_does_not_hold_up_the_others(start: Start) -> None:
    desk, _ = await start()
    folder = (await desk.folder("Work")).id
    async with desk.database.intention() as tx:
        await put(tx, Command(tx, "Added", 0), desk.account, folder, [letter("From here")])
        await tx.run("UPDATE body_chunk SET form = 0, data = x'00'")
    await star(desk, 0)
    await desk.run()
    assert await desk.states() == [OperationState.FAILED, OperationState.DONE]
    assert "damaged" in (await desk.errors())[0]


async def test_opposite_changes_that_never_left_cancel(start: Start) -> None:
    desk, server = await start()
    await star(desk, 0, 1)
    async with desk.command() as command:
        places = (await desk.places("INBOX"))[:1]
        await command.flag(desk.account, places, FlagChange(remove=Flag.FLAGGED, add=Flag.SEEN))
    assert await desk.run() == 1
    said = server.transcript.heard()
    assert b"-FLAGS" not in said
    assert said.count(b"UID STORE") == 2
    assert await starred(desk) == [False, True, False]


async def test_what_is_only_here_is_kept_when_the_server_does_not_take_it(start: Start) -> None:
    desk, server = await start(instead(rb"APPEND", b"{tag} NO [OVERQUOTA] Full\r\n"))
    folder = (await desk.folder("Work")).id
    async with desk.database.intention() as tx:
        await put(tx, Command(tx, "Added", 0), desk.account, folder, [letter("From here")])
    await desk.run()
    assert server.fired.total() == 1
    assert await desk.states() == [OperationState.FAILED]
    assert len(await desk.places("Work")) == 2
    async with desk.database.intention() as tx:
        turned = await undo(tx, 1)
    assert turned is not None
    assert len(await desk.places("Work")) == 1
