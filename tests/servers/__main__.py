"""`python3 -m tests.servers up`: a mail server for trying things by hand, until Ctrl-C."""

import argparse
import contextlib
import json
import signal
import sys

from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.dovecot_program import StartError

USERS = ("anna", "ben")


def main() -> int:
    """Start a server, say in JSON how to reach it, and wait to be interrupted."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.servers", description=__doc__)
    parser.add_argument("command", choices=["up"])
    parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt), Dovecot(dict.fromkeys(USERS, PASSWORD)) as server:
            print(json.dumps(server.facts(), indent=2), flush=True)
            signal.pause()
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
