"""What can be said on the command line.

The global options may stand before or after the command. Nothing but `argparse` is imported here, so that
`--version` and `--help` answer at once.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from tui_mail import __version__


class Arguments(argparse.Namespace):
    """A parsed command line."""

    module: str
    """Module of `tui_mail.cli` that carries it out."""
    function: str
    config: str | None = None
    profile: str | None = None
    json: bool = False


EX_USAGE = 64
"""A wrong call, in sysexits.h."""


class _Parser(argparse.ArgumentParser):
    """Tells a wrong call by the number that its command ends with then."""

    wrong_call = 2

    def error(self, message: str) -> NoReturn:
        """End the program."""
        self.print_usage(sys.stderr)
        self.exit(self.wrong_call, f"{self.prog}: error: {message}\n")


def parse(arguments: Sequence[str] | None) -> Arguments:
    """Return the parsed command line; a wrong one ends the program with code 2 and a sentence."""
    return _parser().parse_args(arguments, namespace=Arguments())


def _parser() -> _Parser:
    shared = _shared()
    parser = _Parser(
        prog="tui-mail",
        description="A full-screen mail reader for the terminal. Without a command it opens the screen.",
        epilog="Try it without an account: tui-mail demo",
        parents=[shared],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"tui-mail {__version__}")
    parser.set_defaults(module="screen", function="open_screen")
    commands = _Commands(parser, shared)
    _screen_commands(commands)
    _mail_commands(commands)
    _change_commands(commands)
    _sending_commands(commands)
    _file_commands(commands)
    _account_commands(commands)
    _care_commands(commands)
    return parser


def _shared() -> _Parser:
    shared = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = shared.add_argument_group("everywhere")
    group.add_argument("--config", metavar="FILE", help="read the configuration from FILE")
    group.add_argument("--profile", metavar="NAME", help="use a set of configuration and mail of its own")
    group.add_argument("--json", action="store_true", help="print one JSON object a line")
    return shared


class _Commands:
    """A level of commands, each taking the global options too."""

    def __init__(self, parser: _Parser, shared: _Parser, **facts: object) -> None:
        self.shared = shared
        """Options that every command takes."""
        self._commands = parser.add_subparsers(title="commands", metavar="COMMAND", **facts)  # type: ignore[call-overload]

    def add(self, name: str, module: str, function: str, words: str) -> _Parser:
        """Add a command that `function` of `module` carries out."""
        parser = self._bare(name, words)
        parser.set_defaults(module=module, function=function)
        return parser

    def group(self, name: str, words: str) -> "_Commands":
        """Add a command that is only the beginning of others."""
        return _Commands(self._bare(name, words), self.shared, required=True)

    def _bare(self, name: str, words: str) -> _Parser:
        sentence = words[:1].upper() + words[1:] + "."
        parser: _Parser = self._commands.add_parser(
            name, help=words, description=sentence, parents=[self.shared], allow_abbrev=False
        )
        return parser


def _screen_commands(commands: _Commands) -> None:
    demo = commands.add("demo", "demo", "demo", "open the screen on made-up mail; touches nothing of yours")
    demo.add_argument(
        "--serve", action="store_true", help="no screen: tell where the mail is served, until Ctrl-C"
    )


def _mail_commands(commands: _Commands) -> None:
    sync = commands.add("sync", "syncing", "sync", "fetch what is new, carry out what is waiting, then end")
    sync.add_argument("--account", metavar="A", action="append", help="this account only; may be repeated")
    sync.add_argument("--watch", action="store_true", help="stay until Ctrl-C")
    folders = commands.add("folders", "listing", "folders", "list folders and their counts")
    folders.add_argument("--account", metavar="A", help="of this account only")
    listing = commands.add("list", "listing", "messages", "list messages, newest first")
    listing.add_argument("--account", metavar="A", help="of this account only")
    listing.add_argument("--folder", metavar="F", help="a folder's name or role (default: inbox)")
    listing.add_argument("--limit", metavar="N", type=_count, default=50, help="at most N (default: 50)")
    search = commands.add("search", "searching", "search", "list messages that hold every word, newest first")
    search.add_argument("words", metavar="WORD", nargs="+", help="the last one may go on: invo finds invoice")
    search.add_argument("--account", metavar="A", help="of this account only")
    search.add_argument("--folder", metavar="F", help="in this folder only, by its name or role")
    search.add_argument("--limit", metavar="N", type=_count, default=50, help="at most N (default: 50)")
    show = commands.add("show", "showing", "show", "print a message")
    show.add_argument("id", metavar="ID", type=_count, help="the number that “list” prints first")
    show.add_argument("--raw", action="store_true", help="byte for byte as it arrived")


def _change_commands(commands: _Commands) -> None:
    mark = _change(commands, "mark", "mark messages read, starred, answered or with a tag, or take that back")
    for yes, no in (("read", "unread"), ("star", "unstar"), ("answered", "unanswered")):
        pair = mark.add_mutually_exclusive_group()
        pair.add_argument(f"--{yes}", dest=yes, action="store_const", const=True)
        pair.add_argument(f"--{no}", dest=yes, action="store_const", const=False)
    mark.add_argument("--tag", metavar="T", action="append", help="set a tag; may be repeated")
    mark.add_argument("--untag", metavar="T", action="append", help="take a tag off; may be repeated")
    for name in ("move", "copy"):
        moving = _change(commands, name, f"{name} messages to a folder of their account")
        moving.add_argument("folder", metavar="FOLDER", help="a folder's name or role")
    _change(commands, "archive", "move messages to the archive of their account")
    _change(commands, "junk", "move messages to the junk folder of their account")
    _change(commands, "unjunk", "move messages back to the inbox of their account")
    delete = _change(commands, "delete", "move messages to the trash of their account")
    delete.add_argument("--forever", action="store_true", help="remove them here and on the server instead")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    for name, words in (("undo", "take the newest change back"), ("redo", "repeat what was undone last")):
        turn = _now(commands.add(name, "changing", name, words))
        turn.add_argument(
            "command",
            metavar="CHANGE",
            nargs="?",
            type=_count,
            help="another one, by its number in “journal”",
        )
    _journal_commands(commands)
    _folder_commands(commands)


def _journal_commands(commands: _Commands) -> None:
    journal = commands.add("journal", "journal", "listed", "list what was changed here and how it stands")
    journal.add_argument("--limit", metavar="N", type=_count, default=50, help="at most N (default: 50)")
    which = journal.add_mutually_exclusive_group()
    for name, words in (
        ("open", "what no server has confirmed yet"),
        ("failed", "what was refused or failed"),
    ):
        which.add_argument(f"--{name}", dest="which", action="store_const", const=name, help=words)
    which.add_argument(
        "--all", dest="which", action="store_const", const="all", help="what nobody asked for too"
    )
    below = _Commands(journal, commands.shared)
    cancel = below.add("cancel", "journal", "cancel", "take back what of a change no server has heard of")
    cancel.add_argument("command", metavar="CHANGE", type=_count, help="its number in the journal")
    _now(below.add("retry", "journal", "retry", "try at once what waits for a better time"))


def _folder_commands(commands: _Commands) -> None:
    folder = commands.group("folder", "make, rename, delete or subscribe to folders")
    for name, words in (
        ("create", "make a folder"),
        ("rename", "give a folder another name at its place in the tree"),
        ("delete", "delete a folder; what it holds goes to the trash"),
        ("subscribe", "subscribe to a folder"),
        ("unsubscribe", "end the subscription to a folder"),
    ):
        parser = _now(folder.add(name, "foldering", name, words))
        parser.add_argument("name", metavar="FOLDER", help="its name" + " or role" * (name != "create"))
        if name == "rename":
            parser.add_argument("new_name", metavar="NAME", help="the new name, without a path")
        parser.add_argument("--account", metavar="A", help="whose; needed where there are several")


def _sending_commands(commands: _Commands) -> None:
    send = commands.add("send", "sending", "send", "queue the letter on stdin, as sendmail does")
    send.wrong_call = EX_USAGE
    send.add_argument("-f", dest="sender", metavar="ADDRESS", help="who sends it (default: its From)")
    send.add_argument("-t", dest="from_header", action="store_true", help="send it to its To, Cc and Bcc too")
    send.add_argument(
        "-i", "-oi", dest="ignored", action="store_true", help="a lone dot ends nothing; always so"
    )
    send.add_argument("recipients", metavar="RECIPIENT", nargs="*", help="who gets it")
    _now(send)
    outbox = commands.add("outbox", "sending", "listed", "list the letters on their way out")
    outbox.add_argument("--limit", metavar="N", type=_count, default=50, help="at most N (default: 50)")
    below = _Commands(outbox, commands.shared)
    for name, words in (
        ("retry", "try a letter again now, also for those who refused it"),
        ("cancel", "take a letter out of the outbox"),
        ("resolve", "say of a letter in doubt whether it was sent"),
    ):
        parser = below.add(name, "sending", name, words)
        parser.add_argument("id", metavar="ID", type=_count, help="its number in the outbox")
        if name == "resolve":
            said = parser.add_mutually_exclusive_group(required=True)
            said.add_argument("--sent", action="store_true", help="it counts as sent")
            said.add_argument("--not-sent", dest="sent", action="store_false", help="it is sent again")


def _file_commands(commands: _Commands) -> None:
    export = commands.add("export", "exporting", "write", "write messages to files")
    export.add_argument("ids", metavar="ID", nargs="*", type=_id, help="messages; - reads lines")
    export.add_argument("place", metavar="PLACE", help="a file, or a folder of files")
    export.add_argument("--folder", metavar="F", help="all of a folder instead, by its name or role")
    export.add_argument("--account", metavar="A", help="of this account only")
    export.add_argument(
        "--format", choices=("mbox", "maildir", "eml"), help="default: what PLACE is or suggests, else mbox"
    )
    bring = commands.add("import", "importing", "read", "put the messages of files into a folder")
    bring.add_argument(
        "paths", metavar="PATH", nargs="+", help="an mbox, a Maildir, a message, or a folder of them"
    )
    bring.add_argument("--folder", metavar="F", required=True, help="where to, by its name or role")
    bring.add_argument("--account", metavar="A", help="whose; needed where there are several")
    bring.add_argument("--create", action="store_true", help="make the folder where it is missing")
    bring.add_argument("--read", action="store_true", help="mark all of them read")
    _now(bring)


def _change(commands: _Commands, name: str, words: str) -> _Parser:
    parser = commands.add(name, "changing", name, words)
    parser.add_argument(
        "ids", metavar="ID", nargs="+", type=_id, help="the number that “list” prints first; - reads lines"
    )
    return _now(parser)


def _now(parser: _Parser) -> _Parser:
    parser.add_argument("--now", action="store_true", help="carry it to the server before this ends")
    return parser


def _account_commands(commands: _Commands) -> None:
    accounts = commands.group("account", "add, list, test or remove accounts")
    add = accounts.add("add", "account_adding", "add", "add an account after testing its sign-in")
    add.add_argument("address", metavar="ADDRESS", nargs="?", help="the same as --email")
    add.add_argument("--email", metavar="A", help="its address; asked for on a terminal")
    add.add_argument("--imap", metavar="HOST[:PORT]", help="its server; asked for on a terminal")
    add.add_argument(
        "--imap-security",
        choices=("tls", "starttls", "none"),
        help="default: tls; none is for this machine only",
    )
    add.add_argument("--smtp", metavar="HOST[:PORT]", help="where its letters leave; without it, read only")
    add.add_argument(
        "--smtp-security",
        choices=("tls", "starttls", "none"),
        help="default: tls, starttls on port 587; none is for this machine only",
    )
    add.add_argument("--name", metavar="N", default="", help="your name as others see it")
    add.add_argument("--username", metavar="U", help="default: the address")
    add.add_argument(
        "--password-command", metavar="C", help="prints the password; without it, it is asked for"
    )
    add.add_argument(
        "--token-command", metavar="C", help="prints an access token (OAuth), in place of a password"
    )
    add.add_argument("--ca-file", metavar="F", help="further certificate authorities, PEM")
    add.add_argument("--key", metavar="K", help="a short name for the account")
    add.add_argument("--no-test", action="store_true", help="do not try to sign in")
    accounts.add("list", "accounts", "listed", "list the accounts")
    test = accounts.add("test", "accounts", "test", "sign in and tell what was proved")
    test.add_argument("key", metavar="KEY", nargs="?", help="default: every account")
    remove = accounts.add(
        "remove", "accounts", "remove", "remove an account, its password and its local copy"
    )
    remove.add_argument("key", metavar="KEY")
    remove.add_argument("--yes", action="store_true", help="do not ask")


def _care_commands(commands: _Commands) -> None:
    config = commands.group("config", "find or check the configuration")
    config.add("path", "care", "path", "print where the configuration is")
    config.add("check", "care", "check", "tell every problem of the configuration")
    cache = commands.add("cache", "cache", "show", "tell what the offline copy takes on this disk")
    clear = _Commands(cache, commands.shared).add(
        "clear", "cache", "clear", "give up the letters that servers can give again"
    )
    clear.add_argument("--account", metavar="A", help="of this account only")
    clear.add_argument("--yes", action="store_true", help="do not ask")
    doctor = commands.add("doctor", "care", "doctor", "check the program, its files and the keyring")
    doctor.add_argument(
        "--repair", action="store_true", help="rebuild a damaged offline copy from what is sound of it"
    )


def _id(text: str) -> int | str:
    return text if text == "-" else _count(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 2**63:
        raise argparse.ArgumentTypeError("must be a whole number above 0")
    return int(text)
