"""What a letter may be asked about before it leaves: pure functions of the draft and of who is known.

A letter that nothing is odd about is never asked about. Quotes and the signature are not the writer's words.
"""

import re
from collections.abc import Collection, Iterator

from tui_mail.mime.letters import Recipients, sound
from tui_mail.mime.markdown import SIGNATURE
from tui_mail.model.draft import Doubt, DoubtKind, Draft, Enclosure, Origin
from tui_mail.model.safe_text import safe_identity, safe_text

MANY = 10
"""Recipients of an answer from which on it is asked whether all of them are meant."""

LARGE = 10 << 20
"""Octets of a letter from which on many servers refuse it."""

MADE_OF = 100_000
"""Characters of a text that are looked at."""

_FORWARDED = re.compile(
    r"^-{6,} ?(?:Forwarded message|Original Message) ?-{6,}$", re.MULTILINE | re.IGNORECASE
)
_ATTACHED = re.compile(
    r"\b(?:attach(?:ed|ment|ments|ing)|enclosed|enclosure"
    r"|anhang|angehängt\w*|anhänge|anbei|beigefügt\w*|beiliegend\w*|anlagen?|im attachment"
    r"|pièces? jointes?|ci-joint\w*|en annexe|en attache"
    r"|adjunt[oa]s?|adjuntamos|archivo adjunto"
    r"|allegat[oiae]|allego|in allegato"
    r"|em anexo|anex[oa]s?|segue anexo"
    r"|bijlagen?|bijgevoegd\w*|bijgesloten"
    r"|bifoga[rdst]*|bilag(?:a|or|an|ede?)|vedhæft\w+|vedlagt\w*|vedlegg\w*"
    r"|liitteenä|liite|liitetiedosto\w*"
    r"|załączni\w+|załącza\w+|w załączeniu|přílo[hz]\w+|v příloze|csatol\w+|mellékel\w+|ataşat\w*|atașat\w*"
    r"|вложени\w+|во вложении|прикреп\w+|прилага\w+|додат(?:ок|ку)|ekte|ekli)\b"
    r"|添付|附件|첨부",
    re.IGNORECASE,
)
_NOT_ATTACHED = re.compile(
    r"\b(?:without (?:an )?attachment|no attachments?|ohne anhang|sans pièce jointe)\b", re.I
)
_CONFUSED = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "-": "", ".": "", "_": ""})
_SHORTEST = 5
"""Characters of a name that one letter more or less makes no other of."""


def about_recipients(named: Recipients, draft: Draft) -> Iterator[Doubt]:
    """Yield what is odd about whom a letter goes to."""
    if not named.all:
        yield Doubt(DoubtKind.NO_RECIPIENT, "It has no recipient")
    for name, address in named.all:
        if not sound((name, address)):
            yield Doubt(DoubtKind.BAD_ADDRESS, f"“{safe_text(address or name, 80)}” is no address")
    if draft.origin is Origin.REPLY and len(named.all) >= MANY:
        yield Doubt(DoubtKind.MANY_RECIPIENTS, f"It goes to {len(named.all)} people")


def about_text(draft: Draft) -> Iterator[Doubt]:
    """Yield what is missing in a letter."""
    if draft.origin is Origin.REDIRECT:
        return
    own = own_words(draft.text)
    if not draft.subject.strip():
        yield Doubt(DoubtKind.NO_SUBJECT, "It has no subject")
    if not own.strip() and draft.origin is not Origin.FORWARD and not draft.enclosures:
        yield Doubt(DoubtKind.NO_TEXT, "It has no text of yours")
    if not draft.enclosures and (
        word := promised(f"{draft.subject if draft.origin is Origin.NEW else ''}\n{own}")
    ):
        yield Doubt(
            DoubtKind.FORGOTTEN_ATTACHMENT, f"It says “{safe_text(word, 40)}”, but nothing is attached"
        )


def about_size(draft: Draft, limit: int | None, lost: Collection[Enclosure]) -> Iterator[Doubt]:
    """Yield what is odd about what is attached; `limit` is what the server takes, None: not known."""
    for one in lost:
        yield Doubt(DoubtKind.UNREADABLE_ATTACHMENT, f"{safe_identity(one.name)} can no longer be read")
    size = sum(one.size * 4 // 3 + one.size // 38 for one in draft.enclosures) + 2 * len(draft.text) + 2_000
    if limit and size > limit:
        told = f"It takes {_size(size)}, and the server takes {_size(limit)} at most"
        yield Doubt(DoubtKind.TOO_LARGE, told)
    elif size > LARGE:
        yield Doubt(DoubtKind.LARGE, f"It takes {_size(size)}, which many servers refuse")


def look_alikes(strangers: Collection[str], written_to: Collection[str]) -> Iterator[Doubt]:
    """Yield a doubt for each address never written to that looks like one that was; all in lower case."""
    if not strangers:
        return
    by_domain: dict[str, list[str]] = {}
    by_local: dict[str, list[str]] = {}
    for known in written_to:
        local, _, domain = known.rpartition("@")
        by_domain.setdefault(domain, []).append(local)
        by_local.setdefault(local, []).append(domain)
    for address in strangers:
        local, _, domain = address.rpartition("@")
        twin = next((f"{local}@{one}" for one in by_local.get(local, ()) if alike(one, domain)), None)
        twin = twin or next(
            (f"{one}@{domain}" for one in by_domain.get(domain, ()) if alike(one, local)), None
        )
        if twin:
            told = f"You never wrote to {safe_identity(address)}; it looks like {safe_identity(twin)}"
            yield Doubt(DoubtKind.LOOK_ALIKE, told)


def alike(one: str, other: str) -> bool:
    """Tell whether two names that differ could be taken for each other: by look, or by one slip of a key."""
    if one == other:
        return False
    if one.translate(_CONFUSED).replace("rn", "m") == other.translate(_CONFUSED).replace("rn", "m"):
        return True
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    one, other = one[start:], other[start:]
    if (one[:1] + other[:1]).strip("0123456789") == "" and len(one) == len(other):
        return False  # team1 and team2 are two
    swapped = one[:2] == other[1::-1] and one[2:] == other[2:]
    return swapped or one[1:] == other[1:] or one[1:] == other or one == other[1:]


def own_words(text: str) -> str:
    """Return what the writer wrote of a text: no quotes nor lines above them, no signature, no forwards."""
    text = f"\n{text[:MADE_OF]}".partition(SIGNATURE)[0]
    if found := _FORWARDED.search(text):
        text = text[: found.start()]
    lines = text.split("\n")
    kept = []
    for n, line in enumerate(lines):
        introduces = line.rstrip().endswith(":") and n + 1 < len(lines) and lines[n + 1].startswith(">")
        if not line.startswith(">") and not introduces:
            kept.append(line)
    return "\n".join(kept)


def promised(words: str) -> str:
    """Return the word by which a text says that something is attached, or ""."""
    found = _ATTACHED.search(_NOT_ATTACHED.sub("", words))
    return found[0] if found else ""


def _size(octets: int) -> str:
    return f"{octets / (1 << 20):.1f} MB" if octets >= 1 << 20 else f"{max(octets >> 10, 1)} kB"
