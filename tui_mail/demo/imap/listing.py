"""LIST and its kin: names, patterns, what is told of each (RFC 9051, 6.3.9; RFC 5258, 5819, 6154, 3348)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui_mail.demo.mailboxes import Mailbox, User
from tui_mail.imap.wire import Literal, astring, encode_name
from tui_mail.model.errors import ProtocolError

STATUS_ITEMS = ("MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ")
_SELECTION = frozenset(("SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"))
_RETURN = frozenset(("SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "STATUS"))
_PATTERNS = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """What a LIST command asks for."""

    patterns: tuple[str, ...]
    """Names with their reference in front; `*` matches anything, `%` anything within one level."""
    selection: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset()
    status: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.selection <= _SELECTION or not self.returns <= _RETURN:
            raise ProtocolError("an option of LIST is not known")
        if "RECURSIVEMATCH" in self.selection and self.selection <= {"RECURSIVEMATCH", "REMOTE"}:
            raise ProtocolError("RECURSIVEMATCH needs another option beside it")
        if len(self.patterns) > _PATTERNS:
            raise ProtocolError("too many patterns")


def wire_name(name: str) -> bytes:
    """A mailbox name as an argument of an answer."""
    written = astring(encode_name(name))
    return written.wire if isinstance(written, Literal) else written


def status_line(mailbox: Mailbox, items: Iterable[str]) -> bytes:
    """The STATUS answer for one mailbox."""
    known = {
        "MESSAGES": len(mailbox.messages),
        "RECENT": 0,
        "UIDNEXT": mailbox.uidnext,
        "UIDVALIDITY": mailbox.uidvalidity,
        "UNSEEN": mailbox.unseen(),
        "HIGHESTMODSEQ": mailbox.modseq,
    }
    words = " ".join(f"{item} {known[item]}" for item in items)
    return b"* STATUS %b (%b)\r\n" % (wire_name(mailbox.name), words.encode("ascii"))


def answers(user: User, wish: Wish, word: str = "LIST") -> Iterator[bytes]:
    """The lines that answer LIST or LSUB."""
    matching = [re.compile(_pattern(pattern, user.separator), re.DOTALL) for pattern in wish.patterns]
    matched = {name for name in _all_names(user) if any(p.fullmatch(name) for p in matching)}
    for name in sorted(matched, key=lambda found: (found != "INBOX", found)):
        selected = _is_selected(user, name, wish.selection)
        below = _selected_below(user, name, matched, wish.selection)
        if selected or below:
            attributes = " ".join(_attributes(user, name, wish))
            extra = b"".join([b' ("CHILDINFO" (', b" ".join(below), b"))"]) if below else b""
            line = f'* {word} ({attributes}) "{user.separator}" '.encode("ascii")
            yield line + wire_name(name) + extra + b"\r\n"
            if wish.status and name in user.mailboxes:
                yield status_line(user.mailboxes[name], wish.status)


def _pattern(text: str, separator: str) -> str:
    level = f"[^{re.escape(separator)}]*"
    inside = {"*": ".*", "%": level}
    if text.upper() == "INBOX":
        text = "INBOX"
    # Neighbouring wildcards mean no more than the widest of them, and cost far less as one.
    text = re.sub(r"[*%]{2,}", lambda run: "*" if "*" in run[0] else "%", text)
    return "".join(inside.get(character, re.escape(character)) for character in text)


def _all_names(user: User) -> set[str]:
    names = {*user.mailboxes, *user.subscribed}
    for name in tuple(names):
        levels = name.split(user.separator)
        names.update(user.separator.join(levels[:count]) for count in range(1, len(levels)))
    return names


def _is_selected(user: User, name: str, selection: frozenset[str]) -> bool:
    if "SUBSCRIBED" in selection and name not in user.subscribed:
        return False
    if "SPECIAL-USE" in selection:
        return name in user.mailboxes and bool(user.mailboxes[name].use)
    return "SUBSCRIBED" in selection or name in user.mailboxes or bool(user.below(name))


def _selected_below(user: User, name: str, matched: set[str], selection: frozenset[str]) -> list[bytes]:
    if "RECURSIVEMATCH" not in selection:
        return []
    below = (
        other for other in user.subscribed | set(user.mailboxes) if other.startswith(name + user.separator)
    )
    if any(_is_selected(user, other, selection) for other in below if other not in matched):
        return [
            b'"%b"' % option.encode("ascii") for option in sorted(selection & {"SUBSCRIBED", "SPECIAL-USE"})
        ]
    return []


def _attributes(user: User, name: str, wish: Wish) -> Iterator[str]:
    if name not in user.mailboxes:
        yield "\\Noselect" if user.below(name) else "\\NonExistent"
    elif user.mailboxes[name].use:
        yield user.mailboxes[name].use
    yield "\\HasChildren" if user.below(name) else "\\HasNoChildren"
    if "SUBSCRIBED" in wish.returns | wish.selection and name in user.subscribed:
        yield "\\Subscribed"
