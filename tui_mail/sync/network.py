"""The machine's way into the network: connections of the old way are dead when it changes."""

import asyncio
from collections.abc import Callable
from pathlib import Path

ROUTES_EVERY = 5.0
"""Seconds between two looks at the routes."""

_PROC = Path("/proc/net")
_NO_ADDRESS = "0" * 32

Routes = frozenset[tuple[str, str]]
"""Interface and gateway of each default route."""


def default_routes(proc: Path = _PROC) -> Routes | None:
    """Return the default routes; None where the system does not tell them in this form."""
    try:
        four = (proc / "route").read_text("ascii").splitlines()[1:]
    except (OSError, ValueError):
        return None
    try:
        six = (proc / "ipv6_route").read_text("ascii").splitlines()
    except (OSError, ValueError):
        six = []
    fields = [line.split() for line in four]
    found = {(one[0], one[2]) for one in fields if len(one) > 7 and one[1] == one[7] == "00000000"}
    for one in (line.split() for line in six):
        if len(one) == 10 and one[0] == _NO_ADDRESS and one[1] == "00" and one[9] != "lo":
            found.add((one[9], one[4]))
    return frozenset(found)


async def watch_routes(
    changed: Callable[[], None],
    routes: Callable[[], Routes | None] = default_routes,
    every: float = ROUTES_EVERY,
) -> None:
    """Call `changed` whenever the default routes are other ones than before."""
    before = routes()
    while before is not None:
        await asyncio.sleep(every)
        now = routes()
        if now is not None and now != before:
            before = now
            changed()
