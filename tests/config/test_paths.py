"""Where files live, and who may touch them."""

import os
import stat
import sys
from pathlib import Path

import pytest

from tui_mail.config.paths import Home, refuse_open_to_others, user_home
from tui_mail.model.errors import ConfigError


@pytest.fixture
def xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    places = {
        f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")
    }
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TUI_MAIL_CONFIG", raising=False)
    return places


def test_each_kind_of_file_lies_where_xdg_says(xdg: dict[str, str], tmp_path: Path) -> None:
    home = user_home(environment=xdg)
    assert home.config_file == tmp_path / "config/tui-mail/config.toml"
    assert home.database == tmp_path / "data/tui-mail/mail.db"
    assert home.log_file == tmp_path / "state/tui-mail/tui-mail.log"


def test_a_profile_shares_no_place_with_the_ordinary_home(xdg: dict[str, str]) -> None:
    ordinary, work = user_home(environment=xdg), user_home("work", environment=xdg)
    assert not set(ordinary.folders) & set(work.folders)
    assert ordinary.config_file != work.config_file
    assert work.profile == "work"


@pytest.mark.parametrize("name", ["../up", "a/b", "", "-x", "a" * 41, "a b", "ä"])
def test_a_profile_is_no_path(xdg: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigError):
        user_home(environment=xdg).for_profile(name)


def test_the_option_wins_over_the_variable_and_both_over_the_ordinary_file(
    xdg: dict[str, str], tmp_path: Path
) -> None:
    named = {**xdg, "TUI_MAIL_CONFIG": str(tmp_path / "named.toml")}
    assert user_home(environment=named).config_file == tmp_path / "named.toml"
    assert user_home(config=tmp_path / "mine.toml", environment=named).config_file == tmp_path / "mine.toml"
    assert user_home(environment=named).data_dir == user_home(environment=xdg).data_dir


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_folders_are_made_for_the_user_alone_under_any_umask(tmp_path: Path, umask: int) -> None:
    home = Home.at(tmp_path / "root")
    before = os.umask(umask)
    try:
        home.prepare()
    finally:
        os.umask(before)
    for folder in home.folders:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    home = Home.at(tmp_path / "a home")
    home.prepare()
    home.data_dir.chmod(mode)
    with pytest.raises(ConfigError, match="may be written by others") as caught:
        home.prepare()
    assert caught.value.hint == f"chmod go-w '{home.data_dir}'"


def test_a_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.prepare()
    home.config_file.write_text("")
    home.config_file.chmod(0o620)
    with pytest.raises(ConfigError, match=r"config\.toml may be written by others"):
        home.prepare()


def test_a_sticky_folder_lets_nobody_replace_a_file_and_so_is_accepted(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    refuse_open_to_others(tmp_path)


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.prepare()
    os.chown(home.config_dir, 12_345, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        home.prepare()


def test_a_file_where_a_folder_should_be_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigError, match="data cannot be made"):
        Home.at(tmp_path).prepare()
