"""The address that is shown is the address that is there."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_mail.mime.headers import addresses


@pytest.mark.parametrize(
    ("field", "people"),
    [
        ("", []),
        ("<>", []),
        ("jo@example.org", [("", "jo@example.org")]),
        ("Jo Doe <jo@example.org>", [("Jo Doe", "jo@example.org")]),
        ('"Doe, Jo" <jo@example.org>, b@example.net', [("Doe, Jo", "jo@example.org"), ("", "b@example.net")]),
        ("Doe, Jo <jo@example.org>", [("Doe, Jo", "jo@example.org")]),
        ("jo@example.org (Jo Doe)", [("Jo Doe", "jo@example.org")]),
        ("jo@example.org (Jo (the elder) Doe)", [("Jo (the elder) Doe", "jo@example.org")]),
        ("Jo Doe jo@example.org", [("Jo Doe", "jo@example.org")]),
        ("jo @ example.org", [("", "jo@example.org")]),
        ('"Jo \\"J\\" Doe" <jo@example.org>', [('Jo "J" Doe', "jo@example.org")]),
        ('"jo doe"@example.org', [("", '"jo doe"@example.org')]),
        ("=?utf-8?Q?Doe,_Jo?= <jo@example.org>", [("Doe, Jo", "jo@example.org")]),
        ('"=?utf-8?Q?J=C3=B6?=" <jo@example.org>', [("Jö", "jo@example.org")]),
        ("=?utf-8?Q?J=C3=B6?= =?utf-8?Q?rg?= <jo@example.org>", [("Jörg", "jo@example.org")]),
        ("undisclosed-recipients:;", []),
        ("crew: a@x.example, Bo <b@y.example>;, c@z.example",
         [("", "a@x.example"), ("Bo", "b@y.example"), ("", "c@z.example")]),
        ("a@x.example; b@y.example", [("", "a@x.example"), ("", "b@y.example")]),
        ("News: today <n@x.example>", [("News: today", "n@x.example")]),
        ("<@relay.example,@hub.example:jo@example.org>", [("", "jo@example.org")]),
        ('"Jo <jo@example.org>, b@example.net', [("Jo", "jo@example.org"), ("", "b@example.net")]),
        ("<a@x.example, b@y.example", [("", "a@x.example"), ("", "b@y.example")]),
        ("root", [("", "root")]),
        ("Only A Name", [("Only A Name", "")]),
        ("J\udcf6rg <j\udcf6@x.example>", [("Jörg", "j\ufffd@x.example")]),
    ],
)  # fmt: skip
def test_a_field_is_read(field: str, people: list[tuple[str, str]]) -> None:
    assert addresses(field) == people


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("alice@good.example)<bob@evil.example>", "bob@evil.example"),
        ('"alice@good.example" <bob@evil.example>', "bob@evil.example"),
        ("alice@good.example <bob@evil.example>", "bob@evil.example"),
        ("<alice@good.example> <bob@evil.example>", "bob@evil.example"),
        ("=?utf-8?Q?alice=40good.example?= <bob@evil.example>", "bob@evil.example"),
        ("=?utf-8?Q?=3Calice=40good.example=3E?= <bob@evil.example>", "bob@evil.example"),
        ("alice@good.example\x00@evil.example", "alice@good.example\x00@evil.example"),
        ("(alice@good.example) bob@evil.example", "bob@evil.example"),
        ('"alice@good.example>" <bob@evil.example>', "bob@evil.example"),
    ],
)  # fmt: skip
def test_no_trick_makes_a_sender_look_like_another(field: str, address: str) -> None:
    found = addresses(field)
    assert [one for _, one in found if one] == [address]


@pytest.mark.parametrize("wrapped", ["{}", "<{}>", "Alice <{}>", "{} (Alice)"])
@pytest.mark.parametrize(
    "local",
    [
        "=?utf-8?b?YWxpY2VAZ29vZC5leGFtcGxl?=",
        "=?utf-8?b?YWxpY2VAZ29vZC5leGFtcGxl?==?utf-8?Q?=00?=",
        "=?utf-8?Q?alice=40good.example=00?=",
        "=?utf-8?Q?alice=40good.example=0A?=",
        "=?utf-8?Q?alice=40good.example=3E?=",
        "=?utf-8?Q?alice=40good.example=28?=",
        "=?utf-8?Q?alice=40good.example?==?utf-8?Q?=0D=0A?=",
    ],
)
def test_an_encoded_word_in_an_address_stays_as_it_is(local: str, wrapped: str) -> None:
    address = f"{local}@evil.example"
    assert [one for _, one in addresses(wrapped.format(address))] == [address]


def test_an_encoded_address_is_only_ever_a_name() -> None:
    assert addresses("=?utf-8?Q?alice=40good.example?= <bob@evil.example>") == [
        ("alice@good.example", "bob@evil.example")
    ]


def test_a_flood_of_addresses_is_cut() -> None:
    assert len(addresses("a@b," * 20_000)) == 5_000


@given(st.text(st.sampled_from('"\\()<>@,;: =?utf-8QB_\n\udc80a.') | st.characters(codec=None)))
def test_no_field_raises_or_keeps_a_lone_surrogate(field: str) -> None:
    for name, address in addresses(field):
        f"{name}{address}".encode()


PIECES = (
    "Jo", " ", "Doe", ",", "<jo@x.example>", "<", ">", "a@y.e", '"Doe, Jo"', '"', "=?utf-8?Q?J=C3=B6?=",
    "=?u?q?a", "?=", "=?", "@", ":", ";", "<@r.example:jo@x.example>", "<root>", "=", "  ", "\t", "\\", "[",
    "ö",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12))
@example(["=?u?q?a <jo@x.example>,?=", " <b@y.example>"])
@example(['"=?u?q?=22?=" <jo@x.example>'])
def test_plain_writing_is_read_as_any_other(pieces: list[str]) -> None:
    field = "".join(pieces)
    assert addresses(field) == addresses(f"{field},()")  # the comment asks for the reader of every form
