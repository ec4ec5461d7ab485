"""Targets of links: http, https and mailto only, in printable ASCII; and addresses found in running text."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from tui_mail.model.document import Run, Style
from tui_mail.model.safe_text import SafeText, safe_body, safe_identity

TARGET_LIMIT = 8_192
"""Characters of a target; a longer one is no link."""

LINKS_LIMIT = 10_000
"""Links of one document; later ones are plain text."""

_IGNORED = re.compile(r"[\t\r\n]|^[\x00-\x20]+|[\x00-\x20]+$")
_WEB = re.compile(r"(https?):/{0,4}((?:[^/?#@]*@)?)([^/?#]+)(.*)", re.IGNORECASE | re.DOTALL)
_MAILTO = re.compile(r"mailto:(.+)", re.IGNORECASE | re.DOTALL)
_KEPT = "!#$%&'()*+,/:;=?@[]~"
_IN_TEXT = re.compile(r"""(?:https?://|mailto:)[^\s<>"\x00-\x1f\x7f-\x9f]{1,2048}""", re.IGNORECASE)
_CLOSERS = {")": "(", "]": "[", "}": "{"}


class Links:
    """The numbered targets of one document; equal targets share a number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, address: str) -> int:
        """Return the number of a link to `address`, or 0 where it may not be one."""
        target = link_target(address)
        if target is None:
            return 0
        if target not in self._numbers and len(self._numbers) == LINKS_LIMIT:
            return 0
        return self._numbers.setdefault(target, len(self._numbers) + 1)

    def targets(self) -> tuple[SafeText, ...]:
        """Return all targets in the order of their numbers."""
        return tuple(safe_identity(target, TARGET_LIMIT) for target in self._numbers)


def link_target(address: str) -> str | None:
    """Return where a link leads, percent-encoded, or None for anything but http, https and mailto."""
    if len(address) > TARGET_LIMIT:
        return None
    address = _IGNORED.sub("", address)
    if found := _MAILTO.fullmatch(address):
        target = f"mailto:{_encoded(found[1])}"
    elif found := _WEB.fullmatch(address):
        host = _host(found[3])
        if host is None:
            return None
        target = f"{found[1].lower()}://{_encoded(found[2])}{host}{_encoded(found[4])}"
    else:
        return None
    return target if len(target) <= TARGET_LIMIT else None


def linked(text: SafeText, links: Links, style: Style = Style.PLAIN) -> Iterator[Run]:
    """Yield the runs of a text in which addresses became links."""
    done = 0
    for found in _IN_TEXT.finditer(text):
        address = _without_tail(found[0])
        number = links.number(address)
        if not number:
            continue
        if found.start() > done:
            yield Run(safe_body(text[done : found.start()]), style)
        done = found.start() + len(address)
        yield Run(safe_body(address), style, number)
    if done < len(text):
        yield Run(safe_body(text[done:]), style)


def _encoded(part: str) -> str:
    return quote(part, safe=_KEPT, errors="replace")


def _host(written: str) -> str | None:
    """Return a host (and port) in ASCII; letters of other alphabets become their IDNA form."""
    if len(written) > 260:
        return None
    if not written.isascii():
        try:
            written = ".".join(_label(label) for label in written.split("."))
        except UnicodeError:
            return None
    return None if re.search(r"[\x00-\x20\x7f<>\"\\^`{|}]", written) else written.lower()


def _label(label: str) -> str:
    return label if label.isascii() else label.encode("idna").decode("ascii")


def _without_tail(address: str) -> str:
    """Cut off the punctuation of the sentence around an address; brackets that it opened itself stay."""
    spare = {closer: address.count(closer) - address.count(opener) for closer, opener in _CLOSERS.items()}
    end = len(address)
    while end:
        last = address[end - 1]
        if last in _CLOSERS:
            if spare[last] <= 0:
                break
            spare[last] -= 1
        elif last not in ".,;:!?'*_…»”’":
            break
        end -= 1
    return address[:end]
