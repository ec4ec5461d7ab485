"""Names in a Maildir."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.maildir import file_name, flags_of, unique
from tui_mail.model.message import Flag


@given(st.integers(1), st.integers(), st.integers(0, 63).map(Flag))
def test_flags_come_back_and_the_unique_part_does_not_change_with_them(
    message: int, received: int, flags: Flag
) -> None:
    name = file_name(message, received, flags)
    assert flags_of(name) == flags
    assert unique(name) == unique(file_name(message, received, Flag.NONE))
    assert "/" not in name


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("1778587320.M1P2.host,S=5:2,FS", Flag.FLAGGED | Flag.SEEN),
        ("1778587320.M1P2.host;2,RT", Flag.ANSWERED | Flag.DELETED),
        ("1778587320.M1P2.host:2,Sab", Flag.SEEN),
        ("1778587320.M1P2.host:2,", Flag.NONE),
        ("1778587320.M1P2.host:1,S", Flag.NONE),
        ("1778587320.M1P2.host", Flag.NONE),
    ],
)
def test_names_of_others_are_understood(name: str, flags: Flag) -> None:
    assert flags_of(name) == flags


def test_letters_stand_in_alphabetical_order() -> None:
    name = file_name(7, 1, Flag.SEEN | Flag.DRAFT | Flag.FORWARDED)
    assert name == "1.M7.tui-mail:2,DPS"
