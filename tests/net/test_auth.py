"""What is said to sign in, and which way comes first."""

import pytest

from tui_mail.model.account import Token
from tui_mail.model.errors import ProtocolError, SignInRefused
from tui_mail.net.auth import Credentials, encoded, ways
from tui_mail.net.binding import Binding

BINDING = Binding("tls-unique", b"x")
EVERYTHING = {
    "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER", "GSSAPI"
}  # fmt: skip


def credentials(
    secret: str = "secret", binding: Binding | None = BINDING, xoauth2: bool = False
) -> Credentials:
    return Credentials("mail.example:993", "mail.example", 993, "bob,=", secret, binding, xoauth2)


@pytest.mark.parametrize(
    ("offered", "binding", "expected"),
    [
        (EVERYTHING, BINDING, ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"]),
        (EVERYTHING, None, ["SCRAM-SHA-256", "PLAIN", "LOGIN"]),
        ({"LOGIN", "PLAIN", "CRAM-MD5"}, BINDING, ["PLAIN", "LOGIN"]),
        ({"XOAUTH2", "OAUTHBEARER"}, None, []),
        (set(), None, []),
    ],
)
def test_a_password_goes_the_best_way_first(
    offered: set[str], binding: Binding | None, expected: list[str]
) -> None:
    assert [way.name for way in ways(offered, credentials(binding=binding))] == expected


def test_a_token_goes_by_oauth_and_no_other_way() -> None:
    token = credentials(Token("abc"))
    assert [way.name for way in ways(EVERYTHING, token)] == ["OAUTHBEARER", "XOAUTH2"]
    microsoft = credentials(Token("abc"), xoauth2=True)
    assert [way.name for way in ways(EVERYTHING, microsoft)] == ["XOAUTH2", "OAUTHBEARER"]
    assert not list(ways({"PLAIN", "LOGIN", "SCRAM-SHA-256"}, token))


def test_name_and_password_are_said_in_the_way_of_each_mechanism() -> None:
    plain, login = ways({"PLAIN", "LOGIN"}, credentials("pässword"))
    assert plain.first == b"\0bob,=\0p\xc3\xa4ssword"
    assert login.first is None
    assert [login.answer(b"User Name"), login.answer(b"?")] == [b"bob,=", b"p\xc3\xa4ssword"]
    for way in (plain, login):
        with pytest.raises(ProtocolError):
            way.answer(b"more")


def test_a_token_is_said_in_either_spelling() -> None:
    bearer, xoauth2 = ways(EVERYTHING, credentials(Token("abc.~+/-_=")))
    assert (
        bearer.first == b"n,a=bob=2C=3D,\x01host=mail.example\x01port=993\x01auth=Bearer abc.~+/-_=\x01\x01"
    )
    assert xoauth2.first == b"user=bob,=\x01auth=Bearer abc.~+/-_=\x01\x01"


@pytest.mark.parametrize(
    ("challenge", "told"),
    [
        (b'{"status":"invalid_token","scope":"mail"}', "invalid_token"),
        (b'{"status":"400\x1b[2J"}', ""),
        (b'{"status":"\\u001b[2J"}', "␛[2J"),
        (b'{"status":5}', ""),
        (b"[" * 100_000, ""),
        (b"[]", ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_a_refused_token_is_acknowledged_and_the_reason_kept(challenge: bytes, told: str) -> None:
    bearer, xoauth2 = ways(EVERYTHING, credentials(Token("abc")))
    assert bearer.answer(challenge) == b"\x01"
    assert xoauth2.answer(challenge) == b""
    assert bearer.refusal == xoauth2.refusal == told
    assert not bearer.may_try_another


@pytest.mark.parametrize("word", ["", "a\0b", "a\r\nb", "a\n", Token("a b"), Token("a\x01b"), Token("ä")])
def test_what_would_break_the_line_is_refused_without_being_quoted(word: str) -> None:
    with pytest.raises(SignInRefused) as caught:
        encoded(word)
    assert not word or word not in str(caught.value)
