"""No octets at all make reading fail, and what comes out is safe, complete and storable."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mime.letters import CORPUS, multipart, part
from tui_mail.mime.headers import summary
from tui_mail.mime.parse import Content, read
from tui_mail.mime.parse import part as part_of

SEEDS = [path.read_bytes() for path in sorted(CORPUS.glob("*.eml"))]
SEEDS.append(
    multipart(
        "mixed",
        multipart("alternative", part("text/plain", "a"), part("text/html", "<p>b</p>"), boundary="in"),
        part("message/rfc822", "Subject: inner\r\n\r\nc"),
        part("application/pdf; name*=utf-8''%C3%A9.pdf", "JVBERg==", "Content-Transfer-Encoding: base64"),
    ).encode()
)


def texts(content: Content) -> Iterator[str]:
    yield from (content.subject, content.snippet, content.message_id, content.document.notice)
    for person in (*content.sender, *content.reply_to, *content.to, *content.cc):
        yield from (person.name, person.address)
    for name, value in content.fields:
        yield from (name, value)
    for attachment in content.attachments:
        yield attachment.name
    yield from content.document.links
    for block in content.document.blocks:
        yield from (run.text.replace("\n", "") for run in block.runs)


def check(raw: bytes) -> None:
    content = read(raw)
    for text in texts(content):
        assert text.encode() is not None
        assert not any(char < " " or "\x7f" <= char <= "\x9f" for char in text)
    for attachment in content.attachments:
        assert part_of(raw, attachment.path) is not None
    head = summary(raw)
    f"{head.message_id}{head.references}{head.from_name}{head.from_addr}{head.recipients}{head.subject}".encode()


@given(st.binary(max_size=2_000))
def test_random_octets_are_read(raw: bytes) -> None:
    check(raw)


@given(st.data())
def test_damaged_messages_are_read(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw)))
        until = min(len(raw), at + data.draw(st.integers(0, 40)))
        raw[at:until] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"\r\n", b"--=b", b"=?utf-8?q?", b'"', b";"])
        )
    check(bytes(raw))


@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_a_message_cut_anywhere_is_read(seed: int) -> None:
    for end in range(len(SEEDS[seed])):
        check(SEEDS[seed][:end])


@pytest.mark.parametrize(
    "bomb",
    [
        b"Subject: " + b"=?utf-8?q?a?= " * 20_000,
        b"Subject: " + b"=?utf-8?q?" * 20_000,
        b"To: " + b"(" * 200_000,
        b"To: " + b'"\\' * 100_000,
        b"To: " + b"<" * 200_000,
        b"Content-Type: text/plain" + b";" * 200_000,
        b"Content-Type: text/plain" + b"; a=b" * 50_000,
        b"References: " + b"<a@b>" * 50_000,
        b"A: b\r\n" * 100_000,
        b"A: b\r\n" + b" fold\r\n" * 200_000,
        b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 500_000,
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n" + b"M\r\n" * 100_000,
        b"\r\n" + b">" * 500_000,
        b"\r\n" + b"https://x/" + b")" * 500_000,
        b"\r\n" + b"a" + "\u0301".encode() * 200_000,
    ],
)
def test_a_bomb_is_read_like_any_other_message(bomb: bytes) -> None:
    check(bomb)
