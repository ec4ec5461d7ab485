"""A header block becomes what a list shows, whatever is in it."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mime.letters import oddity
from tui_mail.mime.headers import Summary, fields, parse_date, summary


def test_a_whole_block_is_summed_up() -> None:
    assert summary(oddity("flowed_reply_with_signature")) == Summary(
        message_id="<f2@mill.example>",
        in_reply_to="<f1@mill.example>",
        references="<f0@mill.example> <f1@mill.example>",
        date=1709989200,
        from_name="Noor",
        from_addr="noor@mill.example",
        recipients="list@mill.example",
        subject="Re: The wheel",
        is_list=True,
    )


def test_split_characters_and_commas_in_words_are_put_right() -> None:
    found = summary(oddity("characters_split_between_words"))
    assert (found.from_name, found.recipients) == ("Zoë Kühne", "Baum, Lena")
    assert found.subject == "Äpfel und Birnen, eine ½ Mark"


def test_raw_octets_are_read_as_what_they_most_likely_are() -> None:
    found = summary(oddity("raw_eight_bit_header"))
    assert (found.from_name, found.recipients, found.subject) == ("Jörg", "Åsa", "Grüße vom Kai")
    assert found.date == 1709737200


def test_an_address_in_an_encoded_word_stays_undecoded() -> None:
    found = summary(oddity("address_inside_an_encoded_word"))
    assert found.from_addr.endswith("?=@crook.example")
    assert "bank.example" not in found.from_addr


def test_an_empty_block_is_an_empty_summary() -> None:
    assert summary(b"") == Summary("", "", "", None, "", "", "", "", False)


def test_the_first_of_two_fields_counts() -> None:
    assert summary(b"Subject: one\nSubject: two\n").subject == "one"


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_fields_are_unfolded_at_any_line_end(line_end: str) -> None:
    block = line_end.join(
        ["From jo Mon Mar  4 08:15:00 2024", "A: 1", "B : two", "\tlines", "no field", "C:", "", "x"]
    )
    assert fields(block.encode()) == [("A", "1"), ("B", "two lines"), ("C", "")]


def test_a_flood_of_fields_is_cut() -> None:
    assert len(fields(b"A: b\n" * 50_000)) == 2_000


def test_a_message_id_is_found_in_junk() -> None:
    assert summary(b"Message-ID:  junk <a@b> more\n").message_id == "<a@b>"
    assert summary(b"Message-ID: no brackets@x\n").message_id == "nobrackets@x"


def test_of_endless_references_the_first_and_the_newest_are_kept() -> None:
    ids = [f"<{number}@x>" for number in range(1_000)]
    kept = summary(f"References: {' '.join(ids)}\n".encode()).references.split()
    assert (kept[0], kept[1], kept[-1], len(kept)) == ("<0@x>", "<901@x>", "<999@x>", 100)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("Sun, 3 Mar 2024 14:02:07 +0100", 1709470927),
        ("3 Mar 2024 14:02:07 +0100", 1709470927),
        ("Sun,  3 Mar 2024 14:02:07 +01:00", 1709470927),
        ("Sunday, 03-Mar-24 13:02:07 GMT", 1709470927),
        ("Sun, 03 March 2024 08:02:07 EST", 1709470927),
        ("Sun, 3 Mar 2024 13.02.07 UT (a comment)", 1709470927),
        ("Sun Mar  3 13:02:07 2024", 1709470927),
        ("Sun Mar  3 05:02:07 PST 2024", 1709470927),
        ("2024-03-03T13:02:07Z", 1709470927),
        ("2024-03-03 14:02:07.250 +0100", 1709470927),
        ("3 Mar 2024 13:02", 1709470920),
        ("3 Mar 124 13:02:07 +0000", 1709470927),
        ("31 Dec 2016 23:59:60 +0000", 1483228799),
        ("31 Feb 2024 10:00:00 +0000", None),
        ("1 Jan 1960 00:00:00 +0000", None),
        ("1 Foo 2024 00:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_read_in_many_forms(written: str, seconds: int | None) -> None:
    assert parse_date(written) == seconds


@given(st.text())
def test_no_date_raises(written: str) -> None:
    parse_date(written)
    parse_date(f"3 {written} 2024 13:02:07 {written}")


@given(
    st.binary()
    | st.lists(st.sampled_from([b"From: ", b"\n ", b"\r\n", b"=?utf-8?b?", b"?=", b"<a@b>", b"\xff"]))
)
def test_no_block_raises(block: bytes | list[bytes]) -> None:
    found = summary(block if isinstance(block, bytes) else b"".join(block))
    f"{found.subject}{found.from_name}{found.recipients}{found.message_id}".encode()


@given(
    st.datetimes(datetime(1960, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["+0000", "-0000", "+0530", "-0930", "+9999", "-0099"]),
    st.sampled_from(["%a, %d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S"]),
)
def test_a_date_in_the_usual_form_is_read_as_in_any_other(when: datetime, zone: str, form: str) -> None:
    written = f"{when.strftime(form)} {zone}"
    assert parse_date(written) == parse_date(f"({written})")  # the bracket asks for the reader of every form


@pytest.mark.parametrize("day", ["30 Feb", "0 Mar", "31 Xyz"])
def test_a_day_that_never_was_is_no_date(day: str) -> None:
    assert parse_date(f"Fri, {day} 2024 10:00:00 +0000") is None


@pytest.mark.parametrize("spelt", ["Subject:", "SUBJECT:", "subject:", "SuBjEcT :", "Subject\t :"])
def test_a_field_is_found_however_it_is_spelt(spelt: str) -> None:
    block = f"\n Subject: a fold\nX: y\n{spelt} found\n too\nSubject: second\n\nSubject: body".encode()
    assert summary(block).subject == "found too"
