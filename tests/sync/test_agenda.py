"""What an account's main connection does next."""

from dataclasses import replace

import pytest

from tui_mail.model.folder import Role
from tui_mail.store.folders import FolderState
from tui_mail.sync.agenda import LOOK_EVERY, LOOK_OFTEN, READING, Agenda
from tui_mail.sync.plan import DAY

BASE = FolderState(
    id=0,
    account=1,
    remote_name=b"",
    name="",
    separator="/",
    selectable=True,
    subscribed=True,
    role=Role.NONE,
    uidvalidity=7,
    uidnext=10,
    modseq=3,
    backfill_lo=1,
    remote_count=9,
    synced_at=1,
    total=9,
    unread=0,
    checked_at=1_000_000,
    check_below=0,
    error="",
)
INBOX = replace(BASE, id=1, name="INBOX", role=Role.INBOX)
SENT = replace(BASE, id=2, name="Sent", role=Role.SENT)
LISTS = replace(BASE, id=3, name="Lists")
STATES = [LISTS, SENT, INBOX]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def agenda(clock: Clock) -> Agenda:
    return Agenda(clock, clock)


def order(agenda: Agenda) -> list[str]:
    names = []
    while state := agenda.next_wanted(STATES):
        names.append(state.name)
        agenda.begun(state.id)
    return names


def test_the_inbox_comes_first_then_folders_with_a_role(agenda: Agenda) -> None:
    for state in STATES:
        agenda.want(state.id)
    assert order(agenda) == ["INBOX", "Sent", "Lists"]


def test_the_folder_on_screen_comes_before_the_inbox(agenda: Agenda) -> None:
    agenda.want(INBOX.id)
    assert agenda.show(LISTS.id)
    assert not agenda.show(LISTS.id)
    assert order(agenda) == ["Lists", "INBOX"]


def test_a_folder_that_is_gone_is_forgotten(agenda: Agenda) -> None:
    agenda.want(99)
    assert agenda.next_wanted(STATES) is None


def test_a_refused_folder_rests_until_the_next_look_and_holds_up_no_other(agenda: Agenda) -> None:
    unfinished = replace(INBOX, backfill_lo=5)
    agenda.want(INBOX.id)
    agenda.want(LISTS.id)
    agenda.refused(INBOX.id)
    assert agenda.rests(INBOX.id)
    assert order(agenda) == ["Lists"]
    assert agenda.next_unfinished([unfinished]) is None
    agenda.looked()
    assert agenda.next_unfinished([unfinished]) == unfinished


def test_older_mail_of_the_inbox_is_filled_in_first(agenda: Agenda) -> None:
    unfinished = [replace(state, backfill_lo=5) for state in STATES]
    assert agenda.next_unfinished(unfinished) == replace(INBOX, backfill_lo=5)
    assert agenda.next_unfinished(STATES) is None


def test_all_folders_are_looked_at_every_five_minutes_and_each_minute_while_one_is_read(
    agenda: Agenda, clock: Clock
) -> None:
    assert agenda.until_look() <= 0
    agenda.looked()
    assert agenda.until_look() == LOOK_EVERY
    agenda.show(LISTS.id)
    assert agenda.until_look() == LOOK_OFTEN
    agenda.look_now()
    assert agenda.until_look() <= 0
    clock.now += READING
    agenda.looked()
    assert agenda.until_look() == LOOK_EVERY


def test_the_folder_unchecked_for_longest_is_compared_once_a_day(agenda: Agenda, clock: Clock) -> None:
    assert agenda.next_unchecked(STATES) is None
    clock.now += DAY
    older = replace(SENT, checked_at=999_000)
    assert agenda.next_unchecked([LISTS, older, INBOX]) == older
    running = replace(LISTS, check_below=500)
    assert agenda.next_unchecked([running, older, INBOX]) == running
    assert agenda.next_unchecked([replace(older, backfill_lo=7)]) is None
