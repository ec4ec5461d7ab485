"""`send` and `outbox`: letters handed over by other programs, and what became of each.

`send` is called as `sendmail` is, and ends as it does: with a number of sysexits.h. When it ends well the
letter is on this disk, and will leave when the outbox can reach its server.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments
from tui_mail.cli.cells import padded
from tui_mail.cli.listing import utc
from tui_mail.cli.opening import NO_ACCOUNT, Setting, online_engine, open_setting, reading_engine
from tui_mail.engine import Engine, is_held
from tui_mail.engine.handing_over import Handed, handed_over
from tui_mail.model.errors import (
    ConfigError,
    MailError,
    SecretError,
    StoreBusy,
    StoreError,
    StoreFull,
)
from tui_mail.model.outbox import Outgoing, RecipientState, SendState

USAGE, DATA, UNAVAILABLE, CANNOT_CREATE, IO, LATER, CONFIG = 64, 65, 69, 73, 74, 75, 78
"""EX_USAGE, EX_DATAERR, EX_UNAVAILABLE, EX_CANTCREAT, EX_IOERR, EX_TEMPFAIL and EX_CONFIG of sysexits.h."""

_CODES: tuple[tuple[type[MailError], int], ...] = (
    (StoreFull, CANNOT_CREATE),
    (StoreBusy, LATER),
    (StoreError, IO),
    (ConfigError, CONFIG),
    (SecretError, CONFIG),
)

SENT_WITHIN = 60.0
"""Seconds that `--now` waits for another process to send a letter."""

KEPT = "Kept here; the next tui-mail or tui-mail sync sends it, --now does it at once"

_ON_ITS_WAY = (SendState.SENDING, SendState.COMMITTING)


class SendArguments(Arguments):
    """Arguments of `send`."""

    sender: str | None
    from_header: bool
    recipients: list[str]
    now: bool


class OutboxArguments(Arguments):
    """Arguments of `outbox` and what stands below it."""

    limit: int
    id: int
    sent: bool


def send(call: SendArguments) -> int:
    """Queue the letter that stands on stdin."""
    try:
        setting = open_setting(call)
        if not setting.config.accounts:
            raise ConfigError("No account is set up yet", hint=NO_ACCOUNT)
        if not call.recipients and not call.from_header:
            output.complain(MailError("No recipient was named", hint="name some, or -t takes To, Cc and Bcc"))
            return USAGE
        raw = sys.stdin.buffer.read()
        if not raw.strip():
            raise MailError("The letter on stdin is empty")
        return asyncio.run(_send(call, setting, raw))
    except MailError as error:
        output.complain(error)
        return next((code for kind, code in _CODES if isinstance(error, kind)), DATA)


async def _send(call: SendArguments, setting: Setting, raw: bytes) -> int:
    async with reading_engine(setting) as engine:
        handed = await asyncio.to_thread(
            handed_over, setting.config.accounts, raw, call.sender, call.recipients, call.from_header
        )
        id = await _queue(engine, handed, raw)
        one = await engine.reading.outgoing(id)
    if one is not None:
        _tell_queued(one, handed.key, json=call.json)
    return await _let_out(setting, id, now=call.now)


async def _queue(engine: Engine, handed: Handed, raw: bytes) -> int:
    account = next(one.id for one in await engine.reading.accounts() if one.key == handed.key)
    return await engine.sending.queue_raw(
        raw, sender=handed.sender, recipients=handed.recipients, account=account
    )


def _tell_queued(one: Outgoing, key: str, *, json: bool) -> None:
    if json:
        output.record({"id": one.id, "account": key, "message_id": one.message_id, "size": one.size})
    else:
        output.line(str(one.id))
    output.flush()


async def _let_out(setting: Setting, id: int, *, now: bool) -> int:
    """See to it that a letter leaves, as `now` asks; return the exit code."""
    if not now:
        if not is_held(setting.home.data_dir):
            output.note(KEPT)
        return 0
    try:
        async with online_engine(setting, setting.config.accounts, workers=False) as engine:
            await engine.let_letters_out()
            return _outcome(await engine.reading.outgoing(id))
    except StoreBusy:
        async with reading_engine(setting) as engine:
            return _outcome(await _sent_elsewhere(engine, id))


async def _sent_elsewhere(engine: Engine, id: int) -> Outgoing | None:
    """Wait until the process that talks to the servers has sent a letter, or could not."""
    events = engine.events()
    one = await engine.reading.outgoing(id)
    try:
        async with asyncio.timeout(SENT_WITHIN):
            while one and (one.state in _ON_ITS_WAY or (one.state is SendState.QUEUED and not one.error)):
                await anext(events)
                one = await engine.reading.outgoing(id)
    except TimeoutError:
        pass
    return one


def _outcome(one: Outgoing | None) -> int:
    if one is None or one.state is SendState.SENT:
        for line in () if one is None else _refusals(one):
            output.note(line)
        return 0
    output.note(f"Not sent: {one.error}" if one.error else "Not sent yet")
    return UNAVAILABLE if one.state is SendState.FAILED else LATER


def listed(call: OutboxArguments) -> int:
    """List the letters on their way out, then those sent last."""
    asyncio.run(_listed(call, open_setting(call)))
    return 0


async def _listed(call: OutboxArguments, setting: Setting) -> None:
    async with reading_engine(setting) as engine:
        keys = {entry.id: str(entry.key) for entry in await engine.reading.accounts()}
        for one in (await engine.reading.outbox())[: call.limit]:
            if call.json:
                output.record(facts(one, keys.get(one.account, "")))
            else:
                for line in lines(one):
                    output.line(line)


def retry(call: OutboxArguments) -> int:
    """Try a letter again now."""
    return _on_letter(call, lambda engine: engine.sending.retry(call.id), "It is tried again")


def cancel(call: OutboxArguments) -> int:
    """Take a letter out of the outbox."""
    return _on_letter(call, lambda engine: engine.sending.cancel(call.id), "It is not sent any more")


def resolve(call: OutboxArguments) -> int:
    """Say of a letter in doubt whether it was sent."""
    told = "It counts as sent" if call.sent else "It is sent again"
    return _on_letter(call, lambda engine: engine.sending.resolve(call.id, sent=call.sent), told)


def _on_letter(call: OutboxArguments, act: Callable[[Engine], Awaitable[None]], told: str) -> int:
    setting = open_setting(call)
    asyncio.run(_acted(setting, act))
    if call.json:
        output.record({"id": call.id, "done": told})
    else:
        output.line(told)
    return 0


async def _acted(setting: Setting, act: Callable[[Engine], Awaitable[None]]) -> None:
    async with reading_engine(setting) as engine:
        await act(engine)


def facts(one: Outgoing, key: str) -> dict[str, object]:
    """Return a letter as a record."""
    return {
        "id": one.id,
        "account": key,
        "state": one.state.value,
        "filed": one.filed,
        "message_id": one.message_id,
        "from": one.sender,
        "subject": one.subject,
        "size": one.size,
        "recipients": [
            {"address": each.address, "state": each.state.value, "answer": each.answer}
            for each in one.recipients
        ],
        "attempts": one.attempts,
        "queued_at": utc(one.queued_at),
        "not_before": utc(int(one.not_before)) if one.state is SendState.QUEUED else None,
        "sent_at": None if one.sent_at is None else utc(one.sent_at),
        "error": one.error,
    }


def lines(one: Outgoing) -> list[str]:
    """Return a letter as lines for people: what it is, why it waits, and who does not get it."""
    at = _local(one.sent_at or one.queued_at)
    state = "filed" if one.filed else one.state.value
    to = ", ".join(each.address for each in one.recipients)
    found = [f"{one.id:>6}  {at}  {padded(state, 10)}  {to}  {one.subject}"]
    waits = one.state is SendState.QUEUED and one.not_before > datetime.now().timestamp()
    until = f"leaves at {_local(int(one.not_before))}" if waits else ""
    if reason := "; ".join(filter(None, (str(one.error), until))):
        found.append(f"        {reason}")
    return [*found, *(f"        {line}" for line in _refusals(one))]


def _refusals(one: Outgoing) -> list[str]:
    bad = (RecipientState.REFUSED, RecipientState.DELAYED, RecipientState.BOUNCED)
    return [
        f"{each.address} {each.state.value}: {each.answer}" for each in one.recipients if each.state in bad
    ]


def _local(seconds: int) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def unsent(outbox: Sequence[Outgoing]) -> list[Outgoing]:
    """Return the letters that are not sent."""
    return [one for one in outbox if one.state is not SendState.SENT]
