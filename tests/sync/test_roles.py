"""Which role a folder has."""

import re
import unicodedata
from collections import Counter

import pytest

from tui_mail.model.folder import Role
from tui_mail.sync import role_names
from tui_mail.sync.roles import roles

NONE: frozenset[str] = frozenset()


def test_the_servers_word_counts_before_any_guess() -> None:
    found = roles(
        [
            (b"Trash", "Trash", "/", NONE),
            (b"Bin", "Bin", "/", frozenset({"\\trash"})),
            (b"INBOX", "INBOX", "/", NONE),
        ]
    )
    assert found == {b"Trash": Role.NONE, b"Bin": Role.TRASH, b"INBOX": Role.INBOX}


def test_names_in_many_languages_and_below_inbox_are_known() -> None:
    found = roles(
        [
            (b"INBOX", "INBOX", ".", NONE),
            (b"INBOX.Gesendet", "INBOX.Gesendet", ".", NONE),
            (b"INBOX.Sampah", "INBOX.Sampah", ".", NONE),
            (b"x", "下書き", ".", NONE),
        ]
    )
    assert list(found.values()) == [Role.INBOX, Role.SENT, Role.TRASH, Role.DRAFTS]


def test_a_role_has_one_folder_and_deep_namesakes_are_ordinary() -> None:
    found = roles(
        [
            (b"Sent", "Sent", "/", NONE),
            (b"Sent Items", "Sent Items", "/", NONE),
            (b"Projects/Archive", "Projects/Archive", "/", NONE),
        ]
    )
    assert found == {b"Sent": Role.SENT, b"Sent Items": Role.NONE, b"Projects/Archive": Role.NONE}


def test_no_name_stands_for_two_roles() -> None:
    lists = (role_names.ARCHIVE, role_names.DRAFTS, role_names.JUNK, role_names.SENT, role_names.TRASH)
    names = [
        name
        for text in lists
        for name in {word.strip().casefold() for word in re.split(r"[,\n]", text)}
        if name
    ]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert len(role_names.BY_NAME) == len(names) > 300


@pytest.mark.parametrize(
    ("display", "role"),
    [
        ("[Google Mail]/Papelera", Role.TRASH),
        ("ОТПРАВЛЕННЫЕ", Role.SENT),
        (unicodedata.normalize("NFD", "Entwürfe"), Role.DRAFTS),
        ("已发送", Role.SENT),
        ("Ordner/Papierkorb", Role.NONE),
        ("[Gmail]/x/Spam", Role.NONE),
    ],
)
def test_a_name_is_known_in_any_case_and_spelling_but_not_deep_down(display: str, role: Role) -> None:
    assert roles([(b"x", display, "/", NONE)]) == {b"x": role}
