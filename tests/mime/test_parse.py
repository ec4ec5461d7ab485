"""A message is read as its sender meant it: the right text, the attachments, the people, the first words."""

from pathlib import Path

import pytest

from tests.mime.letters import CORPUS, lines, message, multipart, oddity, part
from tui_mail.mime.parse import Content, read
from tui_mail.mime.parse import part as part_of
from tui_mail.mime.snippet import SNIPPET_LIMIT
from tui_mail.model.message import Address

PLAIN = part("text/plain", "plain words")
HTML = part("text/html", "<p>html words</p>")
PDF = part("application/pdf", "JVBERg==", "Content-Disposition: attachment; filename=a.pdf",
           "Content-Transfer-Encoding: base64")  # fmt: skip
PICTURE = part("image/png", "iVBORw==", "Content-ID: <pic>", "Content-Transfer-Encoding: base64")


def opened(entity: str, *fields: str) -> Content:
    return read(("\r\n".join(fields) + "\r\n" * bool(fields) + entity).encode())


def text(content: Content) -> str:
    return "\n".join(lines(content.document))


@pytest.mark.parametrize(
    ("entity", "shown", "names", "counted"),
    [
        (PLAIN, "plain words", [], False),
        (HTML, "html words", [], False),
        (multipart("alternative", PLAIN, HTML), "html words", [], False),
        (multipart("alternative", HTML, PLAIN), "html words", [], False),
        (multipart("alternative", PLAIN, part("text/html", "<p> </p>")), "plain words", [], False),
        (
            multipart("alternative", PLAIN, part("text/html", "<img alt=logo src=x>")),
            "plain words",
            [],
            False,
        ),
        (multipart("alternative", PLAIN), "plain words", [], False),
        (
            multipart("alternative", PLAIN, HTML, part("text/calendar", "BEGIN:VCALENDAR")),
            "html words",
            ["part-3.ics"],
            True,
        ),
        (
            multipart("alternative", PLAIN, multipart("related", HTML, PICTURE, boundary="r")),
            "html words",
            ["part-2.2.png"],
            False,
        ),
        (
            multipart("alternative", PLAIN, multipart("mixed", HTML, PDF, boundary="m")),
            "html words",
            ["a.pdf"],
            True,
        ),
        (
            multipart("mixed", multipart("alternative", PLAIN, HTML, boundary="a"), PDF),
            "html words",
            ["a.pdf"],
            True,
        ),
        (multipart("mixed", PLAIN, HTML), "plain words\n\nhtml words", [], False),
        (
            multipart("mixed", PLAIN, PDF, part("text/plain", "footer")),
            "plain words\n\nfooter",
            ["a.pdf"],
            True,
        ),
        (
            multipart("mixed", PLAIN, part("text/plain", "x", "Content-Disposition: attachment")),
            "plain words",
            ["part-2.txt"],
            True,
        ),
        (
            multipart("mixed", PLAIN, part("text/x-patch; name=a.patch", "x")),
            "plain words",
            ["a.patch"],
            True,
        ),
        (
            multipart("mixed", PLAIN, part("message/rfc822", "Subject: inner\r\n\r\nx")),
            "plain words",
            ["inner.eml"],
            True,
        ),
        (
            multipart("signed", PLAIN, part("application/pgp-signature", "x")),
            "plain words",
            ["part-2"],
            False,
        ),
        (
            multipart(
                "report", PLAIN, part("message/delivery-status", "x"), part("text/rfc822-headers", "x")
            ),
            "plain words",
            ["part-2", "part-3"],
            False,
        ),
        (
            multipart(
                "encrypted", part("application/pgp-encrypted", "x"), part("application/octet-stream", "y")
            ),
            "",
            ["part-1", "part-2"],
            True,
        ),
        (multipart("strange", PLAIN, PDF), "plain words", ["a.pdf"], True),
        ("Content-Type: multipart/mixed\r\n\r\nno boundary at all", "no boundary at all", [], False),
        ("Content-Type: multipart/mixed; boundary=never\r\n\r\nnot there", "not there", [], False),
        ("Content-Type: image/png\r\n\r\nx", "", ["part-1.png"], True),
        ("\r\n", "", [], False),
        ("", "", [], False),
    ],
)
def test_the_text_and_the_attachments_are_told_apart(
    entity: str, shown: str, names: list[str], counted: bool
) -> None:
    content = opened(entity)
    assert text(content) == shown
    assert [one.name for one in content.attachments] == names
    assert content.has_attachment is counted


def test_an_encrypted_letter_says_so() -> None:
    assert (
        "encrypted" in opened(multipart("encrypted", part("application/pgp-encrypted", "x"))).document.notice
    )


def test_the_root_of_related_parts_may_be_named() -> None:
    named = part("text/html", "<p>the root</p>", "Content-ID: <root>")
    entity = multipart("related", part("text/html", "<p>other</p>"), named)
    content = opened(entity.replace("multipart/related;", 'multipart/related; start="<root>";'))
    assert "the root" in text(content)


