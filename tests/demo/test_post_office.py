"""The office as a whole: opening, the trickle of new letters, closing."""

import asyncio

from tests.demo.conftest import NOON, Talks
from tui_mail.demo.library import arrivals
from tui_mail.demo.post_office import PostOffice


async def test_three_accounts_over_two_domains_can_sign_in(office: PostOffice, talks: Talks) -> None:
    assert [account.key for account in office.accounts] == ["work", "home", "lists"]
    assert len({account.email.partition("@")[2] for account in office.accounts}) == 2
    for account in office.accounts:
        assert account.imap.port == office.port
        assert (await (await talks(account.key)).say("SELECT INBOX"))[-1].startswith("OK")


async def test_opening_makes_no_letter_before_it_is_read(office: PostOffice) -> None:
    stored = [
        m for user in office.users.values() for box in user.mailboxes.values() for m in box.messages.values()
    ]
    assert len(stored) > 600
    assert not any(one.content.made for one in stored)


async def test_the_next_letter_is_delivered_to_its_inbox_unread(office: PostOffice) -> None:
    letter = office.deliver_next()
    assert letter is not None
    inbox = office.user(letter.account).mailbox("INBOX")
    stored = inbox.messages[inbox.uidnext - 1]
    assert stored.flags == frozenset()
    assert int(stored.moment.timestamp()) == int(NOON)
    assert letter.subject.isascii() is False or letter.subject.encode() in stored.content.raw


async def test_the_letters_that_come_are_bounded(office: PostOffice) -> None:
    count = 0
    while office.deliver_next() is not None:
        count += 1
    assert count == len(arrivals())


async def test_letters_trickle_in_once_somebody_has_signed_in() -> None:
    pauses: list[float] = []
    go_on = asyncio.Semaphore(0)
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:
            enough.set()
        await go_on.acquire()

    async with PostOffice(now=lambda: NOON, sleep=sleep) as office:
        before = sum(len(user.mailbox("INBOX").messages) for user in office.users.values())
        assert not pauses
        reader, writer = await asyncio.open_connection(office.host, office.port)
        writer.write(f"a LOGIN {office.user('home').address} {office.passwords['home']}\r\n".encode())
        await reader.readuntil(b"a OK")
        for _ in range(3):
            go_on.release()
        await asyncio.wait_for(enough.wait(), 20)
        after = sum(len(user.mailbox("INBOX").messages) for user in office.users.values())
        writer.close()
    assert after == before + 3
    assert pauses[0] == 8.0
    assert all(20 <= pause <= 60 for pause in pauses[1:])


async def test_closing_the_office_sends_everyone_home(talks: Talks) -> None:
    async with PostOffice(trickle=False) as office:
        reader, writer = await asyncio.open_connection(office.host, office.port)
        await reader.readline()
    assert await reader.read() == b""
    writer.close()
