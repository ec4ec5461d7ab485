"""A draft becomes a letter that other parsers read as it was meant, and that tells nothing else."""

import email
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

import pytest

from tui_mail.mime.headers import decode_field, fields
from tui_mail.mime.letters import Built, build, draft_copy, recipients
from tui_mail.mime.parse import part, read
from tui_mail.model.draft import Draft, Enclosure, Origin
from tui_mail.model.errors import MailError
from tui_mail.model.identity import Identity

DATE = datetime(2024, 3, 3, 14, 2, 7, tzinfo=UTC)
ME = Identity("joerg@harbour.example", "Jörg Kühne")
DRAFT = Draft(1, ME.address, to="Jo Doe <jo@example.org>", subject="Grüße", text="Hello\n-- \nJörg")
ORIGINAL = b"From: a@x.example\r\nBcc: s@x.example\r\nSubject: inner\r\n\r\nas it was \r\n.\r\n"


def built(draft: Draft = DRAFT, identity: Identity = ME, *contents: bytes) -> Built:
    return build(draft, identity, {sha256(one): one for one in contents}, date=DATE)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def enclosing(content: bytes, name: str = "a.bin", media_type: str = "application/octet-stream") -> Draft:
    return replace(DRAFT, enclosures=(Enclosure(name, media_type, len(content), sha256(content)),))


def reparsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def test_another_parser_reads_what_was_written() -> None:
    letter = built(replace(DRAFT, cc="Æ <c@example.org>", in_reply_to="b@x", references=("a@x", "b@x")))
    message = reparsed(letter.wire)
    assert message["From"].addresses[0].display_name == "Jörg Kühne"
    assert [one.addr_spec for one in message["Cc"].addresses] == ["c@example.org"]
    assert (message["Subject"], message["Date"].datetime) == ("Grüße", DATE)
    assert (message["In-Reply-To"], message["References"]) == ("<b@x>", "<a@x> <b@x>")
    assert message["Message-ID"] == f"<{letter.message_id}>"
    assert message.get_content_type() == "text/plain"
    assert message["Content-Type"].params["format"] == "flowed"
    assert message.get_content().splitlines() == ["Hello", "-- ", "Jörg"]


def test_only_fields_that_a_letter_needs_are_there() -> None:
    names = [name.lower() for name in reparsed(built().wire)]
    needed = ["date", "from", "to", "subject", "message-id", "mime-version"]
    assert names == [*needed, "content-type", "content-transfer-encoding"]


def test_message_ids_are_random_and_at_the_senders_domain() -> None:
    ids = {built(identity=Identity("a@bücher.example")).message_id for _ in range(20)}
    assert len(ids) == 20
    assert all(re.fullmatch(r"[0-9a-f]{32}@xn--bcher-kva\.example", one) for one in ids)


def test_a_secret_recipient_is_in_the_stored_copy_alone() -> None:
    letter = built(replace(DRAFT, bcc="Secret <s@example.org>"))
    assert letter.recipients == ("jo@example.org", "s@example.org")
    assert reparsed(letter.raw_with_bcc)["Bcc"] == "Secret <s@example.org>"
    assert b"s@example.org" not in letter.wire
    assert letter.raw_with_bcc.endswith(letter.wire)


def test_a_letter_to_secret_recipients_alone_still_has_a_to_field() -> None:
    letter = built(replace(DRAFT, to="", bcc="s@example.org"))
    assert reparsed(letter.wire)["To"] == "undisclosed-recipients:;"


def test_each_recipient_gets_it_once() -> None:
    letter = built(replace(DRAFT, to="Jo@Example.org, jo@example.org", cc="Jo@EXAMPLE.ORG\nb@x.example"))
    assert letter.recipients == ("Jo@Example.org", "jo@example.org", "b@x.example")


def test_domains_beyond_ascii_are_written_so_that_every_server_knows_them() -> None:
    letter = built(replace(DRAFT, to="a@faß.example"))
    assert letter.recipients == ("a@xn--fa-hia.example",)
    assert not letter.utf8
    assert letter.wire.isascii()


def test_only_a_local_part_beyond_ascii_makes_a_letter_utf8() -> None:
    letter = built(replace(DRAFT, to="Jö <jö@bücher.example>"))
    assert letter.utf8
    assert letter.recipients == ("jö@xn--bcher-kva.example",)
    head, _, body = letter.wire.partition(b"\r\n\r\n")
    assert "jö@xn--bcher-kva.example" in head.decode()
    assert body.isascii()


def test_markdown_gets_a_twin_that_holds_no_html_of_the_text() -> None:
    text = "**Hi** <script>x</script>\n\n> quoted\n\n[a](javascript:x) [b](https://b.example)\n-- \nJo <3"
    message = reparsed(built(replace(DRAFT, text=text, markdown=True)).wire)
    assert message.get_content_type() == "multipart/alternative"
    plain, page = (part.get_content() for part in message.iter_parts())
    assert "**Hi**" in plain
    assert "<strong>Hi</strong>" in page
    assert "<blockquote>" in page
    assert 'href="https://b.example"' in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert "<h2>" not in page
    assert "Jo &lt;3" in page


def test_attachments_arrive_octet_for_octet_under_their_names() -> None:
    content = bytes(range(256)) * 400
    name = "Größe, “neu” — " + "lang" * 30 + ".tar.gz"
    message = reparsed(built(enclosing(content, name), ME, content).wire)
    (attached,) = message.iter_attachments()
    assert attached.get_content() == content
    assert attached.get_filename() == name
    assert read(built(enclosing(content, name), ME, content).wire).attachments[0].name == name