def test_links_of_several_texts_are_numbered_through() -> None:
    first, second = (
        part("text/plain", "https://a.example"),
        part("text/plain", "https://b.example https://a.example"),
    )
    document = opened(multipart("mixed", first, second)).document
    assert document.links == ("https://a.example", "https://b.example")
    assert [run.link for block in document.blocks for run in block.runs if run.link] == [1, 2, 1]


def test_an_attachment_is_measured_and_fetched_decoded() -> None:
    raw = multipart("mixed", PLAIN, PDF).encode()
    (attachment,) = read(raw).attachments
    assert (attachment.path, attachment.media_type, attachment.size) == ("2", "application/pdf", 4)
    assert part_of(raw, "2") == b"%PDF"
    assert part_of(raw, "1") == b"plain words"
    assert part_of(raw, "") is part_of(raw, "3") is part_of(raw, "2.1") is None


def test_a_name_hides_no_direction() -> None:
    entity = part(
        "application/pdf", "x", "Content-Disposition: attachment; filename*=utf-8''a%E2%80%AEfdp.exe"
    )
    assert opened(entity).attachments[0].name == "a⟨202E⟩fdp.exe"


def test_people_are_read_from_every_field() -> None:
    fields = ("From: Ann <a@x.example>", "From: Eve <e@x.example>", "To: b@x.example", "To: c@x.example",
              "Cc: Dan <d@x.example>", "Reply-To: list@x.example")  # fmt: skip
    content = opened(PLAIN, *fields)
    assert [one.address for one in content.sender] == ["a@x.example", "e@x.example"]
    assert [one.address for one in content.to] == ["b@x.example", "c@x.example"]
    assert content.cc == (Address(content.cc[0].name, content.cc[0].address),)
    assert content.reply_to[0].address == "list@x.example"


def test_no_field_drives_the_terminal_or_decodes_an_address() -> None:
    content = read(oddity("address_inside_an_encoded_word"))
    assert content.sender[0].address.endswith("?=@crook.example")
    assert content.reply_to == (Address(content.reply_to[0].name, content.reply_to[0].address),)
    assert content.subject == "Payment Bcc: all@bank.example"
    shown = dict(content.fields)
    assert "?=@crook.example" in shown[next(name for name in shown if name == "From")]
    assert all(value.isprintable() for _, value in content.fields)


def test_a_missing_date_comes_from_the_newest_received_line() -> None:
    trace = (
        "Received: from a by b; Mon, 4 Mar 2024 08:15:00 +0100",
        "Received: from c; Sun, 3 Mar 2024 08:00:00 +0000",
    )
    assert opened(PLAIN, *trace).date == 1709536500
    assert opened(PLAIN, "Date: rubbish").date is None


def test_a_page_may_name_its_charset_itself() -> None:
    raw = b"Content-Type: text/html\r\n\r\n<meta charset='iso-8859-2'><p>\xa3\xf3d\xbc</p>"
    assert lines(read(raw).document) == ["Łódź"]


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        (PLAIN, "plain words"),
        (part("text/plain", "Ben wrote:\n> quoted\n\nmine\n\n-- \nsig"), "mine"),
        (part("text/plain", "> only\n> a quote"), "only a quote"),
        (part("text/plain", "one\ntwo\n\nthree"), "one two three"),
        (part("text/plain", "-----\n\nafter the line"), "after the line"),
        (part("text/html", "<img alt=Logo src=x><p>View this email in your browser</p><p>News</p>"), "News"),
        (part("text/html", "<div style='display:none'>secret</div><p>shown</p>"), "shown"),
        (part("text/plain", ""), ""),
    ],
)
def test_the_snippet_is_the_first_own_words(entity: str, words: str) -> None:
    assert opened(entity).snippet == words


def test_a_snippet_is_short() -> None:
    found = opened(part("text/plain", "word " * 1_000)).snippet
    assert len(found) <= SNIPPET_LIMIT
    assert found.endswith("word…")


def test_bare_returns_end_lines() -> None:
    assert lines(read(oddity("bare_carriage_returns")).document) == ["First line", "second line"]


def test_a_signed_letter_and_the_footer_of_its_list_are_one_text() -> None:
    content = read(oddity("signed_list_mail"))
    assert lines(content.document) == [
        "The minutes of Thursday.",
        "",
        "To leave the guild, see https://guild.example/leave.",
    ]
    assert not content.has_attachment


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.eml")), ids=lambda path: path.stem)
def test_every_oddity_is_readable(path: Path) -> None:
    content = read(path.read_bytes())
    assert content.document.blocks
    assert content.snippet


def test_a_message_is_read_from_its_own_builder() -> None:
    assert read(message("hi", "Subject: =?utf-8?q?J=C3=B6?=")).subject == "Jö"
