"""The tree keeps its own rules; each rule is shown a fault, for a check that cannot fail proves nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import rules
from tests.rules import Module

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tui_mail"


def modules() -> list[Module]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found.append(Module(name, path.read_text(encoding="utf-8"), is_package))
    return found


MODULES = modules()
PLANTED = [
    (rules.layers, "tui_mail.ui.app", "from tui_mail.store import database"),
    (rules.layers, "tui_mail.ui.app", "import tui_mail.sync.plan"),
    (rules.layers, "tui_mail.ui.app", "from tui_mail import cli"),
    (rules.layers, "tui_mail.ui.app", "def f():\n    from tui_mail.demo import letters"),
    (rules.layers, "tui_mail.demo.office", "from tui_mail.imap import session"),
    (rules.layers, "tui_mail.demo.office", "from tui_mail.store import database"),
    (rules.layers, "tui_mail.store.messages", "from tui_mail.imap.wire import tokens"),
    (rules.layers, "tui_mail.store.messages", "from ..imap import wire"),
    (rules.layers, "tui_mail.model.folder", "from tui_mail.net import tls"),
    (rules.layers, "tui_mail.engine.engine", "from tui_mail.ui.app import MailApp"),
    (rules.layers, "tui_mail", "from tui_mail.model import folder"),
    (rules.layers, "tui_mail.helpers.text", ""),
    (rules.homes, "tui_mail.engine.engine", "import textual.app"),
    (rules.homes, "tui_mail.cli.plain", "from rich.console import Console"),
    (rules.homes, "tui_mail.sync.worker", "import sqlite3"),
    (rules.homes, "tui_mail.net.auth", "import ssl"),
    (rules.homes, "tui_mail.sync.worker", "from ssl import SSLError"),
    (rules.homes, "tui_mail.ui.app", "from email.message import Message"),
    (rules.homes, "tui_mail.imap.session", "import imaplib"),
    (rules.local_imports, "tui_mail.sync.plan", "def f():\n    import json"),
    (rules.local_imports, "tui_mail.sync.plan", "async def f():\n    x = 1\n    from json import (\n loads)"),
    (rules.imports_by_text, "tui_mail.sync.plan", "importlib.import_module('json')"),
    (rules.imports_by_text, "tui_mail.sync.plan", "__import__('json')"),
    (rules.shells, "tui_mail.ui.app", "subprocess.run(command, shell=True)"),
    (rules.shells, "tui_mail.ui.app", "await asyncio.create_subprocess_shell(command)"),
    (rules.shells, "tui_mail.ui.app", "os.system(command)"),
    (rules.prints, "tui_mail.sync.plan", "print(step)"),
    (rules.default_policies, "tui_mail.mime.parse", "message_from_bytes(raw, policy=policy.default)"),
    (rules.default_policies, "tui_mail.mime.parse", "message_from_bytes(raw, policy=email.policy.default)"),
    (rules.default_policies, "tui_mail.mime.parse", "from email.policy import default as usual"),
]
SQL = {
    "tx.run(f'DELETE FROM {name}')": True,
    "tx.execute('DELETE FROM ' + f'{name}')": True,
    "tx.executemany('DELETE FROM %s' % name, rows)": True,
    "source.all('DELETE FROM {}'.format(name))": True,
    "source.one(' '.join(words))": True,
    "sql = f'SELECT {columns}'\n    tx.run(sql)": True,
    "columns = f'{a}, {b}'\n    tx.run(f'SELECT {columns}')": True,
    "for table in tables: tx.run(f'DELETE FROM {table}')": True,
    "columns = 'id, uid'\n    tx.run(f'SELECT {columns}')": False,
    "for table in ('a', 'b'): tx.run(f'DELETE FROM {table}')": False,
    "tx.run(f'SELECT {_COLUMNS} FROM place')": False,
    "tx.run(f'PRAGMA user_version = {version:d}')": False,
    "tx.run(SQL.OLDER, (moment,))": False,
    "tx.run('SELECT 1' ' FROM place')": False,
    "await tx.insert_rows('INSERT INTO body(id)', '(?)', rows)": False,
    "await tx.insert_rows('INSERT INTO body(id)', f'({name})', rows)": True,
}


@pytest.mark.parametrize("rule", rules.RULES)
def test_the_tree_keeps_the_rule(rule: rules.Rule):
    assert [fault for module in MODULES for fault in rule(module)] == []


@pytest.mark.parametrize(("rule", "name", "source"), PLANTED)
def test_a_planted_fault_is_found(rule: rules.Rule, name: str, source: str):
    assert list(rule(Module(name, source)))


@pytest.mark.parametrize(("call", "is_fault"), SQL.items())
def test_sql_is_made_of_constants(call: str, is_fault: bool):
    module = Module("tui_mail.store.messages", f"async def f():\n    {call}\n")
    assert bool(list(rules.composed_sql(module))) is is_fault


def test_every_rule_is_shown_a_fault():
    assert {rule for rule, *_ in PLANTED} | {rules.composed_sql} == set(rules.RULES)


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (
            rules.layers,
            "tui_mail.demo.office",
            "from tui_mail.imap.wire import tokens\nfrom tui_mail.imap import wire",
        ),
        (rules.layers, "tui_mail.__main__", "from tui_mail import cli, __version__"),
        (rules.layers, "tui_mail.sync.imap", "from tui_mail.store import messages\nfrom . import plan"),
        (rules.homes, "tui_mail.net.tls", "import ssl"),
        (rules.local_imports, "tui_mail.cli.demo", "def f():\n    # 9 ms\n    import json\n    import csv"),
        (rules.local_imports, "tui_mail.cli.demo", "def f():\n    import json  # 9 ms"),
        (rules.shells, "tui_mail.ui.app", "subprocess.run(command, shell=False)"),
        (rules.prints, "tui_mail.cli.plain", "print(row)"),
    ],
)
def test_what_is_allowed_is_no_fault(rule: rules.Rule, name: str, source: str):
    assert list(rule(Module(name, source))) == []


def test_every_exception_from_the_sql_rule_is_needed(monkeypatch: pytest.MonkeyPatch):
    needed = dict(rules.SQL_FROM_CODE)
    monkeypatch.setattr(rules, "SQL_FROM_CODE", {})
    faults = [fault for module in MODULES for fault in rules.composed_sql(module)]
    for name, piece in needed:
        assert any(fault.startswith(f"{name}:") and f"puts {piece} into" in fault for fault in faults), name


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after a statement."""
    code = f"import sys; {statement}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("layer", [layer for names in rules.LAYERS[2:] for layer in sorted(names)])
def test_the_half_without_a_screen_loads_no_textual(layer: str):
    if (PACKAGE / layer).exists():
        assert not {"textual", "rich"} & loaded_by(f"import tui_mail.{layer}")


def test_a_loaded_textual_would_be_noticed():
    assert {"textual", "rich"} <= loaded_by("import textual.app")
