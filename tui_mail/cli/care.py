"""`config path`, `config check` and `doctor`."""

import asyncio

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.cells import padded
from tui_mail.cli.opening import home_of, open_home
from tui_mail.config import file
from tui_mail.config.secrets import Secrets
from tui_mail.model.errors import MailError


def path(call: Arguments) -> int:
    """Print where the configuration is, whether or not it is there."""
    place = str(home_of(call).config_file)
    if call.json:
        output.record({"path": place})
    else:
        output.line(place)
    return 0


def check(call: Arguments) -> int:
    """Tell every problem of the configuration."""
    place = home_of(call).config_file
    config, problems = file.check(place)
    for problem in problems:
        if call.json:
            facts = {"file": str(problem.file), "line": problem.line, "key": problem.key}
            output.record({**facts, "problem": problem.sentence})
        else:
            output.line(str(problem))
    if not problems:
        count = len(config.accounts)
        there = "is sound" if place.exists() else "is not there yet, which is sound"
        output.note(f"{place} {there}; {count} account{'' if count == 1 else 's'}")
    return 1 if problems else 0


class DoctorArguments(Arguments):
    """Arguments of `doctor`."""

    repair: bool


def doctor(call: DoctorArguments) -> int:
    """Check the program, its files and the keyring; every check is told, whatever the others say."""
    if call.repair:
        return _repair(call)
    # 70 ms: only here
    from tui_mail.engine.doctor import Health, examine

    home = home_of(call)
    findings = asyncio.run(examine(home, Secrets(home.profile)))
    for finding in findings:
        if call.json:
            facts = {"check": finding.check, "health": finding.health.value, "text": finding.text}
            output.record({**facts, "hint": finding.hint})
        else:
            output.line(f"{padded(finding.health.value, 5)} {padded(finding.check, 12)} {finding.text}")
            if finding.hint:
                output.line(f"{' ' * 19}{finding.hint}")
    bad = [finding for finding in findings if finding.health is Health.BAD]
    if bad:
        output.complain(MailError(f"{len(bad)} of {len(findings)} checks failed"))
    return 1 if bad else 0


def _repair(call: Arguments) -> int:
    # 70 ms: only here
    from tui_mail.engine.repairing import mend

    home = open_home(call)
    for sentence in asyncio.run(mend(home)):
        if call.json:
            output.record({"repair": sentence})
        else:
            output.line(sentence)
    return 0
