"""What is said to sign in."""

import pytest

from tui_mail.model.errors import SignInRefused
from tui_mail.net.auth import answers, choose, encoded


def test_the_best_mechanism_is_chosen() -> None:
    assert choose({"LOGIN", "PLAIN", "CRAM-MD5"}) == "PLAIN"
    assert choose({"LOGIN"}) == "LOGIN"
    assert choose({"XOAUTH2"}) is None


def test_name_and_password_are_said_in_the_way_of_each_mechanism() -> None:
    assert answers("PLAIN", "bob", "pässword") == [b"\0bob\0p\xc3\xa4ssword"]
    assert answers("LOGIN", "bob", "secret") == [b"bob", b"secret"]


@pytest.mark.parametrize("word", ["", "a\0b", "a\r\nb", "a\n"])
def test_what_would_break_the_line_is_refused_without_being_quoted(word: str) -> None:
    with pytest.raises(SignInRefused) as caught:
        encoded(word)
    assert not word or word not in str(caught.value)
