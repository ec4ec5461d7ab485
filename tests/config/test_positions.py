"""Where keys stand in a TOML text."""

import tomllib
from typing import Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.config.positions import positions

TEXT = '''# a comment = with an equals sign
[settings]  # [not.a.table]
theme = "a # b = c"
"quoted key" = """
fake = 1
[fake.table]
"""
literal = \'\'\'
also = "fake" \'\'\'
list = [
  "x = 1",   # y = 2
  { in_list = 1 },
]
dotted . key = 1979-05-27 07:32:00

[account."a.b".imap]
host = 'h'
[account.work]
imap = { host = "x}", port = 1, deep = { er = [1, 2] } }
[[many]]
a = 1
[[many]]
b = """x""""
'''


def test_each_key_is_found_on_its_line_and_nothing_inside_strings_is_taken_for_a_key() -> None:
    found = positions(TEXT)
    assert found == {
        ("settings",): 2,
        ("settings", "theme"): 3,
        ("settings", "quoted key"): 4,
        ("settings", "literal"): 8,
        ("settings", "list"): 10,
        ("settings", "list", "in_list"): 12,
        ("settings", "dotted"): 14,
        ("settings", "dotted", "key"): 14,
        ("account",): 16,
        ("account", "a.b"): 16,
        ("account", "a.b", "imap"): 16,
        ("account", "a.b", "imap", "host"): 17,
        ("account", "work"): 18,
        ("account", "work", "imap"): 19,
        ("account", "work", "imap", "host"): 19,
        ("account", "work", "imap", "port"): 19,
        ("account", "work", "imap", "deep"): 19,
        ("account", "work", "imap", "deep", "er"): 19,
        ("many",): 20,
        ("many", "a"): 21,
        ("many", "b"): 23,
        ("many", 1): 20,
        ("many", 1, "a"): 21,
        ("many", 2): 22,
        ("many", 2, "b"): 23,
    }
    assert positions(TEXT.replace("\n", "\r\n")) == found


def every_key(value: object, above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if isinstance(value, list):
        return set().union(*(every_key(item, above) for item in value))
    if not isinstance(value, dict):
        return set()
    inner = [{(*above, key)} | every_key(item, (*above, key)) for key, item in value.items()]
    return set().union(*inner)


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t'\"\\#=[]{},.")
)
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(words, values, max_size=4))
def test_whatever_a_writer_makes_has_every_key_placed_once(table: dict[str, Any]) -> None:
    text = tomlkit.dumps(table)
    found = positions(text)
    assert {key for key in found if all(isinstance(part, str) for part in key)} == every_key(
        tomllib.loads(text)
    )
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())
