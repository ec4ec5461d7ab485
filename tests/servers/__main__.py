"""Servers for trying things by hand, until Ctrl-C: a mail server, faults on the way to one, a liar."""

import argparse
import asyncio
import contextlib
import json
import signal
import sys

from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.dovecot_program import StartError
from tests.servers.lacking import LACKS
from tests.servers.lies import instead
from tests.servers.lying import ADDRESS, LyingServer
from tests.servers.lying import PASSWORD as PASSWORD_OF_LIAR
from tests.servers.plans import octets, read_plan, spoken
from tests.servers.proxy import HOST, FaultProxy, Record

USERS = ("anna", "ben")


def main() -> int:
    """Start what was asked for, say in JSON how to reach it, and wait to be interrupted."""
    asked = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            if asked.command == "up":
                _serve_mail()
            elif asked.command == "proxy":
                asyncio.run(_stand_between(asked))
            else:
                asyncio.run(_lie(asked))
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.servers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="a Dovecot with two users")
    proxy = commands.add_parser("proxy", help="a proxy that breaks connections as planned")
    proxy.add_argument("port", type=int, help="where the server listens")
    proxy.add_argument("--host", default=HOST, help="where the server runs")
    proxy.add_argument("--listen", type=int, default=0, help="the proxy's own port")
    proxy.add_argument(
        "--plan",
        action="append",
        default=[],
        type=read_plan,
        help="the faults of the next connection, such as “down bytes 100 reset; up line 3 delay 2”",
    )
    lying = commands.add_parser("lying", help="a small server of IMAP that lies as told")
    lying.add_argument("--listen", type=int, default=0, help="its port")
    lying.add_argument("--without", action="append", default=[], choices=LACKS, help="an extension it lacks")
    lying.add_argument("--letters", type=int, default=3, help="letters in the inbox")
    lying.add_argument(
        "--on",
        action="append",
        default=[],
        nargs=2,
        metavar=("PATTERN", "ANSWER"),
        help="what to say in the place of the honest answer to such a command, each time",
    )
    return parser


def _serve_mail() -> None:
    with Dovecot(dict.fromkeys(USERS, PASSWORD)) as server:
        _say(server.facts())
        signal.pause()


async def _stand_between(asked: argparse.Namespace) -> None:
    async with FaultProxy(asked.port, asked.host, listen=asked.listen, on_end=_tell) as proxy:
        for faults in asked.plan:
            proxy.plan(*faults)
        _say({"host": proxy.host, "port": proxy.port})
        await asyncio.Event().wait()


async def _lie(asked: argparse.Namespace) -> None:
    rules = [instead(pattern.encode(), octets(answer), times=None) for pattern, answer in asked.on]
    async with LyingServer(*rules, without=asked.without, listen=asked.listen) as server:
        for number in range(asked.letters):
            raw = f"From: {ADDRESS}\r\nSubject: Letter {number}\r\n\r\nHello.\r\n".encode()
            server.deliver(raw)
        _say({"host": HOST, "port": server.port, "user": ADDRESS, "password": PASSWORD_OF_LIAR})
        await asyncio.Event().wait()


def _tell(record: Record) -> None:
    """Say what became of a connection."""
    octets = {way.value: record.total[way] for way in record.arrived}
    _say({"ended": record.ended, "octets": octets, "fired": [spoken(fault) for fault in record.fired]})


def _say(facts: dict[str, object]) -> None:
    print(json.dumps(facts, indent=2 if "users" in facts else None), flush=True)


if __name__ == "__main__":
    sys.exit(main())
