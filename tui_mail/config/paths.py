"""Where the program keeps its files, and who else may touch them.

The rule: folders are made 0700, and a folder or file that others own or may write is refused, because the
configuration names commands to run and the data are letters. Each system's own places by `platformdirs`;
on macOS an `XDG_*` variable or an existing `~/.config/tui-mail` wins.
"""

import os
import re
import shlex
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import PlatformDirs
from platformdirs.api import PlatformDirsABC
from platformdirs.unix import Unix

from tui_mail.model.errors import ConfigError

NAME = "tui-mail"

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Home:
    """The places of one profile."""

    config_file: Path
    config_dir: Path
    """`config_file` and the user's themes and keymaps."""
    data_dir: Path
    """The offline copy and its lock."""
    cache_dir: Path
    """What can be made anew."""
    state_dir: Path
    """The log."""
    profile: str = ""
    """Name of the profile; "" = the ordinary one."""

    @property
    def database(self) -> Path:
        """The offline copy."""
        return self.data_dir / "mail.db"

    @property
    def log_file(self) -> Path:
        """Warnings and errors of the program, rotated."""
        return self.state_dir / f"{NAME}.log"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder of the program, each once."""
        return tuple(dict.fromkeys((self.config_dir, self.data_dir, self.cache_dir, self.state_dir)))

    @classmethod
    def at(cls, root: Path) -> "Home":
        """Return a home whose every place lies below `root`."""
        config = root / "config"
        return cls(config / "config.toml", config, root / "data", root / "cache", root / "state")

    def for_profile(self, name: str) -> "Home":
        """Return the places of the profile `name`, which shares nothing with the ordinary one."""
        if not _PROFILE.fullmatch(name):
            raise ConfigError(
                "A profile's name is made of letters, digits, “-” and “_”, 40 at most",
                hint="for example: --profile work",
            )
        config = self.config_dir / "profiles" / name
        return Home(
            config_file=config / self.config_file.name,
            config_dir=config,
            data_dir=self.data_dir / "profiles" / name,
            cache_dir=self.cache_dir / "profiles" / name,
            state_dir=self.state_dir / "profiles" / name,
            profile=name,
        )

    def with_config(self, file: Path) -> "Home":
        """Return the same home reading its configuration from `file`."""
        file = Path(os.path.abspath(file.expanduser()))
        return Home(file, file.parent, self.data_dir, self.cache_dir, self.state_dir, self.profile)

    def prepare(self) -> None:
        """Make what is missing, 0700, and refuse what others own or may write."""
        for folder in self.folders:
            _make(folder)
            refuse_open_to_others(folder)
        if self.config_file.exists():
            refuse_open_to_others(self.config_file)


def user_home(
    profile: str | None = None, config: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Home:
    """Return the user's places; `config`, or else TUI_MAIL_CONFIG, names the file, `profile` the folders."""
    home = _system_home(environment)
    if profile:
        home = home.for_profile(profile)
    if config is None and environment.get("TUI_MAIL_CONFIG"):
        config = Path(environment["TUI_MAIL_CONFIG"])
    return home if config is None else home.with_config(config)


def refuse_open_to_others(path: Path) -> None:
    """Raise ConfigError when somebody else owns `path` or may write to it; root is nobody else."""
    if sys.platform == "win32":
        return
    facts = path.stat()
    if facts.st_uid not in (os.getuid(), 0):
        raise ConfigError(
            f"{path} belongs to another user", hint=f"sudo chown $(id -u) {shlex.quote(str(path))}"
        )
    shielded = stat.S_ISDIR(facts.st_mode) and facts.st_mode & stat.S_ISVTX
    if facts.st_mode & 0o022 and not shielded:
        raise ConfigError(f"{path} may be written by others", hint=f"chmod go-w {shlex.quote(str(path))}")


def readable_by_others(path: Path) -> bool:
    """Tell whether others on this machine may look into `path`."""
    return sys.platform != "win32" and path.exists() and bool(path.stat().st_mode & 0o077)


def _make(folder: Path) -> None:
    try:
        for missing in reversed([folder, *folder.parents]):
            missing.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be made: {error.strerror}",
            hint="check that its parent is a folder of yours with room in it",
        ) from error


def _system_home(environment: Mapping[str, str]) -> Home:
    config = Path(_directories("XDG_CONFIG_HOME", environment, Path("~/.config", NAME)).user_config_dir)
    return Home(
        config_file=config / "config.toml",
        config_dir=config,
        data_dir=Path(_directories("XDG_DATA_HOME", environment).user_data_dir),
        cache_dir=Path(_directories("XDG_CACHE_HOME", environment).user_cache_dir),
        state_dir=Path(_directories("XDG_STATE_HOME", environment).user_state_dir),
    )


def _directories(
    variable: str, environment: Mapping[str, str], unix_place: Path | None = None
) -> PlatformDirsABC:
    """Return the system's rule for places, or on macOS the Unix one where the user chose it."""
    unix_wins = environment.get(variable) or (unix_place is not None and unix_place.expanduser().is_dir())
    if sys.platform == "darwin" and unix_wins:
        return Unix(NAME, appauthor=False)
    return PlatformDirs(NAME, appauthor=False)
