"""What an operation does to flags or to a folder, as its row keeps it: JSON, in words that stay."""

import json
from collections.abc import Sequence

from tui_mail.model.folder import Role
from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange, FolderAction, FolderChange


def write_arguments(flags: FlagChange, change: FolderChange | None) -> str:
    """Write what an operation does as its row keeps it; wire names, which are octets, as Latin-1."""
    told: dict[str, object] = {}
    if flags:
        told = {"add": int(flags.add), "remove": int(flags.remove)}
        if flags.add_keywords or flags.remove_keywords:
            told |= {"add_keywords": flags.add_keywords, "remove_keywords": flags.remove_keywords}
    if change is not None:
        told = {
            "action": change.action,
            "remote_name": change.remote_name.decode("latin-1"),
            "name": change.name,
            "separator": change.separator,
            "role": int(change.role),
            "new_remote_name": change.new_remote_name.decode("latin-1"),
            "new_name": change.new_name,
        }
    return json.dumps(told)


def read_arguments(arguments: str) -> tuple[FlagChange, FolderChange | None]:
    """Return which flags an operation with these arguments changes, or what it does to a folder."""
    told: dict[str, object] = json.loads(arguments)
    if "action" in told:
        words = {name: str(value) for name, value in told.items()}
        change = FolderChange(
            FolderAction(words["action"]),
            words["remote_name"].encode("latin-1"),
            words["name"],
            words["separator"],
            Role(int(words["role"])),
            words["new_remote_name"].encode("latin-1"),
            words["new_name"],
        )
        return FlagChange(), change
    add, remove = (Flag(int(str(told.get(name, 0)))) for name in ("add", "remove"))
    more, less = (tuple(map(str, _listed(told.get(name)))) for name in ("add_keywords", "remove_keywords"))
    return FlagChange(add, remove, more, less), None


def read_flag_change(arguments: str) -> FlagChange:
    """Return which flags an operation with these arguments changes."""
    return read_arguments(arguments)[0]


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
