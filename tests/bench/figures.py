"""How figures are told: what, how much, from how many tries, and on how busy a machine."""

import os
import statistics
from collections.abc import Sequence


def say(name: str, figure: str) -> None:
    """Print one figure."""
    print(f"  {name:<62} {figure}", flush=True)


def heading(title: str) -> None:
    """Print what the next figures are about, and how busy the machine is."""
    print(f"\n{title}  [load {os.getloadavg()[0]:.2f}]", flush=True)


def median(seconds: Sequence[float]) -> str:
    """Return the median of a few tries in seconds, with the span."""
    return f"{statistics.median(seconds):.2f} s (n={len(seconds)}, {min(seconds):.2f} to {max(seconds):.2f})"


def spread(seconds: Sequence[float]) -> str:
    """Return median and 95th percentile of many tries in milliseconds."""
    cuts = statistics.quantiles(seconds, n=20)
    return f"p50 {statistics.median(seconds) * 1000:.1f} ms, p95 {cuts[18] * 1000:.1f} ms (n={len(seconds)})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return how many times as long as others we took, by the medians of one interleaved run."""
    return f"{statistics.median(ours) / statistics.median(theirs):.2f} × its time"


def mebibytes(octets: int) -> str:
    """Return a size for people."""
    return f"{octets / (1 << 20):.0f} MiB"
