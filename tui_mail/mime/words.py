"""Words for the full-text index and for looking them up in it: both sides go through `spaced`.

The index takes letters and digits between other characters for a word (unicode61 of FTS5). Scripts that put
no space between words would make one word of a sentence, so their runs are cut into overlapping pairs, and
the last character stands alone: each character begins a word, and a phrase of pairs is found anywhere.
"""

import re
import unicodedata

from tui_mail.mime.parse import Content

EXTRACTOR = 1
"""Version of these rules: an index made by another is made anew."""

TEXT_LIMIT = 1 << 19
"""Characters of one text that are indexed."""

_RUN = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff]+"
)
"""Han, kana and Hangul."""


def spaced(text: str) -> str:
    """Return a text whose words the index can tell apart."""
    return text if text.isascii() else _RUN.sub(_pairs, text)


def _pairs(run: "re.Match[str]") -> str:
    text = run[0]
    return " " + " ".join(text[n : n + 2] for n in range(len(text))) + " "


def looked_up(word: str) -> tuple[str, bool]:
    """Return what to look up for a word, and whether its last part may go on; "" where it holds no word."""
    if not any(unicodedata.category(one)[0] in "LN" or unicodedata.category(one) == "Co" for one in word):
        return "", False
    if word.isascii():
        return word, False
    runs = list(_RUN.finditer(word))
    if not runs or runs[-1].end() < len(word):
        return spaced(word).strip(), False
    last = runs[-1][0]
    if len(last) == 1:
        return spaced(word).strip(), True
    return spaced(word).strip().removesuffix(f" {last[-1]}"), False  # the text may go on behind it


def text_of(content: Content) -> str:
    """Return the text of a letter for the index."""
    parts: list[str] = []
    length = 0
    for block in content.document.blocks:
        parts += [run.text for run in block.runs]
        parts.append("\n")
        length += sum(len(run.text) for run in block.runs)
        if length > TEXT_LIMIT:
            break
    return spaced("".join(parts)[:TEXT_LIMIT])


def names_of(content: Content) -> str:
    """Return the names of a letter's attachments for the index."""
    return spaced("\n".join(attachment.name for attachment in content.attachments))
