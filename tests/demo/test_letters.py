"""The letters of the demo: deterministic, sound, varied, and in many scripts."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from email import message_from_bytes, policy
from functools import cache

from tests.demo.conftest import NOON
from tui_mail.demo.library import arrivals
from tui_mail.demo.people import everyone
from tui_mail.demo.post_office import stock
from tui_mail.demo.writing import Letter
from tui_mail.mime.headers import addresses, decode_field, summary
from tui_mail.mime.parse import read


@cache
def letters() -> list[Letter]:
    return stock(7, NOON)


@cache
def octets() -> dict[str, bytes]:
    return {letter.key: letter.octets() for letter in letters()}


@cache
def texts() -> dict[str, str]:
    return {key: text_of(raw) for key, raw in octets().items()}


def text_of(raw: bytes) -> str:
    message = message_from_bytes(raw, policy=policy.default)
    body = message.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def digest(pieces: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(pieces)).hexdigest()


def fresh(seed: int, now: float) -> str:
    return digest(letter.octets() for letter in stock(seed, now))


def test_the_same_seed_and_clock_give_the_same_octets() -> None:
    assert fresh(7, NOON) == digest(octets().values())


def test_another_seed_or_another_day_gives_other_octets() -> None:
    assert len({digest(octets().values()), fresh(8, NOON), fresh(7, NOON + 86_400)}) == 3


def test_there_are_hundreds_of_letters_over_a_year_and_most_are_recent() -> None:
    ages = [(NOON - letter.moment.timestamp()) / 86_400 for letter in letters()]
    assert 600 <= len(ages) <= 900
    assert min(ages) < 0.02
    assert 300 < max(ages) < 370
    assert sum(age < 90 for age in ages) > sum(age > 180 for age in ages)


def test_no_letter_comes_from_the_future_whatever_the_hour() -> None:
    for hour in range(0, 24, 3):
        now = NOON + hour * 3600
        assert all(letter.moment.timestamp() <= now for letter in stock(7, now))


def test_answers_come_after_what_they_answer_whatever_the_hour() -> None:
    for hour in range(0, 24, 3):
        for letter in stock(7, NOON + hour * 3600):
            assert letter.answers is None or letter.answers.moment < letter.moment


def test_every_reply_references_letters_that_exist() -> None:
    known = {letter.message_id for letter in letters()}
    replies = 0
    for letter in letters():
        found = summary(octets()[letter.key])
        if letter.answers is not None:
            replies += 1
            assert found.in_reply_to.strip("<>") == letter.answers.message_id.strip("<>")
            assert all(f"<{one.strip('<>')}>" in known for one in found.references.split())
    assert replies > 300


def test_message_ids_are_unique_and_stand_in_the_header() -> None:
    assert len({letter.message_id for letter in letters()}) == len(letters())
    for letter in letters():
        assert letter.message_id.encode() in octets()[letter.key]


def test_every_letter_is_read_without_a_defect() -> None:
    for letter in letters():
        message = message_from_bytes(octets()[letter.key])
        for part in message.walk():
            assert not part.defects, (letter.key, part.defects)
        assert texts()[letter.key].strip(), letter.key


def test_our_reader_shows_every_letter_in_whole_characters() -> None:
    for letter in letters():
        content = read(octets()[letter.key])
        words = "".join(run.text for block in content.document.blocks for run in block.runs)
        assert words.strip(), letter.key
        assert "\ufffd" not in words + content.subject, letter.key
        if letter.sheet.html:
            assert letter.sheet.fill.get("preheader", "?") not in words, letter.key


def test_every_line_ends_in_crlf_and_is_short_enough_to_travel() -> None:
    for key, raw in octets().items():
        assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r"), key
        assert max(map(len, raw.split(b"\r\n"))) <= 998, key
        assert b"\0" not in raw


def test_every_slot_is_filled() -> None:
    for letter in letters():
        if not letter.subject.startswith("["):
            assert not re.search(r"\{[a-z]+([+-]\d+)?\}", letter.subject + letter.body()), letter.key


def test_every_address_is_in_a_reserved_domain() -> None:
    assert all(person.address.endswith(".example") for person in everyone().values())
    for raw in octets().values():
        for field in ("From", "To", "Cc"):
            for _, address in addresses(str(message_from_bytes(raw).get(field, ""))):
                assert address.endswith(".example"), address


def test_every_link_leads_to_a_reserved_domain() -> None:
    for raw in octets().values():
        for part in message_from_bytes(raw).walk():
            if part.get_content_maintype() == "text":
                content = (part.get_payload(decode=True) or b"").decode("latin-1")
                for host in re.findall(r"https?://([^/\s\"'<>]+)", content):
                    assert host.endswith(".example"), host


def test_many_scripts_are_written() -> None:
    scripts = Counter(
        unicodedata.name(character, "?").split()[0]
        for letter in letters()
        for character in set(decode_field(letter.subject) + texts()[letter.key])
        if character.isalpha()
    )
    wanted = {
        "LATIN",
        "ARABIC",
        "CJK",
        "HIRAGANA",
        "KATAKANA",
        "CYRILLIC",
        "GREEK",
        "HEBREW",
        "HANGUL",
        "DEVANAGARI",
    }
    assert wanted <= set(scripts)


def test_old_character_sets_and_transfer_encodings_are_among_them() -> None:
    together = b"".join(octets().values()).lower()
    for charset in (b"iso-2022-jp", b"koi8-r", b"euc-kr", b"windows-1255", b"gb18030", b"iso-8859-1"):
        assert b"charset=" + charset in together
    for form in (b"format=flowed", b"quoted-printable", b"base64", b"8bit", b"message/rfc822", b"list-id:"):
        assert form in together


def test_attachments_of_every_kind_are_what_their_names_say() -> None:
    starts = {"pdf": b"%PDF-1.4", "png": b"\x89PNG\r\n", "ics": b"BEGIN:VCALENDAR\r\n"}
    kinds: Counter[str] = Counter()
    for raw in octets().values():
        for part in message_from_bytes(raw, policy=policy.default).iter_attachments():
            kind = (part.get_filename() or "").rpartition(".")[2]
            kinds[kind] += 1
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes) or part.get_content_type() == "message/rfc822"
            if kind in starts and isinstance(data, bytes):
                assert data.startswith(starts[kind])
    assert {"pdf", "png", "ics", "csv", "txt"} <= set(kinds)


def test_newsletters_hide_a_preheader_and_a_tracker() -> None:
    pages = [raw for raw in octets().values() if b"multipart/alternative" in raw]
    assert len(pages) >= 15
    html = [
        str(part.get_content())
        for raw in pages
        for part in message_from_bytes(raw, policy=policy.default).walk()
        if part.get_content_type() == "text/html"
    ]
    assert sum("display:none" in page for page in html) >= 10
    assert sum('width="1"' in page for page in html) >= 8
    assert all("$" not in page for page in html)


def test_few_letters_are_unread_and_a_few_are_starred() -> None:
    flags = [letter.flags for letter in letters()]
    assert 15 <= sum("\\Seen" not in one for one in flags) <= 60
    assert 0.02 <= sum("\\Flagged" in one for one in flags) / len(flags) <= 0.045
    assert all("\\Seen" in letter.flags for letter in letters() if letter.sender.is_me)


def test_the_newest_sixty_of_each_inbox_are_written_by_hand() -> None:
    for account in ("work", "home"):
        inbox = [one for one in letters() if one.account == account and one.folder == "INBOX"]
        composed = [one.key for one in inbox[-60:] if one.key.startswith("older")]
        assert len(composed) <= 6, composed


def test_no_text_comes_twice_among_those_written_by_hand() -> None:
    texts = Counter(
        letter.body() for letter in letters() if not letter.key.startswith("older") and not letter.sheet.raw
    )
    assert max(texts.values()) == 1


def test_a_quote_holds_the_words_of_the_letter_before() -> None:
    quoting = [
        one
        for one in letters()
        if one.answers is not None and one.sheet.quote == "below" and not one.sheet.raw
    ]
    for letter in quoting:
        assert letter.answers is not None
        if letter.answers.sheet.raw:
            continue
        first = letter.answers.body().split("\n")[0]
        assert f"> {first}".replace("> >", ">>") in texts()[letter.key], letter.key


def test_some_forty_letters_wait_for_their_delivery() -> None:
    assert 30 <= len(arrivals()) <= 45
    assert {conversation.account for conversation in arrivals()} == {"work", "home", "lists"}
