"""What a row has room for, and what it says."""

import pytest
from rich.style import Style

from tui_mail.model.message import Flag, Mark, Row
from tui_mail.model.safe_text import safe_text
from tui_mail.model.settings import Density
from tui_mail.ui.columns import columns
from tui_mail.ui.format import ICONS, PLAIN_ICONS, cells
from tui_mail.ui.row import CHIPS, INKS, Facts, Inks, Painter, State

NOW = 1_700_000_000
INKS_USED = Inks(
    text=Style(),
    **{ink: Style(bold=ink == "strong") for ink in INKS},
    chips=tuple(Style() for _ in CHIPS),
    ground=Style(),
    cursor=Style(bgcolor="blue"),
)
PLAIN = State()
FACTS = Facts(((1, safe_text("wo"), 0),))


def row(**changes: object) -> Row:
    facts = {
        "id": 1, "account": 1, "folder": 1, "moment": (NOW - 400 * 86_400) << 20,
        "sender": safe_text("Anna Weber"), "sender_address": safe_text("anna@example.org"),
        "recipients": safe_text("Ravi, Lena"), "subject": safe_text("Budget for May"),
        "snippet": safe_text("the figures you asked for are in the sheet"), "flags": Flag.NONE,
        "marks": Mark.ATTACHMENT, "size": 1, "uid": 1, "message_id": safe_text("<1@example.org>"),
    }  # fmt: skip
    return Row(**(facts | changes))  # type: ignore[arg-type]


def painted(width: int, found: Row, state: State = PLAIN, facts: Facts = FACTS, *, cosy: bool = False) -> str:
    shape = columns(width, Density.AUTO, cosy=False, chips=bool(facts.chips))
    painter = Painter(shape, facts, ICONS, INKS_USED)
    return "\n".join(painter.line(found, state, number, NOW).text for number in range(shape.lines))


@pytest.mark.parametrize("width", range(20, 200))
@pytest.mark.parametrize("text", ["Plain", "会議の件について", "Mia 👩‍👩‍👧 x" * 9, "a\u0301" * 40])
def test_every_line_is_exactly_as_wide_as_the_list(width: int, text: str):
    found = row(sender=safe_text(text), subject=safe_text(text), snippet=safe_text(text * 9))
    for line in painted(width, found).splitlines():
        assert cells(line) == width


def test_the_order_in_which_columns_are_dropped():
    shown = {}
    for width in range(60, 120):
        shape = columns(width, Density.AUTO, cosy=False, chips=True)
        shown[width] = (shape.snippet, shape.chip, shape.attachment, shape.sender == 18)
    for parts in shown.values():
        assert list(parts) == sorted(parts)
    assert shown[119] == (True,) * 4
    assert shown[60] == (False,) * 4


def test_a_wide_row_tells_all():
    text = " ".join(painted(100, row(flags=Flag.FLAGGED)).split())
    assert text == "●★ Anna Weber Budget for May — the figures you asked for are in the sheet + wo 10/2022"


def test_below_sixty_cells_a_row_takes_two_lines():
    first, second = painted(50, row()).splitlines()
    assert "Anna Weber" in first
    assert "Budget for May" in second
    assert "2022" in first


@pytest.mark.parametrize(
    ("flags", "mark"),
    [(Flag.NONE, "●"), (Flag.SEEN, " "), (Flag.SEEN | Flag.ANSWERED, "↩"), (Flag.SEEN | Flag.FORWARDED, "→")],
)
def test_the_mark_of_reading(flags: Flag, mark: str):
    assert painted(90, row(flags=flags))[2] == mark


def test_unread_rows_are_bold_and_faded_ones_are_not():
    painter = Painter(columns(90, Density.AUTO, cosy=False, chips=True), FACTS, ICONS, INKS_USED)
    assert any(s.style.bold for s in painter.line(row(), State(), 0, NOW) if s.style)
    assert not any(s.style.bold for s in painter.line(row(), State(faded=True), 0, NOW) if s.style)


def test_sent_mail_shows_whom_it_went_to():
    assert "Ravi, Lena" in painted(90, row(), facts=Facts(recipients=True))


def test_a_missing_name_and_subject_are_made_up_for():
    text = painted(90, row(sender=safe_text(""), subject=safe_text("")))
    assert "anna@example.org" in text
    assert "(no subject)" in text


def test_the_bar_tells_the_focus():
    assert painted(90, row(), State(cursor=True, focused=True))[0] == "▌"
    assert painted(90, row(), State(cursor=True))[0] == "▏"
    assert painted(90, row(), State(selected=True))[1] == "✓"


def test_plain_marks_are_ascii():
    painter = Painter(columns(90, Density.AUTO, cosy=False, chips=True), FACTS, PLAIN_ICONS, INKS_USED)
    state = State(cursor=True, focused=True, selected=True)
    assert painter.line(row(snippet=safe_text("x")), state, 0, NOW).text.isascii()
