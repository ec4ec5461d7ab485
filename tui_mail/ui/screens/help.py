"""Every command of what has the focus, grouped, with its keys; Enter runs one on what was focused."""

from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.commands import COMMANDS, Command, Scope
from tui_mail.ui.keymap import Keymap
from tui_mail.ui.screens.picker import Choice, Picker


def command_choices(
    keymap: Keymap, scope: Scope, enabled: frozenset[str], *, by_name: bool = False
) -> list[Choice[Command]]:
    """Return what can be invoked in a pane by key, or also by name, in its groups, with all its keys."""
    here = [
        command
        for command in COMMANDS
        if command.id in enabled
        and ({scope, Scope.EVERYWHERE} & set(command.scopes) or (by_name and command.by_name))
    ]
    groups = list(dict.fromkeys(command.group for command in COMMANDS))
    return [
        Choice(SafeText(command.title), command, safe_text(keymap.all_shown(command.id)), SafeText(group))
        for group in groups
        for command in here
        if command.group == group
    ]


class HelpScreen(Picker[Command]):
    """The keys of one pane."""

    def __init__(self, keymap: Keymap, scope: Scope, enabled: "frozenset[str]") -> None:
        super().__init__(f"Keys · {scope.value}", command_choices(keymap, scope, enabled))
