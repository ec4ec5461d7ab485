"""The way into the network, as Linux tells it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_mail.sync.network import Routes, default_routes, watch_routes

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
WIFI = "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
CABLE = "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
LOCAL = "eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
ZERO = "0" * 32
SIX = f"{ZERO} 00 {ZERO} 00 fe80000000000000000000000000001 00000400 00000001 00000000 00000003 wlan0\n"
LOOPBACK = f"{ZERO} 00 {ZERO} 00 {ZERO} ffffffff 00000001 00000000 00200200 lo\n"


def routes(folder: Path, four: str, six: str = "") -> Routes | None:
    (folder / "route").write_text(HEAD + four)
    (folder / "ipv6_route").write_text(six)
    return default_routes(folder)


def test_only_default_routes_count(tmp_path: Path) -> None:
    assert routes(tmp_path, WIFI + LOCAL) == routes(tmp_path, WIFI) == {("wlan0", "0101A8C0")}
    assert routes(tmp_path, LOCAL, LOOPBACK) == frozenset()


def test_another_interface_or_gateway_is_another_way(tmp_path: Path) -> None:
    assert routes(tmp_path, WIFI) != routes(tmp_path, CABLE)
    assert routes(tmp_path, WIFI) != routes(tmp_path, WIFI, SIX + LOOPBACK)


def test_a_system_that_does_not_tell_is_not_asked_again(tmp_path: Path) -> None:
    assert default_routes(tmp_path / "nowhere") is None
    asyncio.run(asyncio.wait_for(watch_routes(lambda: None, lambda: None, every=0), timeout=10))


class EndOfTapeError(Exception):
    """There is no further reading."""


async def test_a_change_of_the_way_is_told_once(tmp_path: Path) -> None:
    wifi, cable = frozenset({("wlan0", "1")}), frozenset({("eth0", "2")})
    tape: Iterator[Routes | None] = iter([wifi, wifi, cable, None, cable, wifi])
    told: list[int] = []
    heard = 0

    def read() -> Routes | None:
        nonlocal heard
        heard += 1
        try:
            return next(tape)
        except StopIteration:
            raise EndOfTapeError from None

    with pytest.raises(EndOfTapeError):
        await asyncio.wait_for(watch_routes(lambda: told.append(heard), read, every=0), timeout=10)
    assert told == [3, 6]
