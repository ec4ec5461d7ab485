from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.folder import Role
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.format import (
    ICONS,
    PLAIN_ICONS,
    Icons,
    cells,
    clip,
    content,
    fit,
    full_date,
    relative_date,
    size_label,
    steady,
    text,
)

NOW = datetime(2024, 5, 15, 14, 30, tzinfo=UTC)  # a Wednesday


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("then", "shown"),
    [
        (at(2024, 5, 15, 14, 29, 30), "now"),
        (at(2024, 5, 15, 14, 30, 40), "now"),
        (at(2024, 5, 15, 14, 29), "14:29"),
        (at(2024, 5, 15, 9, 5), "9:05"),
        (at(2024, 5, 15, 0, 0), "0:00"),
        (at(2024, 5, 15, 23, 0), "23:00"),
        (at(2024, 5, 14, 23, 59), "Yest."),
        (at(2024, 5, 13, 0, 0), "Mon"),
        (at(2024, 5, 9, 0, 0), "Thu"),
        (at(2024, 5, 8, 23, 59), "8 May"),
        (at(2024, 1, 1, 0, 0), "1 Jan"),
        (at(2023, 12, 31, 0, 0), "12/2023"),
        (at(2024, 5, 16, 1, 0), "16 May"),
        (at(2031, 3, 1, 0, 0), "03/2031"),
        (0.0, "01/1970"),
        (-1e18, "01/1"),
        (1e18, "12/9999"),
    ],
)
def test_a_date_is_told_the_shorter_the_nearer_it_is(then: float, shown: str) -> None:
    found = relative_date(then, NOW.timestamp(), UTC)

    assert found == shown
    assert cells(found) <= 7


def test_a_date_goes_by_the_calendar_of_its_zone() -> None:
    far_east = timezone(timedelta(hours=12))

    assert relative_date(at(2024, 5, 14, 13, 0), NOW.timestamp(), far_east) == "Yest."
    assert relative_date(at(2024, 5, 15, 13, 0), NOW.timestamp(), far_east) == "1:00"
    assert full_date(at(2024, 5, 15, 13, 0), NOW.timestamp(), far_east) == "Thu 16 May, 1:00"


def test_a_full_date_names_the_year_only_when_it_is_another() -> None:
    assert full_date(at(2024, 5, 12, 14, 2), NOW.timestamp(), UTC) == "Sun 12 May, 14:02"
    assert full_date(at(2021, 5, 12, 4, 2), NOW.timestamp(), UTC) == "Wed 12 May 2021, 4:02"


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (1_000, "1 kB"),
        (48_123, "48 kB"),
        (999_499, "999 kB"),
        (999_600, "1.0 MB"),
        (1_240_000, "1.2 MB"),
        (12_400_000, "12 MB"),
        (3_400_000_000, "3.4 GB"),
    ],
)
def test_a_size_is_told_in_its_largest_unit(octets: int, shown: str) -> None:
    assert size_label(octets) == shown


@pytest.mark.parametrize(
    ("written", "width", "shown"),
    [
        ("budget", 8, "budget  "),
        ("budget", 6, "budget"),
        ("budget for May", 8, "budget… "),
        ("budget", 1, "…"),
        ("budget", 0, ""),
        ("日本語テキスト", 6, "日本… "),
        ("日本語テキスト", 7, "日本語…"),
        ("cafe\u0301s", 5, "cafe\u0301s"),
        ("مرحبا بكم", 9, "مرحبا بكم"),
        ("👨\u200d👩\u200d👧 Ruiz", 8, "👨 Ruiz "),
        ("👍🏽 yes", 6, "👍 yes"),
        ("❤\ufe0f", 2, "❤ "),
        ("1\ufe0f\u20e3", 2, "1\u20e3 "),
        ("🏳\ufe0f\u200d🌈", 3, "🏳  "),
        ("क्\u200dष", 3, "क्ष "),
    ],
)
def test_a_cell_is_exactly_as_wide_as_its_column(written: str, width: int, shown: str) -> None:
    assert fit(safe_text(written), width) == shown


@given(st.text(), st.integers(0, 60))
def test_any_text_fits_any_column(written: str, width: int) -> None:
    safe = safe_text(written)

    assert cells(fit(safe, width)) == width
    assert cells(clip(safe, width)) <= width


@given(st.text())
def test_steady_text_is_as_wide_as_the_sum_of_its_characters(written: str) -> None:
    safe = steady(safe_text(written))

    assert cells(safe) == sum(cells(character) for character in safe)


def test_brackets_stay_brackets() -> None:
    hostile = SafeText("[red]x[/] [/nope] [@click=app.quit]y[/] [$primary]")

    assert content(hostile, (hostile, "bold")).plain == hostile + hostile
    assert text(hostile).plain == hostile


@pytest.mark.parametrize("icons", [ICONS, PLAIN_ICONS])
def test_every_mark_takes_one_cell_and_every_role_has_one(icons: Icons) -> None:
    marks = [getattr(icons, name) for name in Icons.__slots__ if name not in ("ascii", "roles")]

    assert all(cells(mark) == 1 for mark in (*marks, *icons.roles))
    assert all(icons.role(role) for role in Role)
    assert Icons.of(ascii=icons.ascii) is icons


def test_the_plain_set_is_ascii() -> None:
    names = [name for name in Icons.__slots__ if name not in ("ascii", "roles")]

    assert all(getattr(PLAIN_ICONS, name).isascii() for name in names)
    assert "".join(PLAIN_ICONS.roles).isascii()
