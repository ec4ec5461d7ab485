from datetime import UTC

import pytest

from tests.ui.documents import NOW, address, attachment, letter
from tui_mail.model.message import Letter
from tui_mail.model.safe_text import safe_text
from tui_mail.ui.format import ICONS, cells
from tui_mail.ui.letterhead import ATTACHMENTS, MEASURE, Letterhead
from tui_mail.ui.lines import Hit, Ink, Line, Target

ME = frozenset({"me@example.net"})


def head(of: Letter, width: int = 80, *, unfolded: bool = False) -> list[Line]:
    return Letterhead(width, ICONS, NOW, UTC, ME).lines(of, unfolded=unfolded)


def texts(of: Letter, width: int = 80) -> list[str]:
    return [line.text for line in head(of, width)]


def test_a_head_says_what_by_whom_when_to_whom_and_with_what() -> None:
    assert texts(letter(), 60) == [
        "Budget for May",
        "Anna Weber <anna@example.org>              Tue 12 May, 14:02",
        "to me, Lena Fuchs   cc Ravi",
        "+ may.xlsx 48 kB   + notes.pdf 1.2 MB",
        "",
    ]


def test_only_the_lines_of_the_subject_are_a_title() -> None:
    lines = head(letter(subject=safe_text("word " * 30)), 40)

    assert [line.title for line in lines[:4]] == [True] * 4
    assert not any(line.title for line in lines[4:])


def test_an_endless_subject_takes_four_lines() -> None:
    lines = [line for line in head(letter(subject=safe_text("word " * 300)), 40) if line.title]

    assert len(lines) == 4
    assert lines[-1].text.endswith("…")


def test_a_missing_subject_is_said() -> None:
    assert texts(letter(subject=safe_text(" ")))[0] == "(no subject)"


def test_the_date_has_a_line_of_its_own_where_there_is_no_room_beside() -> None:
    assert texts(letter(), 40)[1:3] == ["Anna Weber <anna@example.org>", "Tue 12 May, 14:02"]


@pytest.mark.parametrize("width", [20, 30, 60, 120])
def test_the_real_address_is_always_shown_whole(width: int) -> None:
    long = address("A very long name " * 10, "quite-a-long-address@sub.domain.of.example.org")
    shown = "".join(line.text.replace(" ", "") for line in head(letter(sender=(long,)), width))

    assert "<quite-a-long-address@sub.domain.of.example.org>" in shown


def test_no_line_is_wider_than_the_measure() -> None:
    crowd = tuple(address(f"Person number {n}", f"p{n}@example.org") for n in range(40))
    parcels = tuple(attachment(f"{'name ' * 30}{n}.pdf") for n in range(40))
    full = letter(to=crowd, cc=crowd, reply_to=crowd, attachments=parcels, subject=safe_text("日本" * 300))

    for width in (20, 33, 60, 100, 200):
        for unfolded in (False, True):
            assert max(line.width for line in head(full, width, unfolded=unfolded)) <= min(width, MEASURE)


def test_a_name_that_shows_another_address_is_not_believed() -> None:
    lines = head(letter(sender=(address("service@bank.example", "x@evil.test"),)))

    assert lines[2].text == "! the name shows another address than the real one"
    assert lines[2].pieces[0].ink is Ink.WARNING
    name, real = lines[1].pieces[:2]
    assert (name.text, name.ink) == ("service@bank.example ", Ink.DIM)
    assert (real.text, real.ink) == ("<x@evil.test>", Ink.TEXT)


def test_a_name_that_repeats_the_real_address_is_left_out() -> None:
    lines = texts(letter(sender=(address("anna@example.org", "anna@example.org"),)))

    assert lines[1].startswith("anna@example.org  ")
    assert not any(line.startswith("!") for line in lines)


def test_several_senders_are_said_to_be_unclear_and_all_are_shown() -> None:
    lines = texts(letter(sender=(address("Anna", "anna@example.org"), address("", "x@evil.test"))))

    assert lines[1].startswith("! sender unclear: 2 are named ")
    assert lines[2:4] == ["Anna <anna@example.org>", "x@evil.test"]


def test_no_sender_is_said() -> None:
    assert texts(letter(sender=()))[1].startswith("no sender is named ")


def test_letters_of_other_alphabets_in_an_address_are_spelt_out() -> None:
    lines = texts(letter(sender=(address("Bank", "info@b\u0430nk.example"),)))

    assert lines[2] == "! the address has letters beyond ASCII; its host is xn--bnk-6cd.example"


def test_answers_that_go_elsewhere_are_announced() -> None:
    same = letter(reply_to=(address("Anna", "Anna@Example.org"),))
    other = letter(reply_to=(address("Somebody", "x@evil.test"),))

    assert not any("answers" in line for line in texts(same))
    assert "answers go to Somebody <x@evil.test>" in texts(other)


def test_recipients_take_one_line_each_at_most() -> None:
    crowd = tuple(address(f"Person {n}", f"p{n}@example.org") for n in range(30))
    lines = texts(letter(to=crowd, cc=crowd[:3]), 60)

    assert lines[2] == "to Person 0, Person 1, Person 2, Person 3, Person 4 +25"
    assert lines[3] == "cc Person 0, Person 1, Person 2"


def test_nobody_named_is_said() -> None:
    assert "to nobody named" in texts(letter(to=(), cc=()))


def test_unfolded_a_head_shows_every_field() -> None:
    fields = tuple((safe_text(n), safe_text(v)) for n, v in (("From", "a"), ("X-Long", "value " * 20)))
    lines = [line.text for line in head(letter(fields=fields), 60, unfolded=True)]

    assert lines[2] == "From              a"
    assert lines[3].startswith("X-Long            value value")
    assert lines[4].startswith(" " * 18 + "value")


def test_attachments_can_be_hit_by_number() -> None:
    many = tuple(attachment(f"{n}.txt") for n in range(ATTACHMENTS + 3))
    lines = head(letter(attachments=many), 60)
    hits = [piece.hit for line in lines for piece in line.pieces if piece.hit]

    assert set(hits) == {Hit(Target.ATTACHMENT, n + 1) for n in range(ATTACHMENTS)}
    assert lines[-2].text.endswith("and 3 more")


def test_an_attachment_without_a_name_shows_its_type() -> None:
    assert "+ application/octet-stream 48 kB" in texts(letter(attachments=(attachment(""),)))


def test_right_to_left_names_do_not_move_the_date() -> None:
    lines = texts(letter(sender=(address("أحمد العربي", "ahmed@example.org"),)), 60)

    assert cells(lines[1]) == 60
    assert lines[1].endswith("  Tue 12 May, 14:02")
