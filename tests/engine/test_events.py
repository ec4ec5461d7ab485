"""Events on their way to a reader."""

from tui_mail.engine.events import MOST_IDS, EventQueue
from tui_mail.model.event import AccountsChanged, BodyArrived, Event, MailArrived, MessagesChanged, Rescan


async def seen(*batches: list[Event]) -> list[Event]:
    queue = EventQueue()
    for batch in batches:
        queue.put(batch)
    queue.close()
    return [event async for event in queue]


async def test_ids_of_one_folder_arrive_together_and_once() -> None:
    events = await seen([MessagesChanged(1, (5, 6))], [MessagesChanged(2, (7,)), MessagesChanged(1, (6, 8))])
    assert events == [MessagesChanged(1, (5, 6, 8)), MessagesChanged(2, (7,))]


async def test_equal_events_arrive_once() -> None:
    assert await seen([AccountsChanged(), BodyArrived(3)], [AccountsChanged()]) == [
        AccountsChanged(),
        BodyArrived(3),
    ]


async def test_too_many_ids_become_a_rescan_and_stay_one() -> None:
    many = MessagesChanged(1, tuple(range(MOST_IDS + 1)))
    assert await seen([many], [MessagesChanged(1, (1,))]) == [Rescan(1)]


async def test_arrivals_of_a_folder_come_together_and_a_flood_keeps_the_newest() -> None:
    assert await seen([MailArrived(1, (5,)), MailArrived(2, (6,))], [MailArrived(1, (7, 8))]) == [
        MailArrived(1, (5, 7, 8)),
        MailArrived(2, (6,)),
    ]
    (flood,) = await seen([MailArrived(1, tuple(range(MOST_IDS)))], [MailArrived(1, (MOST_IDS,))])
    assert flood == MailArrived(1, tuple(range(1, MOST_IDS + 1)))
