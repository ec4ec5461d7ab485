"""Bodies come in batches, several on their way, and make room for what is urgent."""

from tests.engine.conftest import letter
from tests.sync.conftest import Bench
from tui_mail.imap.session import Session
from tui_mail.store import bodies
from tui_mail.sync.bodies import BATCH_MESSAGES, IN_FLIGHT, Fetch, fetch_recent


async def filled(bench: Bench, count: int) -> Session:
    server = await bench.server()
    for n in range(count):
        server.deliver(letter(f"number {n}"))
    session = await bench.session(server)
    copy = await bench.copy(session)
    await copy.catch_up()
    while not copy.complete:
        await copy.fill()
    return session


async def fetched(bench: Bench, session: Session, skip: set[int], *, urgent: bool = False) -> Fetch | None:
    return await fetch_recent(bench.database, session, bench.account, 0, skip, lambda: urgent)


async def test_a_round_brings_every_body_that_fits_into_it(bench: Bench) -> None:
    count = 4 * BATCH_MESSAGES + 7
    session = await filled(bench, count)
    assert await fetched(bench, session, set()) == Fetch(count, [])
    assert await bodies.missing_count(bench.database.lists, bench.account, 0) == 0
    assert await fetched(bench, session, set()) is None


async def test_a_round_ends_early_for_what_is_urgent_and_loses_nothing_it_asked_for(bench: Bench) -> None:
    count = 4 * BATCH_MESSAGES + 7
    session = await filled(bench, count)
    assert await fetched(bench, session, set(), urgent=True) == Fetch((IN_FLIGHT + 1) * BATCH_MESSAGES, [])
    left = count - (IN_FLIGHT + 1) * BATCH_MESSAGES
    assert await bodies.missing_count(bench.database.lists, bench.account, 0) == left


async def test_what_was_not_answered_before_is_not_asked_for_again(bench: Bench) -> None:
    session = await filled(bench, 3)
    newest = (await bodies.missing(bench.database.lists, bench.account, 0, 1 << 20, 1))[0].message
    assert await fetched(bench, session, {newest}) == Fetch(2, [])
    assert await fetched(bench, session, {newest}) is None
