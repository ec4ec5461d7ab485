"""Mending the offline copy while nobody else uses it."""

import asyncio
from collections.abc import Iterator

from tui_mail.config.paths import Home
from tui_mail.engine.lock import DirectoryLock
from tui_mail.model.errors import StoreDamaged
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.store import checkup, repair
from tui_mail.store.repair import Salvage

_NAMES = {
    "message": "messages",
    "body": "bodies",
    "operation": "changes",
    "folder": "folders",
    "draft": "drafts",
}


async def mend(home: Home) -> list[SafeText]:
    """Rebuild a damaged database from what is sound of it; return what was done, a sentence each.

    Raises StoreBusy while another process uses it, StoreTooNew where a newer program wrote it, StoreError.
    """
    lock = DirectoryLock(home.data_dir)
    try:
        if not await asyncio.to_thread(_damaged, home):
            return [safe_text(await asyncio.to_thread(_bodies, home))]
        salvage = await asyncio.to_thread(repair.rebuild, home.database)
    finally:
        lock.release()
    return [safe_text(sentence) for sentence in _told(salvage)]


def _damaged(home: Home) -> bool:
    try:
        found = checkup.check(home.database, thorough=True)
    except StoreDamaged:
        return True
    return found is not None and bool(found.damage)


def _bodies(home: Home) -> str:
    dropped = repair.drop_damaged_bodies(home.database) if home.database.exists() else 0
    if not dropped:
        return "The database is sound; nothing was changed"
    return f"The database is sound, but {dropped:,} messages in it were not; they are fetched again"


def _told(salvage: Salvage) -> Iterator[str]:
    yield f"The damaged file is now {salvage.aside}"
    kept = ", ".join(f"{salvage.tally.kept.get(table, 0):,} {name}" for table, name in _NAMES.items())
    yield f"Taken over: {kept}"
    if salvage.from_spare:
        yield f"{salvage.from_spare:,} waiting changes came from their spare copy"
    yield "Everything is compared with the servers at the next tui-mail sync; what was lost is fetched again"
