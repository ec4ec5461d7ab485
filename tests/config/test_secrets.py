"""Where passwords come from and how the keyring is trusted."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring.backend
import keyring.core
import pytest

from tests.config import keyrings
from tui_mail.config.keychain import Keychain
from tui_mail.config.secrets import Secrets
from tui_mail.model.account import Account, Server, Token
from tui_mail.model.errors import SecretError

ACCOUNT = Account("my-work", "ada@example.org", "", Server("h", 993), "ada@example.org")
WITH_COMMAND = Account(
    "my-work",
    "a@b.c",
    "",
    Server("h", 993),
    "a",
    password_command=(sys.executable, "-c", "print('by command')"),
)

Use = Callable[[str], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Use]:
    """Return a function that names a backend as a user would."""
    keyrings.KEPT.clear()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def name(backend: str) -> None:
        monkeypatch.setenv(
            "PYTHON_KEYRING_BACKEND", backend if "." in backend else f"tests.config.keyrings.{backend}"
        )
        keyring.core.init_backend()

    yield name
    monkeypatch.undo()
    keyring.core._keyring_backend = None


def secrets(limit: float = 10.0, **environment: str) -> Secrets:
    return Secrets(environment=environment, keychain=Keychain("tui-mail", limit))


async def test_what_was_typed_wins_then_command_variable_credential_and_keyring(
    use: Use, tmp_path: Path
) -> None:
    use("Remembering")
    await secrets().keep(ACCOUNT, "by keyring")
    (tmp_path / "tui-mail.my-work").write_text("by credential\n")
    credential = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    variable = {"TUI_MAIL_PASSWORD_MY_WORK": "by variable"}
    assert await secrets().get(ACCOUNT) == "by keyring"
    assert await secrets(**credential).get(ACCOUNT) == "by credential"
    assert await secrets(**credential, **variable).get(ACCOUNT) == "by variable"
    source = secrets(**credential, **variable)
    assert await source.get(WITH_COMMAND) == "by command"
    source.remember(ACCOUNT, "typed")
    assert await source.get(WITH_COMMAND) == "typed"


async def test_nothing_kept_means_that_it_must_be_asked_for(use: Use) -> None:
    use("Remembering")
    assert await secrets().get(ACCOUNT) is None


@pytest.mark.parametrize("length", [0, 1, 999, 1_000, 1_001, 2_000, 4_321])
async def test_a_secret_of_any_length_is_kept_in_parts_and_removed_whole(use: Use, length: int) -> None:
    use("Remembering")
    secret = "".join(chr(0x20 + at % 90) for at in range(length)) + "\nä"
    await secrets().keep(ACCOUNT, secret)
    assert await secrets().get(ACCOUNT) == secret
    await secrets().keep(ACCOUNT, "short")
    assert await secrets().get(ACCOUNT) == "short"
    assert len(keyrings.KEPT) == 1
    await secrets().forget(ACCOUNT.key)
    assert keyrings.KEPT == {}


async def test_a_secret_with_a_missing_or_changed_part_is_no_secret(use: Use) -> None:
    use("Remembering")
    await secrets().keep(ACCOUNT, "x" * 2_500)
    keyrings.KEPT["tui-mail", "my-work/password/2"] = "y" * 1_000
    assert await secrets().get(ACCOUNT) is None
    del keyrings.KEPT["tui-mail", "my-work/password/2"]
    assert await secrets().get(ACCOUNT) is None
    await secrets().forget(ACCOUNT.key)
    assert keyrings.KEPT == {}


async def test_an_entry_that_another_tool_wrote_is_taken_as_it_is(use: Use) -> None:
    use("Remembering")
    keyrings.KEPT["tui-mail", "my-work/password"] = "by hand"
    assert await secrets().get(ACCOUNT) == "by hand"


async def test_profiles_do_not_see_the_secrets_of_one_another(use: Use) -> None:
    use("Remembering")
    await Secrets("one", environment={}).keep(ACCOUNT, "1")
    assert await Secrets("two", environment={}).get(ACCOUNT) is None
    assert await Secrets("one", environment={}).get(ACCOUNT) == "1"


async def test_a_keyring_that_gives_back_something_else_is_found_out_but_the_run_goes_on(use: Use) -> None:
    use("Lying")
    source = secrets()
    with pytest.raises(SecretError, match="did not give back") as caught:
        await source.keep(ACCOUNT, "hunter2")
    assert "hunter2" not in str(caught.value)
    assert caught.value.hint
    assert await source.get(ACCOUNT) == "hunter2"


async def test_a_keyring_that_hangs_is_abandoned_and_not_asked_again(use: Use) -> None:
    use("Hanging")
    source = secrets(limit=0.1)
    with pytest.raises(SecretError, match=r"did not answer within 0\.1 seconds"):
        await source.get(ACCOUNT)
    waiting = sum(thread.name == "secrets" for thread in threading.enumerate())
    with pytest.raises(SecretError, match="did not answer"):
        await source.get(ACCOUNT)
    assert sum(thread.name == "secrets" for thread in threading.enumerate()) == waiting
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "secrets")


async def test_a_locked_keyring_is_told_in_words(use: Use) -> None:
    use("Locked")
    with pytest.raises(SecretError, match="The keyring is locked"):
        await secrets().get(ACCOUNT)


async def test_what_a_backend_raises_never_carries_the_secret_on(use: Use) -> None:
    use("Talkative")
    with pytest.raises(SecretError, match=r"The keyring failed \(RuntimeError\)") as caught:
        await secrets().keep(ACCOUNT, "hunter2")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("backend", ["keyring.backends.fail.Keyring", "keyring.backends.null.Keyring"])
async def test_without_a_keyring_nothing_is_kept_and_that_is_said(use: Use, backend: str) -> None:
    use(backend)
    assert await secrets().get(ACCOUNT) is None
    with pytest.raises(SecretError, match="There is no keyring"):
        await secrets().keep(ACCOUNT, "x")
    await secrets().forget(ACCOUNT.key)


async def test_a_backend_that_only_happens_to_be_installed_is_not_used(
    use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use("Remembering")
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    assert any(type(each) is keyrings.Remembering for each in keyring.backend.get_all_keyring())
    facts = await Keychain("tui-mail").facts()
    assert "tests" not in facts.backend
    assert keyrings.KEPT == {}


@pytest.mark.parametrize(
    ("backend", "sound", "sentence"),
    [
        ("Remembering", True, "A dummy entry was kept, read and removed"),
        ("Lying", False, "did not give back"),
        ("Locked", False, "is locked"),
        ("Hanging", False, "did not answer"),
        ("keyring.backends.fail.Keyring", False, "There is no keyring"),
    ],
)
async def test_the_facts_tell_what_a_round_trip_came_to(
    use: Use, backend: str, sound: bool, sentence: str
) -> None:
    use(backend)
    facts = await Keychain("tui-mail", 0.3).facts()
    assert facts.sound is sound
    assert sentence in facts.sentence
    if sound:
        assert keyrings.KEPT == {}


async def test_an_unreadable_credential_of_the_service_is_told(use: Use, tmp_path: Path) -> None:
    use("Remembering")
    (tmp_path / "tui-mail.my-work").mkdir()
    with pytest.raises(SecretError, match=r"credential tui-mail\.my-work"):
        await secrets(CREDENTIALS_DIRECTORY=str(tmp_path)).get(ACCOUNT)


async def test_no_representation_of_the_source_shows_a_secret(use: Use) -> None:
    use("Remembering")
    source = secrets()
    source.remember(ACCOUNT, "hunter2")
    assert "hunter2" not in repr(source) + json.dumps(str(source))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def with_tokens(folder: Path) -> Account:
    """An account whose command counts up: a-1, a-2, …, and the same once more where `stuck` is there."""
    (folder / "count").write_text("0")
    code = (
        "import pathlib, sys; f = pathlib.Path(sys.argv[1]); n = int((f / 'count').read_text());"
        "n += not (f / 'stuck').exists(); (f / 'count').write_text(str(n)); print(f'a-{n}'); print('more')"
    )
    command = (sys.executable, "-c", code, str(folder))
    return Account("a", "a@b.c", "", Server("h", 993), "a", token_command=command)


async def test_a_token_is_kept_for_fifty_minutes(tmp_path: Path) -> None:
    clock, account = Clock(), with_tokens(tmp_path)
    secrets = Secrets(environment={}, steady=clock)
    first = await secrets.get(account)
    assert (first, type(first)) == ("a-1", Token)
    clock.now += 2999
    assert await secrets.get(account) == "a-1"
    clock.now += 1
    assert await secrets.get(account) == "a-2"
    await secrets.forget("a")
    assert await secrets.get(account) == "a-3"


async def test_a_refused_token_is_replaced_but_not_by_itself(tmp_path: Path) -> None:
    account = with_tokens(tmp_path)
    secrets = Secrets(environment={}, steady=Clock())
    assert await secrets.get(account) == "a-1"
    assert await secrets.renewed(account, "a-1") == "a-2"
    assert await secrets.renewed(account, "a-1") == "a-2"  # another connection had it renewed already
    (tmp_path / "stuck").touch()
    assert await secrets.renewed(account, "a-2") is None
    (tmp_path / "stuck").unlink()
    assert await secrets.get(account) == "a-3"  # what was refused is not offered again


async def test_a_refused_password_has_no_other(use: Use) -> None:
    use("Remembering")
    await secrets().keep(ACCOUNT, "right")
    assert await secrets().renewed(ACCOUNT, "right") is None
    assert await secrets().renewed(WITH_COMMAND, "by command") is None


async def test_a_failing_token_command_is_called_by_its_name() -> None:
    account = Account("a", "a@b.c", "", Server("h", 993), "a", token_command="exit 3")
    with pytest.raises(SecretError, match="The token command ended with status 3"):
        await Secrets(environment={}).get(account)
