"""What each account costs on the wire, a row a day."""

import time

from tui_mail.model.sync import Traffic
from tui_mail.store.database import Source, Transaction

DAY = 86_400


def today(now: float | None = None) -> int:
    """Return the number of this day, from the epoch, UTC."""
    return int(time.time() if now is None else now) // DAY


async def add(tx: Transaction, account: int, day: int, more: Traffic) -> None:
    """Add to what an account cost on a day; nothing happens when the account is gone."""
    await tx.run(
        "INSERT INTO traffic(account, day, received, sent, round_trips)"
        " SELECT id, ?, ?, ?, ? FROM account WHERE id = ?"
        " ON CONFLICT(account, day) DO UPDATE SET received = received + excluded.received,"
        " sent = sent + excluded.sent, round_trips = round_trips + excluded.round_trips",
        (day, more.received, more.sent, more.round_trips, account),
    )


async def of_day(source: Source, account: int, day: int) -> Traffic:
    """Return what an account cost on a day."""
    row = await source.one(
        "SELECT received, sent, round_trips FROM traffic WHERE account = ? AND day = ?", (account, day)
    )
    return Traffic() if row is None else Traffic(*row)
