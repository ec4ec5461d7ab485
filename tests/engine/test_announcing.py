"""What is said of new mail, and when."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.hostile import CONTROLS, ESCAPES
from tests.ui.letters import WORK, Letter, arrival, start
from tui_mail.engine import Engine
from tui_mail.engine.announcing import APART, GATHERED, Announcement, Announcer, Clock, announcement, wanted
from tui_mail.model.account import AccountEntry
from tui_mail.model.event import MailArrived
from tui_mail.model.folder import Folder, FolderView, Role
from tui_mail.model.message import Flag, Mark, Row
from tui_mail.model.safe_text import safe_text
from tui_mail.model.settings import How, Notify, Quiet
from tui_mail.store import messages

NOON = 12 * 60
ACCOUNTS = (
    AccountEntry(1, "work", safe_text("work"), safe_text("me@example.org"), 0),
    AccountEntry(2, "home", safe_text("home"), safe_text("me@example.net"), 1),
)


def folder(id: int, name: str, role: Role = Role.NONE, account: int = 1) -> Folder:
    return Folder(id, account, name.encode(), safe_text(name), "/", role, True, 9, 9, 1, 9, True)


FOLDERS = (
    folder(1, "INBOX", Role.INBOX),
    folder(2, "Lists/Kernel"),
    folder(3, "Sent", Role.SENT),
    folder(4, "INBOX", Role.INBOX, account=2),
)


def row(
    id: int, *, sender: str = "Anna", flags: Flag = Flag.NONE, address: str = "a@b.c", about: str = ""
) -> Row:
    return Row(
        id=id, account=1, folder=1, moment=id << 20,
        sender=safe_text(sender), sender_address=safe_text(address),
        recipients=safe_text(""), subject=safe_text(about or f"About {id}"),
        snippet=safe_text(""), flags=flags, marks=Mark.NONE, size=1, uid=id, message_id=safe_text(""),
    )  # fmt: skip


def said(
    arrived: dict[int, list[Row]], notify: Notify | None = None, minute: int = NOON
) -> Announcement | None:
    return announcement(arrived, FOLDERS, ACCOUNTS, notify or Notify(), minute)


def test_one_letter_is_told_by_sender_and_subject() -> None:
    assert said({1: [row(5)]}) == Announcement(safe_text("Anna"), safe_text("About 5"), 1, (1,))


def test_many_are_told_together_the_newest_first() -> None:
    told = said({1: [row(id) for id in range(1, 6)]})
    assert told is not None
    assert told.heading == "5 new in Inbox"
    assert told.text == "Anna: About 5 · Anna: About 4 · Anna: About 3 · and 2 more"


def test_several_folders_make_one_announcement() -> None:
    told = said({1: [row(1)], 4: [row(2)]})
    assert told is not None
    assert (told.heading, told.folders, told.count) == ("2 new in 2 folders", (1, 4), 2)


@pytest.mark.parametrize("flags", [Flag.SEEN, Flag.SEEN | Flag.FLAGGED, Flag.DRAFT, Flag.DELETED])
def test_what_was_read_elsewhere_is_a_draft_or_gone_is_not_told(flags: Flag) -> None:
    assert said({1: [row(1, flags=flags)]}) is None
    told = said({1: [row(1, flags=flags), row(2, flags=Flag.FLAGGED)]})
    assert told is not None
    assert told.count == 1


def test_what_an_own_account_sent_is_not_told() -> None:
    assert said({1: [row(1, address="ME@example.net")]}) is None


def test_a_flood_of_controls_stays_safe_and_short() -> None:
    for payload in ESCAPES.values():
        told = said({1: [row(n, sender=payload * 50, about=payload * 50) for n in (1, 2)]})
        assert told is not None
        assert not CONTROLS.search(told.heading + told.text)
        assert len(told.heading + told.text) < 400


@pytest.mark.parametrize(
    ("names", "heard"),
    [
        (("inbox",), {1, 4}),
        (("work/inbox",), {1}),
        (("lists/kernel",), {2}),
        (("work/Lists/Kernel", "home/INBOX"), {2, 4}),
        (("*",), {1, 2, 4}),
        (("*", "sent"), {1, 2, 3, 4}),
        ((), set()),
    ],
)
def test_folders_are_chosen_by_name_account_and_role(names: tuple[str, ...], heard: set[int]) -> None:
    keys = {1: "work", 2: "home"}
    assert {each.id for each in FOLDERS if wanted(each, keys[each.account], names)} == heard


@pytest.mark.parametrize(
    ("quiet", "minute", "silent"),
    [
        (Quiet(22 * 60, 7 * 60), 21 * 60 + 59, False),
        (Quiet(22 * 60, 7 * 60), 22 * 60, True),
        (Quiet(22 * 60, 7 * 60), 0, True),
        (Quiet(22 * 60, 7 * 60), 7 * 60, False),
        (Quiet(13 * 60, 14 * 60), NOON, False),
        (Quiet(12 * 60, 14 * 60), NOON, True),
        (Quiet(9 * 60, 9 * 60), 9 * 60, False),
    ],
)
def test_in_quiet_hours_nothing_is_said(quiet: Quiet, minute: int, silent: bool) -> None:
    assert (said({1: [row(1)]}, Notify(quiet=quiet), minute) is None) is silent


def test_who_wants_no_announcements_gets_none() -> None:
    assert said({1: [row(1)]}, Notify(how=How.OFF)) is None


class Hours:
    """A clock that stands until it is told how long somebody slept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: asyncio.Queue[float] = asyncio.Queue()
        self.woken = asyncio.Semaphore(0)

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: datetime(2026, 5, 12, 12), self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.naps.put_nowait(seconds)
        await self.woken.acquire()
        self.now += seconds


