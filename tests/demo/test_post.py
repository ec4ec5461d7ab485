"""The way of a letter: handed in, carried, taken or refused, answered, and what the sender hears of it."""

import re
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest

from tests.demo.post import Clock, inbox, letter, nothing_waits, send, visit
from tui_mail.demo.correspondents import MOST_ANSWERS, THINKS
from tui_mail.demo.hosts import LATE_BY
from tui_mail.demo.post_office import PostOffice
from tui_mail.demo.smtp.parcel import Parcel, Recipient
from tui_mail.demo.smtp.relay import PAUSES, WARN_AFTER

NADIA = "nadia@fenwright.example"
NOBODY = "nobody@fenwright.example"
PIM = "pim@sluisveld.example"
BOARD = "b.halloran@eastpier-board.example"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def office(clock: Clock) -> AsyncIterator[PostOffice]:
    async with PostOffice(now=clock, trickle=False, sleep=clock.sleep) as office:
        yield office


def hops(message: EmailMessage) -> list[str]:
    """The Received fields, the last hop first, each on one line."""
    return [" ".join(str(value).split()) for value in message.get_all("Received", [])]


def status(message: EmailMessage) -> dict[str, str]:
    """What a report says of its first recipient, and who says it."""
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    words, machine, returned = message.iter_parts()
    assert words.get_content_type() == "text/plain"
    assert returned.get_content_type() in ("message/rfc822", "text/rfc822-headers")
    whole, first, *_ = machine.iter_parts()
    return {name: str(value) for name, value in (*whole.items(), *first.items())}


async def test_a_letter_in_the_same_domain_is_there_as_soon_as_it_is_taken(office: PostOffice) -> None:
    box = inbox(office, "lists")
    await send(office, ["Lists+pears@Aldane.example"])
    assert not box.is_empty
    found = await box.next()
    assert found["Return-Path"] == "<mira@aldane.example>"
    assert re.fullmatch(
        r"from \S+ \(\[127\.0\.0\.1\]\) by mail\.aldane\.example with ESMTPA id [0-9A-F]{10}"
        r" for <Lists\+pears@Aldane\.example>; Thu, 19 Jun 2025 \d\d:00:00 \+0100",
        hops(found)[0],
    )


async def test_a_letter_to_another_domain_goes_over_its_host(office: PostOffice) -> None:
    box = inbox(office, "work")
    await send(office, [office.user("work").address])
    found = await box.next()
    assert [re.findall(r"by (\S+) with (\S+)", hop) for hop in hops(found)] == [
        [("mail.saltmarsh.example", "ESMTP")],
        [("mail.aldane.example", "ESMTPA")],
    ]
    assert found.get_content().split() == ["Good", "day."]


async def test_octets_arrive_as_they_were_sent(office: PostOffice) -> None:
    box = office.user("work").mailbox("INBOX")
    text = "..dots\r\n.\r\nGrüße, 港\r\n\r\n.\r\n" + "x" * 998 + "\r\n.."
    raw = letter("mira@aldane.example", "mira.aldane@saltmarsh.example", text=text)
    arrived = inbox(office, "work")
    await send(office, ["mira.aldane@saltmarsh.example"], raw)
    await arrived.next()
    stored = box.messages[box.uidnext - 1].content.raw
    assert stored.endswith(b"\r\n" + raw)


async def test_somebody_answers(office: PostOffice, clock: Clock) -> None:
    box = inbox(office, "home")
    await send(office, [NADIA])
    await clock.slept(THINKS)
    assert box.is_empty
    clock.pass_by(THINKS)
    answer = await box.next()
    assert answer["In-Reply-To"] == answer["References"] == "<9@test.example>"
    assert answer["Subject"] == "Re: Hello"
    assert answer["Return-Path"] == f"<{NADIA}>"
    assert len(hops(answer)) == 2


