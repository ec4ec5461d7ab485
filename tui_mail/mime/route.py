"""The route of a message, read from its Received fields (RFC 5321, 4.4; RFC 3848): pure, and never raises.

Every server writes above those before it, so the order of travel is from the last field to the first. The
topmost are those of our own provider; whatever stands below a stranger's may be made up.
"""

import re
from collections.abc import Iterator

from tui_mail.mime.dates import parse_date
from tui_mail.mime.headers import fields, first_value
from tui_mail.model.route import Hop, Route
from tui_mail.model.safe_text import SafeText, safe_identity

HOPS_LIMIT = 50
"""Hops of a route that are told."""

_FIELD_LIMIT = 2_000
"""Characters of one field that are looked at."""
_WORD_LIMIT = 120
_CLAUSES = ("from", "by", "with", "id", "via", "for")
_ENCRYPTED = re.compile(r"(?:UTF8)?(?:E?SMTP|LMTP)S(A?)", re.IGNORECASE)
_SIGNED_IN = re.compile(r"(?:UTF8)?E?SMTPS?A|(?:UTF8)?LMTPS?A|HTTPS?", re.IGNORECASE)
_TLS = re.compile(r"\b(?:TLS|SSL)[ _]?v?\d|version=TLS|cipher", re.IGNORECASE)
_ADDRESS = re.compile(r"\[?((?:\d{1,3}\.){3}\d{1,3}|(?:IPv6:)?[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})\]?")


def route(raw: bytes) -> Route:
    """Return the route of a message as it arrived, or of its header block."""
    found = fields(raw)
    values = [value[:_FIELD_LIMIT] for name, value in found if name.lower() == "received"][::-1]
    hops: list[Hop] = []
    before: int | None = None
    for value in values[-HOPS_LIMIT:]:  # the newest are the ones to be believed
        hop = _hop(value, before)
        before = hop.at if hop.at is not None else before
        hops.append(hop)
    left_out = max(0, len(values) - HOPS_LIMIT)
    return Route(tuple(hops), parse_date(first_value(found, "date")), left_out)


def _hop(value: str, before: int | None) -> Hop:
    told, _, date = value.rpartition(";")
    at = parse_date(date)
    clauses = _clauses(told or value)
    from_word, from_remark = clauses.get("from", ("", ""))
    protocol = clauses.get("with", ("", ""))[0]
    remarks = " ".join(remark for _, remark in clauses.values())
    address = _ADDRESS.search(from_remark) or _ADDRESS.fullmatch(from_word)
    return Hop(
        by=_safe(clauses.get("by", ("", ""))[0]),
        came_from=_safe(from_word.strip("[]") if address else from_word),
        address=_safe(address[1].removeprefix("IPv6:") if address else ""),
        protocol=_safe(protocol),
        encrypted=bool(_ENCRYPTED.fullmatch(protocol) or _TLS.search(remarks)),
        signed_in=bool(_SIGNED_IN.fullmatch(protocol)),
        queue_id=_safe(clauses.get("id", ("", ""))[0].strip("<>")),
        at=at,
        took=None if at is None or before is None else at - before,
    )


def _safe(word: str) -> SafeText:
    return safe_identity(word, _WORD_LIMIT)


def _clauses(told: str) -> dict[str, tuple[str, str]]:
    """Return the word of each clause, and the remarks in brackets behind it; the first of each counts."""
    found: dict[str, tuple[str, str]] = {}
    clause = ""
    for word, is_remark in _words(told):
        if is_remark:
            if clause in found:
                name, remark = found[clause]
                found[clause] = (name, f"{remark} {word}".strip())
        elif word.lower() in _CLAUSES and (not clause or clause in found):
            clause = word.lower() if word.lower() not in found else ""
        elif clause and clause not in found:
            found[clause] = (word, "")
    return found


def _words(told: str) -> Iterator[tuple[str, bool]]:
    """Yield words, and whether one is a remark in brackets, which may hold others (RFC 5322, 3.2.2)."""
    depth, start = 0, 0
    for at, char in enumerate(told):
        if char == "(":
            if depth == 0:
                yield from ((word, False) for word in told[start:at].split())
                start = at + 1
            depth += 1
        elif char == ")" and depth:
            depth -= 1
            if depth == 0:
                yield told[start:at], True
                start = at + 1
    rest = told[start:]
    if depth:
        yield rest, True  # a bracket that nobody closed
    else:
        yield from ((word, False) for word in rest.split())
