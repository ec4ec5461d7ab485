"""Which keywords are tags, and what people call them."""

import pytest

from tui_mail.model.tag import tag_keyword, tag_name


@pytest.mark.parametrize(
    ("keyword", "name"),
    [
        ("work", "work"),
        ("$label1", "important"),
        ("$Label4", "to-do"),
        ("a\x1bb", "a␛b"),
        ("$Forwarded", None),
        ("$MDNSent", None),
        ("NonJunk", None),
        ("\\Seen", None),
        ("", None),
    ],
)
def test_keywords_of_programs_are_no_tags(keyword: str, name: str | None) -> None:
    assert tag_name(keyword) == name


@pytest.mark.parametrize(
    ("typed", "keyword"),
    [
        ("work", "$label2"),
        (" read  later ", "read-later"),
        ("To-do", "$label4"),
        ("", ""),
        ("bills", "bills"),
    ],
)
def test_a_typed_name_becomes_a_keyword(typed: str, keyword: str) -> None:
    assert tag_keyword(typed) == keyword
