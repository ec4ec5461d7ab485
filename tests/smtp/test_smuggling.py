"""Nothing in a letter ends it early: whatever looks like its end arrives as a part of it (VU#302671)."""

import hashlib
from datetime import UTC, datetime
from itertools import product

import pytest

from tests.report import Report
from tests.smtp.conftest import Post, nothing
from tui_mail.mime.letters import build
from tui_mail.model.draft import Draft, Enclosure
from tui_mail.model.errors import MailError
from tui_mail.model.identity import Identity
from tui_mail.smtp.session import Session

TITLE = "Letters within letters, through Postfix"
BEFORE = ("\n", "\r", "\r\n", "\r\r\n", "\n\r\n", "\r\n\0")
AFTER = ("\n", "\r", "\r\n", "\r\r\n")
ENDS = tuple(f"{before}.{after}" for before, after in product(BEFORE, AFTER))
"""What one server or another has taken for the end of a letter, and the end itself."""
DATE = datetime(2026, 1, 2, tzinfo=UTC)


def payload(end: str, address: str) -> str:
    second = f"MAIL FROM:<{address}>\r\nRCPT TO:<{address}>\r\nDATA\r\nSubject: smuggled\r\n\r\nboo\r\n.\r\n"
    return f"before{end}{second}behind"


def drafts(end: str, address: str) -> dict[str, tuple[Draft, dict[str, bytes]]]:
    """The same, typed, within a letter that is forwarded, and as a file."""
    hidden = payload(end, address)
    original = f"Subject: Original\r\n\r\n{hidden}\r\n".encode()
    return {
        "typed": (Draft(1, address, address, text=hidden), {}),
        "forwarded": enclosing(address, original, "message/rfc822"),
        "attached": enclosing(address, hidden.encode(), "text/plain"),
    }


def enclosing(address: str, octets: bytes, media_type: str) -> tuple[Draft, dict[str, bytes]]:
    digest = hashlib.sha256(octets).hexdigest()
    enclosure = Enclosure("one", media_type, len(octets), digest)
    return Draft(1, address, address, text="See it", enclosures=(enclosure,)), {digest: octets}


def send(session: Session, draft: Draft, contents: dict[str, bytes]) -> None:
    built = build(draft, Identity(draft.sender), contents, date=DATE)
    session.envelope(draft.sender, built.recipients, len(built.wire), utf8=False, dsn=False)
    session.send_bytes([built.wire], nothing)
    assert session.commit().accepted


def test_no_end_of_a_letter_within_a_letter_makes_a_second_one(post: Post, report: Report) -> None:
    sent = 0
    with post.session() as session:
        for end in ENDS:
            for draft, contents in drafts(end, post.address).values():
                send(session, draft, contents)
                sent += 1
    arrived = post.arrived(sent)
    smuggled = [raw for raw in arrived if b"\r\nSubject: smuggled\r\n" in raw.partition(b"\r\n\r\n")[0]]
    report.count(TITLE, sent=sent, arrived=len(arrived), smuggled=len(smuggled))
    assert (sent, len(arrived), smuggled) == (72, 72, [])


@pytest.mark.parametrize("end", [end for end in ENDS if end.replace("\r\n", "") != "."])
def test_a_letter_that_was_queued_badly_is_not_sent_at_all(post: Post, end: str) -> None:
    raw = f"Subject: x\r\n\r\n{payload(end, post.address)}\r\n".encode()
    with post.session() as session:
        session.envelope(post.address, [post.address], len(raw), utf8=False, dsn=False)
        with pytest.raises(MailError, match="was not sent"):
            session.send_bytes([raw], nothing)
    assert post.arrived(0) == []
