"""How long to wait before the next try."""

import random
from collections.abc import Callable

STEPS = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds before the first, second, … try; the last one repeats."""

SPREAD = 0.25
"""Each wait is this part shorter or longer, so that clients cut off together do not return together."""

HEALTHY = 60.0
"""A line that held this many seconds starts the steps anew."""


class Backoff:
    """The waits of one account."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._failures = 0
        self._chance = chance

    def next_wait(self, lasted: float) -> float:
        """Return seconds to wait after a line that held for `lasted` seconds failed."""
        if lasted >= HEALTHY:
            self._failures = 0
        step = STEPS[min(self._failures, len(STEPS) - 1)]
        self._failures += 1
        return step * (1 - SPREAD + 2 * SPREAD * self._chance())

    def reset(self) -> None:
        """Start anew, because the user asked for a try now or the network changed."""
        self._failures = 0