class Announced:
    """An announcer at work over a store, and the clock in our hand."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.hours = Hours()
        self.said: list[Announcement] = []
        announcer = Announcer(engine.reading, Notify(), self.hours.clock())
        self._work = asyncio.create_task(self._note(announcer.announcements(engine.events())))
        self._uid = 7_000

    async def _note(self, announcements: AsyncIterator[Announcement]) -> None:
        async for each in announcements:
            self.said.append(each)

    async def arrive(self, *subjects: str) -> tuple[int, ...]:
        """Store letters as a worker does."""
        inbox = await self.inbox()

        async def store() -> tuple[int, ...]:
            async with self.engine._core.database.cache() as tx:
                self._uid += 100
                letters = [
                    Letter("Anna", "anna@example.org", subject, "", 0, Flag.NONE) for subject in subjects
                ]
                arrivals = [arrival(self._uid + n, letter, 2e9) for n, letter in enumerate(letters)]
                ids = tuple(await messages.add(tx, inbox, 7, arrivals))
                tx.publish(MailArrived(inbox, ids))
                return ids

        return await self.engine._loop.call(store())

    async def inbox(self) -> int:
        found = await self.engine.reading.folders()
        return next(folder.id for folder in found if folder.role is Role.INBOX)

    async def naps(self) -> float:
        """Return how long the announcer lies down for; it sleeps until it is woken."""
        return await asyncio.wait_for(self.hours.naps.get(), 30)

    async def wake(self) -> None:
        """End the nap, and wait until the announcer has said what there was or lies down again."""
        self.hours.woken.release()
        await self.engine.reading.folders()

    async def end(self) -> None:
        await self.engine.stop()
        self.hours.woken.release()
        await self._work


@pytest.fixture
async def announced(tmp_path: Path) -> AsyncIterator[Announced]:
    opened = Announced(await start(tmp_path, {"work": WORK}))
    await asyncio.sleep(0)  # its reader of events is there
    yield opened
    await opened.end()


async def test_what_comes_close_together_is_said_once_and_the_next_keeps_its_distance(
    announced: Announced,
) -> None:
    await announced.arrive("One")
    assert await announced.naps() == GATHERED
    await announced.arrive("Two", "Three")
    await announced.wake()
    await announced.arrive("Four")
    assert await announced.naps() == APART
    assert [each.count for each in announced.said] == [3]
    await announced.arrive("Five")
    await announced.wake()
    await announced.arrive("Six")
    await announced.naps()
    assert [each.count for each in announced.said] == [3, 2]


async def test_what_is_read_or_moved_away_before_it_is_said_is_not_said(announced: Announced) -> None:
    read, moved, stays = await announced.arrive("Read elsewhere", "Moved", "Stays")
    await announced.naps()
    view = FolderView(await announced.inbox())
    await announced.engine.acting.mark([read], view, add=Flag.SEEN)
    await announced.engine.acting.archive([moved], view)
    await announced.wake()
    await announced.arrive("Next")
    await announced.naps()
    assert [each.text for each in announced.said] == ["Stays"]
    assert stays


async def test_nothing_is_said_of_what_was_all_read_and_the_next_need_not_wait(announced: Announced) -> None:
    (read,) = await announced.arrive("Read elsewhere")
    await announced.naps()
    await announced.engine.acting.mark([read], FolderView(await announced.inbox()), add=Flag.SEEN)
    await announced.wake()
    await announced.arrive("Next")
    assert await announced.naps() == GATHERED
    assert announced.said == []
