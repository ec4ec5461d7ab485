"""What the doctor finds."""

import json
import sqlite3
from contextlib import closing

import pytest

from tests.cli.conftest import Command

WORK = '[account.work]\nemail = "ada@example.org"\nimap = { host = "h" }\n'


def findings(tui_mail: Command, code: int, **environment: str) -> dict[str, list[tuple[str, str, str]]]:
    done = tui_mail("doctor", "--json", **environment)
    assert done.returncode == code, done.stderr
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in done.stdout.splitlines():
        each = json.loads(line)
        found.setdefault(each["check"], []).append((each["health"], each["text"], each["hint"]))
    return found


def test_a_fresh_machine_is_well_and_stays_untouched(tui_mail: Command) -> None:
    found = findings(tui_mail, 0)
    assert {health for told in found.values() for health, _, _ in told} == {"good", "note"}
    assert set(found) == {
        "python",
        "sqlite",
        "tui-mail",
        "textual",
        "keyring",
        "folder",
        "config",
        "database",
    }
    assert list(tui_mail.home.iterdir()) == []


def test_the_plain_form_has_a_line_for_each_check(tui_mail: Command) -> None:
    done = tui_mail("doctor")
    assert done.returncode == 0
    assert any(line.startswith("good  database") for line in done.stdout.splitlines())


def test_a_missing_keyring_is_bad_only_where_an_account_needs_it(tui_mail: Command) -> None:
    tui_mail.write_config(WORK)
    health, text, hint = findings(tui_mail, 1)["keyring"][-1]
    assert (health, text) == ("bad", "There is no keyring")
    assert hint.startswith("needed by work")
    assert findings(tui_mail, 0, TUI_MAIL_PASSWORD_WORK="x")["keyring"][-1][0] == "note"


@pytest.mark.parametrize(
    ("backend", "health"), [("Remembering", "good"), ("Lying", "bad"), ("Locked", "bad")]
)
def test_the_keyring_makes_a_round_trip(tui_mail: Command, backend: str, health: str) -> None:
    tui_mail.write_config(WORK)
    name = f"tests.config.keyrings.{backend}"
    found = findings(tui_mail, 0 if health == "good" else 1, PYTHON_KEYRING_BACKEND=name)["keyring"][-1]
    assert found[0] == health
    assert found[1].startswith(f"{name} (priority 1, named by you): ")


def test_a_damaged_database_is_found_and_not_changed(tui_mail: Command) -> None:
    tui_mail.database.parent.mkdir(parents=True, mode=0o700)
    with closing(sqlite3.connect(tui_mail.database)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 1_000,)] * 100)
        connection.commit()
    assert findings(tui_mail, 0)["database"][0][0] == "good"
    content = bytearray(tui_mail.database.read_bytes())
    content[4_096:40_960] = b"\xa5" * 36_864
    for damaged in (bytes(content), b"this is no database at all" * 500):
        tui_mail.database.write_bytes(damaged)
        health, text, hint = findings(tui_mail, 1)["database"][0]
        assert health == "bad"
        assert str(tui_mail.database) in text
        assert "doctor --repair" in hint
        assert tui_mail.database.read_bytes() == damaged


def test_an_open_folder_and_a_broken_configuration_are_told_beside_one_another(tui_mail: Command) -> None:
    tui_mail.write_config("[account")
    tui_mail.config_file.parent.chmod(0o770)
    found = findings(tui_mail, 1)
    assert found["config"][0][0] == "bad"
    assert any(hint.startswith("chmod go-w") for _, _, hint in found["folder"])


def test_a_folder_that_others_may_read_is_a_note(tui_mail: Command) -> None:
    tui_mail.write_config("")
    tui_mail.config_file.parent.chmod(0o755)
    assert any(health == "note" and "go-rwx" in hint for health, _, hint in findings(tui_mail, 0)["folder"])
