"""Sleep and wake, seen by two clocks."""

import asyncio
from collections.abc import Sequence

import pytest

from tui_mail.sync.supervisor import SLEPT, watch_clocks


async def slept_at(wall: Sequence[float], steady: Sequence[float]) -> list[int]:
    """Return at which readings of the two clocks a sleep was noticed; the first reading is the start."""
    noticed: list[int] = []
    readings = iter(range(len(wall)))
    now = 0

    def read_wall() -> float:
        nonlocal now
        try:
            now = next(readings)
        except StopIteration:
            raise EndOfTapeError from None
        return wall[now]

    with pytest.raises(EndOfTapeError):
        await asyncio.wait_for(
            watch_clocks(lambda: noticed.append(now), read_wall, lambda: steady[now], every=0), timeout=10
        )
    return noticed


class EndOfTapeError(Exception):
    """The clocks have no further reading."""


async def test_a_wall_clock_that_ran_ahead_means_that_the_machine_slept() -> None:
    assert await slept_at([0, 5, 3610, 3615], [0, 5, 10, 15]) == [2]


async def test_clocks_that_agree_or_are_set_back_mean_nothing() -> None:
    assert await slept_at([0, 5, 10, -3000, -2995], [0, 5, 10, 15, 20]) == []
    assert await slept_at([0, 5 + SLEPT], [0, 5]) == []
