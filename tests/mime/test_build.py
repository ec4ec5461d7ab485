"""What is composed is what another parser reads, and nothing a field holds becomes a field."""

import email
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.build import compose
from tui_mail.mime.headers import fields, summary
from tui_mail.mime.parse import part, read

LETTER: dict[str, Any] = {
    "sender": ("Jörg Kühne", "joerg@harbour.example"),
    "to": [('Doe, "Jo"', "jo@example.org"), ("", "b@example.net")],
    "subject": "Grüße vom Kai",
    "text": "Hallo\n.\nFrom here\n",
    "date": datetime(2024, 3, 3, 14, 2, 7, tzinfo=UTC),
    "message_id": "<m1@harbour.example>",
}
ATTACKS = [
    "x\r\nBcc: evil@x.example",
    "x\nBcc: evil@x.example",
    "x\rBcc: evil@x.example",
    "x\x00\x0b\x85\u2028Bcc: y",
    "\r\n\r\nbody",
    "=?utf-8?q?x=0D=0ABcc:_evil?=",
    "=?utf-8?b?eA0KQmNjOiBldmls?=",
    "\ud800",
]


def composed(**changes: Any) -> bytes:
    return compose(**{**LETTER, **changes})


def reparsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_letter_reads_as_it_was_written() -> None:
    raw = composed(cc=[("Æ", "c@example.org")], in_reply_to="a@x", references=["<r@x>", "a@x"])
    found = summary(raw)
    assert (found.from_name, found.from_addr) == ("Jörg Kühne", "joerg@harbour.example")
    assert found.recipients == 'Doe, "Jo", b@example.net'
    assert (found.subject, found.date) == ("Grüße vom Kai", 1709474527)
    assert (found.message_id, found.in_reply_to) == ("<m1@harbour.example>", "<a@x>")
    assert found.references == "<r@x> <a@x>"
    message = reparsed(raw)
    assert message["Cc"].addresses[0].display_name == "Æ"
    assert message.get_content() == "Hallo\r\n.\r\nFrom here\r\n"


def test_what_goes_out_is_seven_bit_in_lines_of_bounded_length() -> None:
    raw = composed(text="ü" + "x" * 3_000 + "\nbare\rreturn", html="<p>ü" + "y" * 3_000, subject="s" * 3_000)
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_long_message_ids_are_never_encoded() -> None:
    ids = [f"<{'i' * 200}{number}@x.example>" for number in range(30)]
    raw = composed(message_id=ids[0], in_reply_to=ids[1], references=ids)
    assert summary(raw).message_id == ids[0]
    assert summary(raw).references.split() == ids


def test_alternatives_and_attachments_arrive() -> None:
    raw = composed(
        html="<p>Hallo</p>",
        attachments=[
            ("bé\r\n.pdf", "application/pdf", b"%PDF\r\n\x00"),
            ("m.eml", "message/rfc822", b"Subject: x\n\ny"),
        ],
    )
    content = read(raw)
    assert [one.name for one in content.attachments] == ["bé .pdf", "m.eml"]
    assert part(raw, content.attachments[0].path) == b"%PDF\r\n\x00"
    assert part(raw, content.attachments[1].path) == b"Subject: x\n\ny"
    assert content.snippet == "Hallo"


def test_further_fields_are_written_and_long_ones_stay_whole() -> None:
    link = f"<https://example.org/{'a' * 300}>"
    raw = composed(extra=[("List-Unsubscribe", link), ("X-Note", "Größe")])
    assert dict(fields(raw))["List-Unsubscribe"] == link
    assert reparsed(raw)["X-Note"] == "Größe"


def test_a_field_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="name of a field"):
        composed(extra=[("Bad: x\r\nName", "v")])


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    "where", ["subject", "name", "address", "id", "reference", "extra", "file", "type", "text"]
)
def test_nothing_adds_a_field(where: str, attack: str) -> None:
    changes: dict[str, Any] = {
        "subject": {"subject": attack},
        "name": {"sender": (attack, "a@x.example"), "to": [(attack, "a@x.example")]},
        "address": {"sender": ("", f"a{attack}@x.example")},
        "id": {"message_id": attack, "in_reply_to": attack},
        "reference": {"references": [attack, attack]},
        "extra": {"extra": [("X-Note", attack)]},
        "file": {"attachments": [(attack, "text/plain", b"x")]},
        "type": {"attachments": [("x", f"text/{attack}", b"x")]},
        "text": {"text": attack},
    }[where]
    try:
        raw = composed(**changes)
    except ValueError:
        assert where == "address"
        return
    known = {
        "date",
        "from",
        "to",
        "subject",
        "message-id",
        "in-reply-to",
        "references",
        "x-note",
        "mime-version",
    }
    known |= {"content-type", "content-transfer-encoding"}
    assert {name.lower() for name, _ in fields(raw)} <= known
    assert {name.lower() for name in reparsed(raw).keys()} <= known  # noqa: SIM118 — keys() keeps doubles
    assert where == "text" or b"\nBcc" not in raw
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)


@pytest.mark.parametrize(
    ("person", "written"),
    [
        (("", "jo@example.org"), "jo@example.org"),
        (("Jo Doe", "jo@example.org"), "Jo Doe <jo@example.org>"),
        (("Doe, Jo", "jo@example.org"), '"Doe, Jo" <jo@example.org>'),
        (('Jo "J" \\ Doe', "jo@example.org"), '"Jo \\"J\\" \\\\ Doe" <jo@example.org>'),
        (("Jo D.", "jo@example.org"), '"Jo D." <jo@example.org>'),
        (("", '"jo doe"@example.org'), '"jo doe"@example.org'),
        (("", "jo doe@example.org"), '"jo doe"@example.org'),
        (("", "jo@bücher.example"), "jo@xn--bcher-kva.example"),
        (("", "jo@[192.0.2.1]"), "jo@[192.0.2.1]"),
        (("", "root"), "root"),
        (("=?utf-8?q?x?=", "jo@example.org"), "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <jo@example.org>"),
    ],
)
def test_a_person_is_written(person: tuple[str, str], written: str) -> None:
    assert dict(fields(composed(sender=person)))["From"] == written


@pytest.mark.parametrize("address", ["jo@exa mple.org", "jö@example.org", "jo@", "jo@x.example>,<evil"])
def test_an_address_that_cannot_be_written_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        composed(to=[("", address)])


def test_what_looks_like_an_encoded_word_stays_as_it_was_typed() -> None:
    assert summary(composed(subject="about =?utf-8?q?words?=")).subject == "about =?utf-8?q?words?="


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_any_text_can_be_sent(subject: str, text: str) -> None:
    raw = composed(subject=subject, text=text, sender=(subject, "a@x.example"))
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