@pytest.mark.parametrize(
    "field",
    [
        {"Auto_Submitted": "auto-replied"},
        {"List_Id": "<l.example>"},
        {"Precedence": "bulk"},
        {"From": "stranger@aldane.example"},
    ],
)
async def test_machines_lists_and_strangers_are_not_answered(
    office: PostOffice, clock: Clock, field: dict[str, str]
) -> None:
    box = inbox(office, "work")
    raw = letter("mira@aldane.example", NADIA, **field)
    await send(office, [NADIA, "mira.aldane@saltmarsh.example"], raw)
    await box.next()
    await nothing_waits(office)
    assert clock.pauses == []


async def test_nobody_answers_for_ever(office: PostOffice, clock: Clock) -> None:
    box = inbox(office, "work")
    for number in range(MOST_ANSWERS + 2):
        await send(office, ["jonas.brandl@saltmarsh.example"], key="work")
        assert len(clock.pauses) == min(number + 1, MOST_ANSWERS)
    clock.pass_by(THINKS)
    answers = {(await box.next())["Message-ID"] for _ in range(MOST_ANSWERS)}
    assert len(answers) == MOST_ANSWERS


async def test_a_letter_to_nobody_comes_back(office: PostOffice) -> None:
    box = inbox(office, "home")
    await send(office, [NOBODY])
    report = await box.next()
    assert report["Return-Path"] == "<>"
    assert str(report["From"]).endswith("<MAILER-DAEMON@mail.aldane.example>")
    assert report["Auto-Submitted"] == "auto-replied"
    said = status(report)
    assert said["Reporting-MTA"] == "dns; mail.aldane.example"
    assert said["Final-Recipient"] == f"rfc822; {NOBODY}"
    assert (said["Action"], said["Status"]) == ("failed", "5.1.1")
    assert said["Diagnostic-Code"].startswith("smtp; 550 5.1.1 Nobody called")
    returned = list(report.iter_parts())[2].get_content()
    assert returned["Message-ID"] == "<9@test.example>"


async def test_nobody_in_the_own_domain_is_refused_at_the_counter(office: PostOffice) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        await send(office, ["ghost@aldane.example"])
    ((code, words),) = caught.value.recipients.values()
    assert code == 550
    assert words.startswith(b"5.1.1 Nobody called ghost@")


async def test_a_domain_that_does_not_exist_is_told_at_once(office: PostOffice) -> None:
    box = inbox(office, "home")
    await send(office, ["winner@y4cht-prize.example"])
    assert status(await box.next())["Status"] == "5.1.2"


async def test_who_exists_gets_the_letter_though_another_does_not(office: PostOffice, clock: Clock) -> None:
    box = inbox(office, "home")
    await send(office, [NADIA, NOBODY])
    assert status(await box.next())["Final-Recipient"] == f"rfc822; {NOBODY}"
    await clock.slept(THINKS)


@pytest.mark.parametrize(
    ("text", "code"), [("You won the Lottery!", "5.7.1"), ("x" * 70 + "\r\n" * 100_000, "5.3.4")]
)
async def test_a_strict_host_says_by_name_what_it_does_not_take(
    office: PostOffice, text: str, code: str
) -> None:
    box = inbox(office, "home")
    await send(office, [BOARD], letter("mira@aldane.example", BOARD, text=text))
    said = status(await box.next())
    assert said["Status"] == code
    assert said["Remote-MTA"] == "dns; mx.eastpier-board.example"


async def test_a_host_that_is_shut_delays_the_letter_and_gets_it_later(
    office: PostOffice, clock: Clock
) -> None:
    box = inbox(office, "home")
    await send(office, [PIM])
    await clock.slept(LATE_BY, PAUSES[0])
    assert box.is_empty
    (waiting,) = office.hosts.host_of("aldane.example").relay.waiting.values()
    assert (waiting.domain, waiting.tries) == ("sluisveld.example", 1)
    clock.pass_by(PAUSES[0])
    said = status(await box.next())
    assert (said["Action"], said["Status"]) == ("delayed", "4.4.1")
    assert "Will-Retry-Until" in said
    for pause in PAUSES[1:3]:
        await clock.slept(pause)
        clock.pass_by(pause)
    await clock.slept(THINKS)
    clock.pass_by(THINKS)
    assert (await box.next())["In-Reply-To"] == "<9@test.example>"
    await nothing_waits(office)
    assert box.is_empty
    assert [step.what for step in office.hosts.steps] == ["waits", "waits", "waits", "gone", "gone"]


