"""Puts made-up mail where it is needed: `python3 -m tests.bench.filling maildir|store FOLDER [--messages N]`.

`maildir` fills a Maildir for any program. `store` makes a home of the program (`config/`, `data/`) with ten
accounts whose inboxes share the messages, through the store's own functions, so that no server is needed.
Start it with XDG_CONFIG_HOME=FOLDER/config and the like; the accounts name a server that does not answer.
"""

import argparse
import asyncio
import itertools
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.bench.mail import Letter, letters
from tui_mail.imap.fetched import Fetched
from tui_mail.model.folder import Role
from tui_mail.model.message import Flag
from tui_mail.store import accounts, folders, messages
from tui_mail.store.database import Database
from tui_mail.store.folders import ListedName
from tui_mail.sync.arrivals import arrival

ACCOUNTS = 10
BATCH = 500
UIDVALIDITY = 1
FLAGS = {"F": Flag.FLAGGED, "R": Flag.ANSWERED, "S": Flag.SEEN}
STRUCTURE = b'("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 1200 20 NIL NIL NIL NIL)'
"""What a server would tell of a letter without attachments."""

ACCOUNT = """
[account.a{n}]
email = "you{n}@example.org"
username = "you{n}"
[account.a{n}.imap]
host = "127.0.0.1"
port = 1
security = "none"
"""


def fill_maildir(box: Path, post: Iterable[Letter]) -> int:
    """Write letters into a Maildir, made when needed; return how many. They are as old as they say."""
    for part in ("cur", "new", "tmp"):
        (box / part).mkdir(parents=True, exist_ok=True)
    count = 0
    for count, letter in enumerate(post, 1):
        lines = letter.raw.count(b"\n")
        size = len(letter.raw)
        path = box / "cur" / f"{letter.moment}.{count:08}.bench,S={size},W={size + lines}:2,{letter.flags}"
        path.write_bytes(letter.raw)
        os.utime(path, (letter.moment, letter.moment))
    return count


async def fill_store(database: Database, post: Iterable[Letter], count: int = ACCOUNTS) -> None:
    """Store the headers of letters in the inboxes of `count` accounts, each in its turn."""
    keys = [(f"a{n}", "imap") for n in range(count)]
    inboxes = [await _inbox(database, id) for id in (await accounts.register(database, keys)).values()]
    uids = dict.fromkeys(inboxes, 0)
    inbox_of = itertools.cycle(inboxes)
    for batch in _batches(post, BATCH * count):
        shares: dict[int, list[Fetched]] = {inbox: [] for inbox in inboxes}
        for letter in batch:
            inbox = next(inbox_of)
            uids[inbox] += 1
            shares[inbox].append(_as_fetched(letter, uids[inbox]))
        for inbox, share in shares.items():
            async with database.cache() as tx:
                await messages.add(tx, inbox, UIDVALIDITY, [arrival(one) for one in share])
                await folders.set_cursor(
                    tx, inbox, uidnext=uids[inbox] + 1, remote_count=uids[inbox], synced_at=int(time.time())
                )


async def _inbox(database: Database, account: int) -> int:
    """Give an account its inbox, complete from the start."""
    async with database.cache() as tx:
        await folders.record_list(tx, account, [ListedName(b"INBOX", "INBOX", "/", frozenset(), Role.INBOX)])
        (inbox,) = await folders.states(tx, account)
        await folders.set_cursor(tx, inbox.id, uidvalidity=UIDVALIDITY, uidnext=1, modseq=1, backfill_lo=1)
    return inbox.id


def _batches(post: Iterable[Letter], size: int) -> Iterator[list[Letter]]:
    left = iter(post)
    while batch := list(itertools.islice(left, size)):
        yield batch


def _as_fetched(letter: Letter, uid: int) -> Fetched:
    flags = Flag.NONE
    for letter_of_maildir in letter.flags:
        flags |= FLAGS[letter_of_maildir]
    return Fetched(
        uid=uid,
        flags=flags,
        internal_date=letter.moment,
        size=len(letter.raw) + letter.raw.count(b"\n"),
        header=letter.raw.partition(b"\n\n")[0],
        structure=STRUCTURE,
        attachment=False,
    )


async def make_home(home: Path, post: Iterable[Letter]) -> None:
    """Make a home of the program whose ten accounts hold these letters."""
    config = home / "config" / "tui-mail"
    config.mkdir(parents=True)
    (config / "config.toml").write_text("".join(ACCOUNT.format(n=n) for n in range(ACCOUNTS)))
    database = await Database.open(home / "data" / "tui-mail" / "mail.db")
    try:
        await fill_store(database, post)
    finally:
        await database.close()


def main() -> None:
    """Fill what the command line names."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench.filling", description=__doc__)
    parser.add_argument("kind", choices=("maildir", "store"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--headers-only", action="store_true")
    told = parser.parse_args()
    started = time.perf_counter()
    if told.kind == "maildir":
        fill_maildir(told.folder, letters(told.messages, told.seed, headers_only=told.headers_only))
    else:
        asyncio.run(make_home(told.folder, letters(told.messages, told.seed, headers_only=True)))
    print(f"{told.messages:,} messages in {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
