"""How much room the mail takes; every body is looked at, so this is for those who ask."""

from tui_mail.model.usage import AccountUsage, Usage
from tui_mail.store.database import Source

LETTERS = (
    "SELECT a.id, (SELECT coalesce(sum(total), 0) FROM folder WHERE account = a.id),"
    " coalesce(u.bodies, 0), coalesce(u.octets, 0), coalesce(u.cached, 0) FROM account a LEFT JOIN"
    " (SELECT (SELECT account FROM message WHERE body = b.id LIMIT 1) AS account,"
    " sum(b.have = b.size) AS bodies, sum(b.stored) AS octets,"
    " sum(b.stored) FILTER (WHERE b.keep = 0) AS cached FROM body b GROUP BY 1) u"
    " ON u.account = a.id ORDER BY a.position, a.id"
)
"""What each account's letters take. One that is in several accounts counts for one of them."""


async def usage(source: Source) -> Usage:
    """Return what the mail takes on this disk."""
    accounts = tuple(AccountUsage(*row) for row in await source.all(LETTERS))
    words = await source.one("SELECT coalesce(sum(length(block)), 0) FROM search_data")
    octets: dict[str, int] = {}
    for pragma in ("page_size", "page_count", "freelist_count"):
        row = await source.one(f"PRAGMA {pragma}")
        octets[pragma] = row[0] if row else 0
    size = octets["page_size"]
    return Usage(
        accounts,
        words=words[0] if words else 0,
        free=octets["freelist_count"] * size,
        file=octets["page_count"] * size,
    )
