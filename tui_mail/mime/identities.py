"""As whom a person writes: identities, their patterns, and the address that a message was sent to.

An address means an identity when it is its own, when it has a tag behind a "+" (RFC 5233), or when one of the
identity's patterns fits. Addresses are compared without regard to capitals, which no server in use tells
apart.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tui_mail.mime.addresses import addresses
from tui_mail.model.identity import Identity

Owned = tuple[int, Identity]
"""An identity with the account that it belongs to."""

_ASKED = ("x-original-to", "envelope-to", "to", "cc", "resent-to", "delivered-to", "x-delivered-to")
"""Fields that tell whom a message was sent to. Delivered-To names the mailbox, often not the alias: late."""

_SOUND = re.compile(r"[^\s\x00-\x1f\x7f-\x9f<>,;\"]+")


def same(one: str, other: str) -> bool:
    """Tell whether two addresses are one."""
    return one.casefold() == other.casefold()


def means(identity: Identity, address: str) -> bool:
    """Tell whether an address means an identity."""
    if same(address, identity.address) or same(_untagged(address), identity.address):
        return True
    return any(_fits(pattern, address) for pattern in identity.patterns)


def own(identities: Iterable[Identity], address: str) -> bool:
    """Tell whether an address means one of these identities."""
    return any(means(identity, address) for identity in identities)


def writing_as(identities: Iterable[Identity], sender: str) -> Identity | None:
    """Return the identity that writes as an address, with that address; None where none does."""
    found = _meant(list(identities), sender)
    return None if found is None else replace(found, address=sender)


def sent_to(owned: Sequence[Owned], account: int, fields: Iterable[tuple[str, str]]) -> Owned:
    """Return the identity that a message of an account was sent to, with the very address.

    Identities of other accounts count where no one of the message's own fits; else the account's first.
    """
    asked = [(name.lower(), value) for name, value in fields]
    there = [
        address
        for wanted in _ASKED
        for name, value in asked
        if name == wanted
        for _, address in addresses(value)
        if _SOUND.fullmatch(address)
    ]
    mine = [one for one in owned if one[0] == account]
    for choice in (mine, owned):
        for address in there:
            found = _meant([identity for _, identity in choice], address)
            if found is not None:
                owner = next(id for id, identity in choice if identity is found)
                return owner, replace(
                    found, address=found.address if same(address, found.address) else address
                )
    return (mine or owned)[0]


def _meant(identities: Sequence[Identity], address: str) -> Identity | None:
    exact = (one for one in identities if same(address, one.address))
    return next(exact, None) or next((one for one in identities if means(one, address)), None)


def _untagged(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _fits(pattern: str, address: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), address, re.IGNORECASE) is not None
