"""What an HTML text would cost to parse, and its words where that is too much.

A tree builder is quadratic in open elements, and formatting elements left open are put again into every
block that follows, so a few kilobytes can ask for hours and gigabytes. What looks like that is not parsed:
its tags are taken off instead.
"""

import html
import re

OPEN_LIMIT = 1_500
"""Elements open at one time."""

REOPENED_LIMIT = 400_000
"""Formatting elements that a parser would put into later blocks again."""

ATTRIBUTES_LIMIT = 300
"""Attributes of one tag: a parser compares each with those before it."""


def tags(names: str) -> frozenset[str]:
    """Return the tags named in a list with spaces between."""
    return frozenset(names.split())


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = tags("area base br col embed hr img input link meta param source track wbr")
_ENDS_BY_ITSELF = tags("p li td th tr tbody thead tfoot dt dd option")
_FORMATTING = tags("a b big code em font i nobr s small strike strong tt u")
_CROWDED_TAG = re.compile(
    rf"""
    <[a-zA-Z][^\s/>]*+
    (?> [\s/]*+ [^\s/>] [^\s/>=]*+ (?: \s*+ = \s*+ (?: "[^"]*+" | '[^']*+' | [^\s>"'] [^\s>]*+ )? )?+
    ){{{ATTRIBUTES_LIMIT}}}
    """,
    re.VERBOSE,
)

_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|title)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_BREAK = re.compile(r"<(?:br|/?(?:p|div|h[1-6]|li|ul|ol|tr|table|blockquote|hr|pre))\b[^<>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"""</?[a-zA-Z!?](?:(?:"[^"]*+"|'[^']*+'|[^"'<>])*+>|[^<>]*+>)""")
_SPACES = re.compile(r"[ \t\u00a0]+")
_BLANKS = re.compile(r"\s*\n\s*\n\s*")


def too_much(text: str) -> bool:
    """Tell whether a tree builder could choke on this text."""
    depth = formatting = reopened = 0
    for closing, written in _TAG.findall(text):
        tag = written.lower()
        if tag in _VOID:
            continue
        step = -1 if closing else 1
        if tag in _FORMATTING:
            formatting = max(formatting + step, 0)
        elif not closing:
            reopened += formatting
        if tag not in _ENDS_BY_ITSELF:
            depth = max(depth + step, 0)
        if depth > OPEN_LIMIT or reopened > REOPENED_LIMIT:
            return True
    return _CROWDED_TAG.search(text) is not None


def words_of(text: str) -> str:
    """Return an HTML text without its tags, in lines."""
    text = _BREAK.sub("\n", _UNSEEN.sub(" ", text))
    text = html.unescape(_ANY_TAG.sub(" ", text))
    return _BLANKS.sub("\n\n", _SPACES.sub(" ", text)).strip()
