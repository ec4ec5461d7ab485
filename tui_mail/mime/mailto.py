"""mailto: URIs (RFC 6068): whom to write to, and about what. Nothing else of them is believed.

They come from web pages and letters of strangers. Fields beyond `_FIELDS` are dropped, so none attaches a
file, sets a sender or sends; what is taken is shown in the composer before anything happens with it.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from tui_mail.mime.fields import clean

LENGTH_LIMIT = 1 << 16
"""Characters of a URI that are read."""

_FIELDS = ("to", "cc", "bcc", "subject", "body", "in-reply-to", "references")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_ID = re.compile(r"<?([^<>\s,]+@[^<>\s,]+)>?")


@dataclass(frozen=True, slots=True)
class Mailto:
    """What a mailto: URI asks for."""

    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    body: str = ""
    in_reply_to: str = ""
    """Without brackets."""
    references: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    """Names of fields that were asked for and are not taken."""


def parse(uri: str) -> Mailto:
    """Read a URI; raises ValueError for one that is no mailto:."""
    scheme, colon, rest = uri[:LENGTH_LIMIT].strip().partition(":")
    if not colon or scheme.lower() != "mailto":
        raise ValueError("That is no mailto: address")
    path, _, query = rest.partition("?")
    found: dict[str, list[str]] = {name: [] for name in _FIELDS}
    dropped: list[str] = []
    if path.strip("/"):
        found["to"].append(_decoded(path.removeprefix("//")))
    for pair in query.partition("#")[0].split("&"):
        name, equals, value = pair.partition("=")
        name = _decoded(name.removeprefix("amp;")).strip().lower()
        if name in found and equals:
            found[name].append(_decoded(value))
        elif name:
            dropped.append(name[:40])
    ids = [id for value in (*found["references"], *found["in-reply-to"]) for id in _ID.findall(value)]
    parent = next(iter(_ID.findall(" ".join(found["in-reply-to"]))), "")
    return Mailto(
        to=_people(found["to"]),
        cc=_people(found["cc"]),
        bcc=_people(found["bcc"]),
        subject=clean(" ".join(found["subject"][:1])),
        body="\n".join(_body(value) for value in found["body"]),
        in_reply_to=clean(parent),
        references=tuple(dict.fromkeys(ids)),
        dropped=tuple(dropped),
    )


def _decoded(value: str) -> str:
    return unquote(value, "utf-8", "replace")


def _people(values: list[str]) -> str:
    return ", ".join(kept for value in values if (kept := clean(value).strip(" ,")))


def _body(value: str) -> str:
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", value.replace("\t", "    ")))
