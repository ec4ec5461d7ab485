"""What may stand in the tables of the configuration file: the type of each value, and its rule for people."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from tui_mail.model.account import Compression, Security
from tui_mail.model.identity import Identity, SentCopy
from tui_mail.model.settings import Density, How, Layout, Settings

Name = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]*$")]
Word = Annotated[str, msgspec.Meta(pattern=r"^[^\s\x00-\x1f\x7f]+$")]
Email = Annotated[str, msgspec.Meta(pattern=r"^[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+$")]
Host = Annotated[str, msgspec.Meta(pattern=r"^[^\s/@\[\]\x00-\x1f\x7f]+$")]
Megabytes = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Days = Annotated[int, msgspec.Meta(ge=0, le=36500)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Lines = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]
Pattern = Annotated[str, msgspec.Meta(pattern=r"^[^\s@\x00-\x1f\x7f]*@[^\s@\x00-\x1f\x7f]+$")]
Command = Text | Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]
Hours = Annotated[
    str, msgspec.Meta(pattern=r"^(([01]?[0-9]|2[0-3]):[0-5][0-9]-([01]?[0-9]|2[0-3]):[0-5][0-9])?$")
]
AccountKey = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]

IMAP_PORT = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}
"""The port of IMAP by how it is protected (RFC 8314, 3.2)."""
SMTP_PORT = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}
"""The port that takes letters (RFC 8314, 3.3; RFC 6409); without TLS that of a server on this machine."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key that a table may hold."""

    type: Any
    """What `msgspec` converts its value to."""
    rule: str
    """Completes "must be …"."""
    required: bool = False


def _words(kind: type[StrEnum]) -> str:
    return "one of " + ", ".join(f'"{word}"' for word in kind)


TOP = {
    "account": Key(dict[str, Any], "a table of accounts, such as [account.work]"),
    "settings": Key(dict[str, Any], "a table, [settings]"),
    "keys": Key(dict[str, Any], "a table, [keys]"),
    "notify": Key(dict[str, Any], "a table, [notify]"),
}
ACCOUNT = {
    "email": Key(Email, 'an address such as "ada@example.org"', required=True),
    "name": Key(Name, "a text in quotes, on one line"),
    "username": Key(Name, "a text in quotes, on one line"),
    "password_command": Key(Command, "a text for the shell, or a list of texts to execute"),
    "token_command": Key(Command, "a text for the shell, or a list of texts to execute"),
    "ca_file": Key(Text, "the path of a file, in quotes"),
    "compress": Key(Compression, _words(Compression)),
    "keep_days": Key(Days, "a whole number of days, 0 to 36500"),
    "imap": Key(dict[str, Any], 'a table such as { host = "imap.example.org" }', required=True),
    "smtp": Key(dict[str, Any], 'a table such as { host = "smtp.example.org" }'),
    "signature": Key(Lines, "a text in quotes"),
    "sent_copy": Key(SentCopy, _words(SentCopy)),
    "identity": Key(list[dict[str, Any]], "a list of tables, each [[account.work.identity]]"),
}
IDENTITY = {
    "address": Key(Email, 'an address such as "ada@example.org"', required=True),
    "name": Key(Name, "a text in quotes, on one line"),
    "patterns": Key(tuple[Pattern, ...], 'a list of addresses such as ["*@example.org"]'),
    "reply_to": Key(Email, 'an address such as "ada@example.org"'),
    "signature": Key(Lines, "a text in quotes"),
    "sent": Key(Name, "the name of a folder, in quotes"),
    "drafts": Key(Name, "the name of a folder, in quotes"),
}
SERVER = {
    "host": Key(Host, 'the name of a server such as "imap.example.org", without "imap://"', required=True),
    "port": Key(Port, "a whole number from 1 to 65535, without quotes"),
    "security": Key(Security, _words(Security)),
}
SETTINGS = {
    "theme": Key(Name, "the name of a theme, in quotes"),
    "layout": Key(Layout, _words(Layout)),
    "density": Key(Density, _words(Density)),
    "ascii": Key(bool, "true or false"),
    "mark_read_after": Key(float, "a number of seconds, without quotes"),
    "disk_limit": Key(Megabytes, "a whole number of megabytes, or 0 for no limit"),
}
NOTIFY = {
    "how": Key(How, _words(How)),
    "folders": Key(tuple[Name, ...], 'a list of names such as ["inbox", "work/Projects"], or ["*"]'),
    "quiet": Key(Hours, 'hours such as "22:00-07:00", or "" for none'),
}
assert SETTINGS.keys() | {"keys", "notify"} == {each.name for each in fields(Settings)}
assert IDENTITY.keys() == {each.name for each in fields(Identity)}