def test_a_forwarded_message_is_as_it_was_but_for_its_secret_recipients() -> None:
    raw = built(enclosing(ORIGINAL, "inner.eml", "message/rfc822"), ME, ORIGINAL).wire
    inner = ORIGINAL.replace(b"Bcc: s@x.example\r\n", b"")
    assert inner in raw
    (attached,) = read(raw).attachments
    assert attached.media_type == "message/rfc822"
    assert part(raw, attached.path) == inner


EIGHT_BIT = (
    "From: Jörg <a@x.example>\r\nSubject: Grüße\r\nContent-Transfer-Encoding: 8bit\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\nvor ü\r\n'
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHällo\r\nb\r\n"
    f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{'ü' * 2_000}\r\n"
    "--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\nä\0\n\rb\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Ö\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\nü\r\n--b--\r\nnach ü\r\n"
).encode()


def test_a_forwarded_message_of_eight_bits_says_the_same_in_seven() -> None:
    letter = built(enclosing(EIGHT_BIT, "x.eml", "message/rfc822"), ME, EIGHT_BIT)
    assert letter.wire.isascii()
    assert max(map(len, letter.wire.split(b"\r\n"))) <= 998
    inner = next(reparsed(letter.wire).iter_attachments()).get_content()
    assert inner["From"].addresses[0].display_name == "Jörg"
    assert inner["Subject"] == "Grüße"
    parts = [*inner.iter_parts()]
    assert parts[0].get_content() == "Hällo\r\nb"
    assert parts[1].get_content() == f"<p>{'ü' * 2_000}"
    assert parts[2].get_content().startswith("ä\0".encode())
    assert parts[3].get_content()["Subject"] == "Ö"
    assert parts[3].get_content().get_content() == "ü"


def test_a_message_too_damaged_to_be_passed_on_is_attached_as_a_file() -> None:
    damaged = b"x" * 2_000 + b"\xff: no field\r\n\r\nx"
    (attached,) = reparsed(
        built(enclosing(damaged, "x.eml", "message/rfc822"), ME, damaged).wire
    ).iter_attachments()
    assert attached.get_content_type() in ("application/octet-stream", "message/rfc822")
    if attached.get_content_type() == "application/octet-stream":
        assert attached.get_content() == damaged


def test_a_redirected_letter_is_the_original_below_resent_fields() -> None:
    draft = replace(
        enclosing(ORIGINAL, "x.eml", "message/rfc822"),
        origin=Origin.REDIRECT,
        bcc="secret@example.org",
        text="",
    )
    letter = built(draft, ME, ORIGINAL)
    head, _, rest = letter.wire.partition(b"From: a@x.example")
    assert b"From: a@x.example" + rest == ORIGINAL.replace(b"Bcc: s@x.example\r\n", b"")
    assert [name for name in reparsed(head + b"\r\n")] == [  # noqa: C416 — keys() of a message
        "Resent-Date",
        "Resent-From",
        "Resent-To",
        "Resent-Message-ID",
    ]
    assert b"secret@example.org" not in letter.wire
    assert letter.raw_with_bcc == b"Resent-Bcc: secret@example.org\r\n" + letter.wire
    assert letter.recipients == ("jo@example.org", "secret@example.org")


def test_answers_go_where_the_identity_wants_them() -> None:
    identity = replace(ME, reply_to="Office <office@harbour.example>")
    assert reparsed(built(identity=identity).wire)["Reply-To"] == "Office <office@harbour.example>"


def test_a_long_conversation_keeps_its_beginning_and_its_newest_messages() -> None:
    ids = tuple(f"{number}@x.example" for number in range(300))
    written = reparsed(built(replace(DRAFT, references=ids)).wire)["References"].split()
    assert written[0] == "<0@x.example>"
    assert written[1:] == [f"<{one}>" for one in ids[-39:]]


@pytest.mark.parametrize(
    "typed",
    ["nobody", "jo@", "@x.example", "a@b@", "jo@exa mple.org", "Jo <>", "jo doe@example.org", "x@-ü.de"],
)
def test_a_letter_to_what_is_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(MailError, match="is no address that a letter can be sent to"):
        built(replace(DRAFT, to=f"a@x.example, {typed}"))


def test_a_letter_to_nobody_is_refused_in_words() -> None:
    with pytest.raises(MailError, match="no recipient"):
        built(replace(DRAFT, to=" , "))


def test_a_missing_attachment_is_named() -> None:
    with pytest.raises(MailError, match=r"a\.bin can no longer be read"):
        built(enclosing(b"x"))


def test_the_copy_of_a_draft_holds_what_is_unfinished_as_it_was_typed() -> None:
    draft = replace(DRAFT, to="jo@example.org, Unfinished Na", cc="bö@x.example", bcc="s@x.example")
    raw = draft_copy(draft, ME, {}, date=DATE, message_id="m@x", extra=[("X-Key", "k")])
    assert raw.isascii()
    written = dict(fields(raw))
    assert written["To"] == "jo@example.org, Unfinished Na"
    assert decode_field(written["Cc"]) == "bö@x.example"
    assert (written["Bcc"], written["X-Key"]) == ("s@x.example", "k")


def test_recipients_are_read_as_they_were_typed() -> None:
    named = recipients(
        replace(DRAFT, to="Doe, Jo <jo@x.example>; b@x.example\nc@x.example", cc="d@x.example")
    )
    assert [address for _, address in named.to] == ["jo@x.example", "b@x.example", "c@x.example"]
    assert named.to[0][0] == "Doe, Jo"
    assert [address for _, address in named.all][-1] == "d@x.example"
