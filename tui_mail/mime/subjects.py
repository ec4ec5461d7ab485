"""Subjects of answers (RFC 5322, 3.6.5): one "Re: " or "Fwd: ", whatever programs of other tongues put."""

import re

_ANSWERED = "re|aw|antw|antwort|sv|vs|ref|rif|res|odp|ynt|ats|ang|回复|回覆|答复|答覆|返信"
_PASSED_ON = "fwd?|wg|tr|vl|vb|vid|rv|enc|encaminhado|doorst|ilt|pd|转发|轉寄|転送"
_PREFIXES = re.compile(
    rf"(?:\s*(?:{_ANSWERED}|{_PASSED_ON})(?:\s?\[\d{{1,3}}\]|\s?\(\d{{1,3}}\)|\^\d{{1,3}})?\s?[:：]\s*)+",
    re.IGNORECASE,
)


def reply_subject(subject: str) -> str:
    """Return the subject of an answer."""
    return f"Re: {bare(subject)}".rstrip()


def forward_subject(subject: str) -> str:
    """Return the subject of what is passed on."""
    return f"Fwd: {bare(subject)}".rstrip()


def bare(subject: str) -> str:
    """Return a subject without what answers and forwards put before it."""
    found = _PREFIXES.match(subject)
    return subject[found.end() :].strip() if found else subject.strip()
