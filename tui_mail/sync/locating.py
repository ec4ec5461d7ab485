"""Finding messages in a mailbox by what they look like, where their UIDs are unknown or mean others by now.

A Message-ID is not unique: it counts together with the size. INTERNALDATE counts too in the mailbox where a
message has always been; on its way into another some servers make it anew.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

from tui_mail.imap.fetched import Fetched
from tui_mail.imap.session import Session
from tui_mail.imap.wire import format_set
from tui_mail.mime.headers import summary
from tui_mail.store.operations import Identity

SEARCHED = 50
"""Messages up to which each is searched for; more are found by looking at all there are."""

AT_ONCE = 2_000
"""UIDs whose looks one command asks for."""

FIELDS = ("Message-ID",)

_SEARCHABLE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,200}")


async def locate(
    session: Session, wanted: Mapping[int, Identity], taken: Set[int], *, since: int | None = None
) -> dict[int, int]:
    """Return the UIDs in the selected mailbox of messages that look as `wanted` tells, each UID once.

    UIDs that are `taken` belong to others. `since` is the UIDNEXT from which on messages came by a command
    of ours; without it they are looked for where they have always been.
    """
    lo = since or 1
    fetched: list[Fetched] = []
    if since is None and len(wanted) <= SEARCHED:
        found: set[int] = set()
        for one in wanted.values():
            found |= set(await session.search(_criteria(one)))
        if found:
            fetched = await session.fetch_list(format_set(found), FIELDS)
    else:
        fetched = await _all_from(session, lo)
    free = [one for one in fetched if one.uid >= lo and one.uid not in taken]
    return matches(wanted, free, by_date=since is None)


def _criteria(one: Identity) -> str:
    size = f"LARGER {max(one.size - 1, 0)} SMALLER {one.size + 1}"
    return f'{size} HEADER Message-ID "{one.message_id}"' if _SEARCHABLE.fullmatch(one.message_id) else size


async def _all_from(session: Session, lo: int) -> list[Fetched]:
    uids = sorted(await session.search(f"UID {lo}:*"))
    fetched: list[Fetched] = []
    for start in range(0, len(uids), AT_ONCE):
        fetched += await session.fetch_list(format_set(uids[start : start + AT_ONCE]), FIELDS)
    return fetched


def matches(wanted: Mapping[int, Identity], fetched: Iterable[Fetched], *, by_date: bool) -> dict[int, int]:
    """Give fetched messages to those that look like them; one without Message-ID needs its date anyway."""
    there: dict[tuple[str, int], list[Fetched]] = defaultdict(list)
    for one in sorted(fetched, key=lambda one: one.uid):
        there[summary(one.header or b"").message_id, one.size or 0].append(one)
    found: dict[int, int] = {}
    for message, identity in wanted.items():
        alike = there[identity.message_id, identity.size]
        dated = by_date or not identity.message_id
        for one in alike:
            if not dated or not identity.internal_date or one.internal_date == identity.internal_date:
                found[message] = one.uid
                alike.remove(one)
                break
    return found
