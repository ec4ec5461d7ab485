"""Where the words of a search stand in a text, found as the index finds them: without case and accents."""

import unicodedata
from collections.abc import Iterator, Sequence

from tui_mail.model.safe_text import SafeText


def folded(text: str) -> str:
    """Return a text without case and accents, as many characters long as it was."""
    if text.isascii():
        return text.lower()
    return "".join(map(_plain, text))


def _plain(letter: str) -> str:
    plain = unicodedata.normalize("NFD", letter)[0].casefold()
    return plain if len(plain) == 1 else letter


def parted(text: SafeText, words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a text, and whether a word that was looked for begins there; `words` are folded."""
    plain, at = folded(text), 0
    for start, end in _spans(plain, words):
        if start > at:
            yield text[at:start], False
        if end > max(start, at):
            yield text[max(start, at) : end], True
        at = max(at, end)
    if at < len(text):
        yield text[at:], False


def _spans(plain: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the words stand, at the beginning of a word of the text."""
    found = []
    for word in words:
        start = plain.find(word) if word else -1
        while start >= 0:
            if start == 0 or not plain[start - 1].isalnum() or not word[0].isascii():
                found.append((start, start + len(word)))
            start = plain.find(word, start + len(word))
    return sorted(found)
