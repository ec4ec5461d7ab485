"""The screen for tests that need nothing special of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ui.stage import Stage, stage


@pytest.fixture
async def screen(tmp_path: Path) -> AsyncIterator[Stage]:
    """A screen of 120 × 40 on two accounts with nine letters."""
    async with stage(tmp_path) as opened:
        yield opened