async def test_what_waits_holds_nothing_else_up(office: PostOffice, clock: Clock) -> None:
    await send(office, [PIM])
    await clock.slept(PAUSES[0])
    box = inbox(office, "work")
    await send(office, [office.user("work").address])
    await box.next()


async def test_success_is_told_only_to_who_asks(office: PostOffice) -> None:
    box = inbox(office, "home")
    work = office.user("work").address
    await send(office, [work], wishes=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;first+40example"])
    report = await box.next()
    said = status(report)
    assert (said["Action"], said["Status"]) == ("delivered", "2.0.0")
    assert said["Reporting-MTA"] == "dns; mail.saltmarsh.example"
    assert said["Original-Recipient"] == "rfc822;first+40example"
    assert list(report.iter_parts())[2].get_content_type() == "text/rfc822-headers"


async def test_never_is_never(office: PostOffice) -> None:
    box, other = inbox(office, "home"), inbox(office, "work")
    await send(office, [NOBODY], wishes=["NOTIFY=NEVER"])
    await send(office, [NOBODY, office.user("work").address])
    await other.next()
    assert status(await box.next())["Action"] == "failed"
    assert box.is_empty


async def test_a_failure_returns_as_much_as_was_asked_for_and_the_senders_own_name_of_it(
    office: PostOffice,
) -> None:
    box = inbox(office, "home")
    raw = letter("mira@aldane.example", NOBODY)
    own = office.user("home").address
    await visit(
        office, lambda client: client.sendmail(own, [NOBODY], raw, ["RET=HDRS", "ENVID=Pears+2Bplums"])
    )
    report = await box.next()
    assert status(report)["Original-Envelope-Id"] == "Pears+2Bplums"
    assert "Good day" not in str(list(report.iter_parts())[2])


async def test_no_report_is_made_about_a_report(office: PostOffice) -> None:
    exchange = office.hosts.host_of("fenwright.example")
    exchange.send(
        Parcel("", (Recipient("ghost@aldane.example"),), letter("a@b.example", "ghost@aldane.example"))
    )
    await nothing_waits(office)
    assert [step.what for step in office.hosts.steps] == ["given up"]


async def test_a_letter_that_goes_in_circles_is_stopped(office: PostOffice) -> None:
    raw = b"Received: by loop.example; Thu, 19 Jun 2025 11:00:00 +0100\r\n" * 25
    with pytest.raises(smtplib.SMTPDataError, match="circles"):
        await send(office, [NADIA], raw + letter("mira@aldane.example", NADIA))


async def test_what_is_never_taken_is_given_up_after_the_last_try(office: PostOffice, clock: Clock) -> None:
    office.hosts.zone.add_domain("fenwright.example", ["mx.sluisveld.example"])
    box = inbox(office, "home")
    await send(office, [NADIA])
    for pause in PAUSES:
        await clock.slept(pause)
        clock.pass_by(pause)
    reports = [status(await box.next()) for _ in range(2)]
    assert [one["Action"] for one in reports] == ["delayed", "failed"]
    assert [step.what for step in office.hosts.steps] == ["waits"] * len(PAUSES) + ["given up"]
    assert len(PAUSES) > WARN_AFTER
    assert box.is_empty


async def test_an_address_beyond_ascii_travels_where_it_is_understood(office: PostOffice) -> None:
    box = inbox(office, "home")
    own = office.user("home").address

    def story(client: smtplib.SMTP) -> None:
        client.sendmail(own, ["grüße@fenwright.example"], letter(own, "x@x.example"), ["SMTPUTF8"])

    await visit(office, story)
    report = await box.next()
    machine = list(report.iter_parts())[1]
    assert machine.get_content_type() == "message/global-delivery-status"
    whole = office.user("home").mailbox("INBOX")
    raw = whole.messages[whole.uidnext - 1].content.raw
    assert "Final-Recipient: utf-8; grüße@fenwright.example".encode() in raw
    assert b"with UTF8SMTPA id" in raw
