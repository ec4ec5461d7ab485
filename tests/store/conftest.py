from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.store.rows import Home, make_home
from tui_mail.model.event import Event
from tui_mail.store.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database will be; its folder is not there yet."""
    return tmp_path / "data" / "mail.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    """An open, empty store."""
    opened = await Database.open(path)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def home(database: Database) -> Home:
    """An account with folders in the store."""
    return await make_home(database)


@pytest.fixture
def events(database: Database) -> list[Event]:
    """What the store publishes from now on."""
    seen: list[Event] = []
    database.subscribe(seen.extend)
    return seen
