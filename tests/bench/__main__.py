"""Figures of the installed program beside what users would run instead: `python3 -m tests.bench [NAME…]`.

Real servers on loopback, made-up mail, the installed `tui-mail` from the environment of this Python, driven
by its commands or on a terminal of its own. What it is compared with runs in turn with it, on the same
server; nothing is installed from here. Figures are printed, nothing is asserted about time.
"""

import argparse
import os

from tests.bench import complete_copy, first_fill, growth, indexing, resync, screen, small
from tests.bench.figures import say

BENCHES = {
    "small": small,
    "first-fill": first_fill,
    "complete-copy": complete_copy,
    "resync": resync,
    "indexing": indexing,
    "screen": screen,
    "growth": growth,
}


def main() -> None:
    """Run the benches that are named, or all."""
    names = "\n".join(f"  {name:<14} {bench.__doc__}" for name, bench in BENCHES.items())
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.bench",
        description=__doc__,
        epilog=f"benches:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a bench; all without one")
    parser.add_argument("--messages", type=int, help="of each bench; each has its own number otherwise")
    told = parser.parse_args()
    if unknown := [name for name in told.names if name not in BENCHES]:
        parser.error(f"no such bench: {', '.join(unknown)}")
    say("processors", str(os.cpu_count()))
    for name in told.names or BENCHES:
        bench = BENCHES[name]
        bench.run(told.messages or bench.MESSAGES)


main()
