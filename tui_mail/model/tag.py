"""Tags: keywords that a person gives a meaning to (RFC 9051, 2.3.2; IANA, "IMAP and JMAP Keywords").

Keywords by which programs talk to each other are no tags. Five that Thunderbird writes have names there.
"""

from tui_mail.model.safe_text import SafeText, safe_text

NAMED = {
    "$label1": "important",
    "$label2": "work",
    "$label3": "personal",
    "$label4": "to-do",
    "$label5": "later",
}
"""Keywords in lower case that people know by another name."""
TECHNICAL = frozenset(("junk", "nonjunk", "notjunk", "forwarded", "redirected", "mdnsent", "receiptchecked"))
"""Keywords in lower case that say something to programs, beside all that begin with "$"."""


def tag_name(keyword: str) -> SafeText | None:
    """Return what a person calls a keyword; None where it is no tag."""
    lower = keyword.lower()
    if lower in NAMED:
        return SafeText(NAMED[lower])
    if lower.startswith(("$", "\\")) or lower in TECHNICAL or not keyword:
        return None
    return safe_text(keyword, 40)


def tag_keyword(name: str) -> str:
    """Return the keyword of a tag that a person named; blanks, which no keyword has, become hyphens."""
    by_name = {name: keyword for keyword, name in NAMED.items()}
    words = "-".join(name.split())
    return by_name.get(words.lower(), words)
