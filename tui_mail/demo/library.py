"""Reads the letters of the demo from `letters/*.toml`.

A file holds conversations; each has an account, a subject, and letters in their order. What can be told
from the rest is left out there: an answer goes to everyone before it, gets "Re:", quotes the letter that it
answers, and a letter by the person of the demo lies in Sent.

    [[conversation]]
    account = "work"
    subject = "Lamps for the east pier"

    [[conversation.letter]]
    from = "jonas"
    when = "3d 09:40"
    text = '''…'''
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

_FOLDER = files(__package__).joinpath("letters")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One letter as it was written down."""

    sender: str
    """Key of a person."""
    when: str
    """See `almanac`."""
    text: str = ""
    subject: str = ""
    """Only where it differs from that of the conversation."""
    to: tuple[str, ...] = ()
    """Keys of people; empty: the account, or for an answer everyone in the conversation."""
    cc: tuple[str, ...] = ()
    folder: str = ""
    """Only where it is not that of the conversation (or Sent)."""
    unread: bool = False
    starred: bool = False
    flags: tuple[str, ...] = ()
    """Flags and keywords beyond those."""
    quote: str = "below"
    """How an answer quotes: "below" the text, "above" it, or "none" (or by hand, in the text)."""
    html: str = ""
    """Name of a file in letters/html; it makes the letter multipart/alternative."""
    fill: dict[str, str] = field(default_factory=dict)
    """What stands for the `$slots` of the HTML."""
    attach: tuple[dict[str, Any], ...] = ()
    """See `attachments`."""
    raw: str = ""
    """The whole message by hand, header and all; `{date}` and `{id}` are filled in."""
    charset: str = "utf-8"
    """How the raw message is turned into octets."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Letters that belong together."""

    key: str
    """Unique, for Message-IDs."""
    account: str
    subject: str
    letters: tuple[Sheet, ...]
    folder: str = "INBOX"
    lang: str = "en"
    mailing_list: str = ""
    """Key of a mailing list of `writing`; then everything goes to its address."""
    people: tuple[str, ...] = ()
    """Further people whom every letter goes to."""


@cache
def conversations() -> tuple[Conversation, ...]:
    """Every conversation written by hand."""
    return tuple(found for name in ("work", "home", "lists", "sundries", "junk") for found in _read(name))


@cache
def arrivals() -> tuple[Conversation, ...]:
    """Letters that come in while the demo is open; their times say nothing."""
    return tuple(_read("arrivals"))


@cache
def topics() -> list[dict[str, Any]]:
    """Building blocks of older letters, for `older`."""
    found: list[dict[str, Any]] = tomllib.loads(_text("older.toml"))["topic"]
    return found


@cache
def page(name: str) -> str:
    """An HTML letter with its slots still open."""
    return _text(f"html/{name}.html")


def _text(path: str) -> str:
    return _FOLDER.joinpath(path).read_text(encoding="utf-8")


def _read(name: str) -> list[Conversation]:
    entries: list[dict[str, Any]] = tomllib.loads(_text(f"{name}.toml"))["conversation"]
    return [_conversation(f"{name}-{number}", entry) for number, entry in enumerate(entries)]


def _conversation(key: str, entry: dict[str, Any]) -> Conversation:
    values = _hashable(entry)
    letters = tuple(_sheet(letter) for letter in entry["letter"])
    del values["letter"]
    return Conversation(key=key, letters=letters, **values)


def _sheet(entry: dict[str, Any]) -> Sheet:
    values = _hashable(entry)
    return Sheet(sender=values.pop("from"), **values)


def _hashable(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
