import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.report import Report
from tui_mail.model.errors import StoreError, StoreTooNew
from tui_mail.store import migration
from tui_mail.store.database import Database
from tui_mail.store.migration import APPLICATION_ID, migrations, shipped

FIRST = f"""
-- a remark; with a semicolon
PRAGMA application_id = {APPLICATION_ID};
CREATE TABLE song(id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT;  -- another; remark
INSERT INTO song(title) VALUES ('one; two'), ('three');
"""

SECOND = """
ALTER TABLE song ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
CREATE TABLE singer(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
INSERT INTO singer(name) SELECT 'of ' || title FROM song;
UPDATE song SET length = 60;
CREATE TRIGGER counted AFTER INSERT ON song BEGIN
  UPDATE song SET length = 1 WHERE id = new.id;
  UPDATE singer SET name = name || '!';
END;
"""


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """A folder with the first of two schema files; `add_second` adds the other."""
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "0001_first.sql").write_text(FIRST)
    (folder / "README").write_text("not a schema file")
    return folder


def add_second(schema: Path, sql: str = SECOND) -> None:
    (schema / "0002_second.sql").write_text(sql)


async def upgrade(path: Path, schema: Path) -> None:
    await (await Database.open(path, migrations(schema))).close()


def contents(path: Path) -> bytes:
    return path.read_bytes()


def restore(path: Path, original: bytes) -> None:
    for file in path.parent.iterdir():
        file.unlink()
    path.write_bytes(original)


def picture(path: Path) -> tuple[object, ...]:
    """Schema, version and rows of a database."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = {}
        for name in ("song", "singer"):
            with contextlib.suppress(sqlite3.OperationalError):
                rows[name] = connection.execute(f"SELECT * FROM {name}").fetchall()
        return (
            connection.execute("PRAGMA user_version").fetchone()[0],
            connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall(),
            rows,
        )


async def test_files_run_in_order_and_only_once(path: Path, schema: Path):
    await upgrade(path, schema)
    first = picture(path)
    assert first[0] == 1
    await upgrade(path, schema)
    assert picture(path) == first
    add_second(schema)
    await upgrade(path, schema)
    version, _, rows = picture(path)
    assert version == 2
    assert rows == {
        "song": [(1, "one; two", 60), (2, "three", 60)],
        "singer": [(1, "of one; two"), (2, "of three")],
    }


async def test_an_upgraded_store_equals_a_fresh_one(path: Path, schema: Path, tmp_path: Path):
    await upgrade(path, schema)
    add_second(schema)
    await upgrade(path, schema)
    fresh = tmp_path / "fresh.db"
    await upgrade(fresh, schema)
    assert picture(path) == picture(fresh)


async def test_a_file_that_fails_leaves_the_store_as_the_one_before_it(path: Path, schema: Path):
    await upgrade(path, schema)
    before = picture(path)
    add_second(schema, SECOND + "INSERT INTO nowhere VALUES (1);")
    with pytest.raises(StoreError, match="nowhere"):
        await upgrade(path, schema)
    assert picture(path) == before


async def test_an_older_program_refuses_an_upgraded_store(path: Path, schema: Path):
    old = migrations(schema)
    add_second(schema)
    await upgrade(path, schema)
    before = picture(path)
    with pytest.raises(StoreTooNew):
        await Database.open(path, old)
    assert picture(path) == before


UPGRADES_AND_DIES = """
import asyncio, os, signal, sqlite3, sys
from pathlib import Path
from tui_mail.store.database import Database
from tui_mail.store.migration import migrations

path, schema, fatal = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
connect, seen = sqlite3.connect, 0

def watched(*args, **kwargs):
    connection = connect(*args, **kwargs)
    connection.set_trace_callback(count)
    return connection

def count(statement):
    global seen
    seen += 1
    if seen == fatal:
        os.kill(os.getpid(), signal.SIGKILL)

sqlite3.connect = watched

async def main():
    await (await Database.open(path, migrations(schema))).close()

asyncio.run(main())
"""
SHIPPED = Path(migration.__file__).with_name("schema")
OLD = Path(__file__).with_name("databases")
KEPT = {
    "account": "id, key, kind, position",
    "operation": "id, account, command, kind, state, target, arguments, evidence, attempts, not_before,"
    " error, follows, history, sentence, created_at",
    "operation_item": "operation, message, folder, uidvalidity, uid",
    "message": "*",
    "place": "*",
    "body_chunk": "*",
}
"""What every older database held that must be there after its upgrade."""


def old_database(path: Path, version: int = 1) -> None:
    """Write a database as an older program left it."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        for step in migrations(SHIPPED)[:version]:
            for statement in step.statements:
                connection.execute(statement)
        connection.executescript((OLD / f"schema_{version}.sql").read_text("utf-8"))


def kept_rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows of the tables of KEPT."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: sorted(connection.execute(f"SELECT {columns} FROM {table}"), key=repr)
            for table, columns in KEPT.items()
        }


def shape(path: Path) -> list[tuple[object, ...]]:
    """The schema; how a table is quoted tells only that it was renamed once."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        found = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
    return [(kind, name, sql and sql.replace('"', "")) for kind, name, sql in found]


async def test_a_database_of_the_first_schema_upgrades_to_that_of_a_fresh_one_and_keeps_its_rows(
    path: Path, tmp_path: Path
):
    old_database(path)
    before = kept_rows(path)
    assert {row[4] for row in before["operation"]} == {"pending", "running", "done", "reverted", "failed"}
    await (await Database.open(path)).close()
    fresh = tmp_path / "fresh" / "mail.db"
    await (await Database.open(fresh)).close()
    assert shape(path) == shape(fresh)
    assert kept_rows(path) == before
    with closing(sqlite3.connect(path)) as connection:
        indexed = connection.execute("SELECT extractor, headers, entries FROM indexing").fetchall()
        used = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'operation'").fetchone()
    assert indexed == [(0, 0, 0)]  # so that everything is due
    assert used == (15,)


async def test_a_database_is_copied_before_kept_rows_are_rewritten_until_all_is_well(path: Path):
    old_database(path)
    before = kept_rows(path)
    await (await Database.open(path)).close()
    copy = migration.copy_place(path, 1)
    assert kept_rows(copy) == before
    assert copy.stat().st_mode & 0o777 == 0o600
    await (await Database.open(path)).close()
    assert not copy.exists()


async def test_an_upgrade_of_the_shipped_schema_killed_at_any_statement_is_made_good(
    path: Path, long_form: bool, report: Report
):
    old_database(path)
    before, original = kept_rows(path), contents(path)
    killed = 0
    for fatal in range(1, 1_000, 1 if long_form else 7):
        restore(path, original)
        command = [sys.executable, "-c", UPGRADES_AND_DIES, str(path), str(SHIPPED), str(fatal)]
        ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60)
        if ran.returncode == 0:
            break
        assert ran.returncode == -signal.SIGKILL, ran.stderr
        killed += 1
        await (await Database.open(path)).close()
        assert kept_rows(path) == before
    assert ran.returncode == 0
    report.count("Upgrades killed", kills=killed, rows_lost=0 if kept_rows(path) == before else 1)
    assert killed > 5


async def test_an_upgrade_killed_at_any_statement_is_made_good_at_the_next_start(
    path: Path, schema: Path, tmp_path: Path
):
    await upgrade(path, schema)
    original = contents(path)
    before = picture(path)
    add_second(schema)
    fresh = tmp_path / "fresh.db"
    await upgrade(fresh, schema)
    after = picture(fresh)
    killed = amid = 0
    for fatal in range(1, 200):
        restore(path, original)
        command = [sys.executable, "-c", UPGRADES_AND_DIES, str(path), str(schema), str(fatal)]
        ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60)
        if ran.returncode == 0:
            break
        assert ran.returncode == -signal.SIGKILL, ran.stderr
        killed += 1
        found = picture(path)
        assert found in (before, after)
        amid += found == before
        await upgrade(path, schema)
        assert picture(path) == after
    assert ran.returncode == 0
    assert 0 < amid < killed


def test_the_shipped_files_are_numbered_without_a_gap():
    assert [step.version for step in shipped()] == list(range(1, len(shipped()) + 1))
    assert all(step.statements for step in shipped())


async def test_a_fresh_store_is_sound_and_says_whose_it_is(path: Path):
    await (await Database.open(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (shipped()[-1].version,)
        tables = connection.execute("PRAGMA table_list").fetchall()
    loose = [name for _, name, kind, _, _, strict in tables if kind == "table" and not strict]
    assert set(loose) <= {"sqlite_schema", "sqlite_temp_schema", "sqlite_sequence"}
