"""What a person does about letters on their way out: queue, take back, try again, decide.

A letter is on the disk when `queue` returns: its file first, then its row. It is changed only as long as it
was provably not sent; where nobody can know, a person says so first.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tui_mail.engine import building
from tui_mail.engine.core import Core
from tui_mail.engine.loop import EngineLoop, T
from tui_mail.mime.fields import address
from tui_mail.mime.identities import writing_as
from tui_mail.mime.letters import new_message_id
from tui_mail.mime.sealing import seal
from tui_mail.model.account import Account
from tui_mail.model.draft import Draft, Origin
from tui_mail.model.errors import ConfigError, MailError
from tui_mail.model.message import Flag
from tui_mail.model.outbox import LogLine, Progress, SendState, Step
from tui_mail.model.safe_text import safe_identity, safe_text
from tui_mail.store import drafts, outbox, outbox_files
from tui_mail.store.database import Source, Transaction
from tui_mail.store.outbox import Change, Letter, NewLetter
from tui_mail.store.outbox_files import Envelope
from tui_mail.sync import outbox as rules
from tui_mail.sync import sent_copies
from tui_mail.sync.sent_copies import wants_copy

NOT_SENT = (SendState.QUEUED, SendState.SENDING, SendState.FAILED)
"""States in which a letter was provably not sent to those who are left."""

_UNSURE = (SendState.UNSURE,)

_ANSWERED = {Origin.REPLY: Flag.ANSWERED, Origin.FORWARD: Flag.FORWARDED, Origin.REDIRECT: Flag.FORWARDED}


@dataclass(frozen=True, slots=True)
class _Ready:
    """A letter ready to be written to the disk."""

    raw: bytes
    envelope: Envelope
    account: int
    draft: int | None = None
    answers: tuple[tuple[int, Flag], ...] = ()


class Sending:
    """Carries what is to be done about letters to the engine's loop."""

    def __init__(self, loop: EngineLoop, core: Core) -> None:
        self._loop = loop
        self._core = core

    async def queue(self, draft: Draft, *, hold: float = 0.0, at: float | None = None) -> int:
        """Queue a draft; return its id in the outbox. Raises MailError for what cannot leave like this.

        `hold` seconds are left to think better of it; `at` is when it is to leave.
        """
        return await self._do(self._queue_draft(draft, hold, at))

    async def queue_raw(self, raw: bytes, *, sender: str, recipients: Sequence[str], account: int) -> int:
        """Queue a letter that is written already; return its id in the outbox."""
        return await self._do(self._queue_raw(raw, sender, recipients, account))

    async def take_back(self, id: int) -> Draft | None:
        """Take a letter out of the outbox, to be edited; its draft is open again, None where it had none.

        Raises MailError where it may have been sent.
        """
        return await self._do(self._take_back(id))

    async def retry(self, id: int) -> None:
        """Try a letter now, also for those who refused it."""
        await self._do(self._decide(id, NOT_SENT, rules.again, "You asked for another try"))

    async def send_now(self, id: int) -> None:
        """Let a letter leave at once, whatever time it waits for."""
        await self._do(self._decide(id, NOT_SENT, rules.again, "You let it leave now"))

    async def send_at(self, id: int, when: float) -> None:
        """Let a letter leave at a time, seconds since the epoch."""
        told = f"You let it leave at {datetime.fromtimestamp(when).astimezone():%Y-%m-%d %H:%M}"
        await self._do(self._decide(id, NOT_SENT, lambda _: rules.at(when), told))

    async def resolve(self, id: int, sent: bool) -> None:
        """Say of a letter in doubt that it was sent, or that it was not, and is to be sent again."""
        await self._do(self._resolve(id, sent))

    async def cancel(self, id: int) -> None:
        """Take a letter out of the outbox; where some have it already, the others get it no more."""
        await self._do(self._cancel(id))

    async def progress(self, id: int) -> Progress | None:
        """Return how far a letter is that is on a line now."""
        return self._core.sending.progress(id)

    async def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._loop.call(work)

    # Queueing.

    async def _queue_draft(self, draft: Draft, hold: float, at: float | None) -> int:
        account = self._sender_account(draft.account)
        now = time.time()
        built = await building.built(self._core, draft)
        envelope = Envelope(
            account=account.key,
            sender=address(draft.sender, utf8=True),
            recipients=built.recipients,
            message_id=built.message_id,
            subject=draft.subject,
            size=len(built.wire),
            wants_copy=wants_copy(account),
        )
        flag = _ANSWERED.get(draft.origin)
        answers = tuple((message, flag) for message in draft.answers) if flag is not None else ()
        ready = _Ready(built.raw_with_bcc, envelope, draft.account, draft.id or None, answers)
        return await self._write(ready, now, hold, at)

    async def _queue_raw(self, raw: bytes, sender: str, recipients: Sequence[str], account: int) -> int:
        whose = self._sender_account(account)
        identity = writing_as(whose.writes_as, sender) or whose.writes_as[0]
        now = datetime.now().astimezone()
        try:
            sealed = await asyncio.to_thread(
                lambda: seal(
                    raw,
                    author=(identity.name, sender),
                    date=now,
                    new_id=new_message_id(sender),
                )
            )
            written = dict.fromkeys(address(one, utf8=True) for one in recipients)
            envelope_sender = address(sender, utf8=True)
        except ValueError as error:
            raise MailError(f"The letter cannot be sent: {safe_text(str(error))}") from None
        if not written:
            raise MailError("The letter has no recipient")
        envelope = Envelope(
            account=whose.key,
            sender=envelope_sender,
            recipients=tuple(written),
            message_id=sealed.message_id,
            subject=sealed.subject,
            size=sealed.size,
            wants_copy=wants_copy(whose),
        )
        return await self._write(_Ready(sealed.raw, envelope, account), now.timestamp(), 0.0, None)

    async def _write(self, ready: _Ready, now: float, hold: float, at: float | None) -> int:
        """Put a letter on the disk: its file, then its row. What cannot be written leaves nothing behind."""
        database, envelope = self._core.database, ready.envelope
        file = await asyncio.to_thread(outbox_files.write, database.path, ready.raw, envelope)
        new = NewLetter(
            account=ready.account,
            message_id=envelope.message_id,
            file=file,
            sender=envelope.sender,
            recipients=envelope.recipients,
            subject=envelope.subject,
            size=envelope.size,
            wants_copy=envelope.wants_copy,
            not_before=at if at is not None else now + hold,
            held=at is None and hold > 0,
            planned=at or 0.0,
            draft=ready.draft,
            answers=ready.answers,
        )
        try:
            async with database.intention() as tx:
                id = await outbox.add(tx, new, now)
                if ready.draft is not None:
                    await drafts.set_state(tx, ready.draft, drafts.QUEUED)
                line = LogLine(now, Step.QUEUED, safe_text(f"Queued for {_people(envelope.recipients)}"))
                await outbox.note(tx, id, (line,))
        except BaseException:
            await asyncio.to_thread(outbox_files.remove, database.path, file)
            raise
        return id

    def _sender_account(self, id: int) -> Account:
        account = self._core.accounts.get(id)
        if account is None:
            raise ConfigError("This account is no longer set up", hint="tui-mail account add brings it back")
        if account.smtp is None:
            raise ConfigError(
                f"{account.key} has no server that takes letters",
                hint=f"Add smtp = {{ host = …, port = … }} to [account.{account.key}]",
            )
        return account

    # Deciding.

    async def _take_back(self, id: int) -> Draft | None:
        async with self._core.database.intention() as tx:
            letter = await self._in_state(tx, id, NOT_SENT)
            if letter.is_with_somebody:
                raise MailError(
                    "Some have it already, so it cannot be taken back", hint="Cancel it for the others"
                )
            await self._remove(tx, letter)
        await self._drop_file(letter)
        kept = None if letter.draft is None else await drafts.get(self._core.database.lists, letter.draft)
        return None if kept is None else await self._core.drafting.open(kept)

    async def _cancel(self, id: int) -> None:
        async with self._core.database.intention() as tx:
            letter = await self._in_state(tx, id, NOT_SENT)
            if letter.is_with_somebody:
                await self._apply(tx, letter, rules.let_be(letter), "You cancelled it for the others")
                return
            await self._remove(tx, letter)
        await self._drop_file(letter)

    async def _resolve(self, id: int, sent: bool) -> None:
        if not sent:
            await self._decide(id, _UNSURE, rules.unsent, "You said that it was not sent")
            return
        database, now = self._core.database, time.time()
        letter = await self._in_state(database.lists, id, _UNSURE)
        copy = await sent_copies.copy_of(database, letter, now)
        account = self._core.accounts[letter.account]
        line = LogLine(now, Step.PERSON, safe_text("You said that it was sent"))
        async with database.intention() as tx:
            letter = await self._in_state(tx, id, _UNSURE)
            change = rules.taken(letter, "Sent, as you said", now)
            await sent_copies.settle(tx, account, letter, change, (line,), copy, now)

    async def _decide(
        self, id: int, states: Sequence[SendState], rule: Callable[[Letter], Change], told: str
    ) -> None:
        async with self._core.database.intention() as tx:
            letter = await self._in_state(tx, id, states)
            await self._apply(tx, letter, rule(letter), told)

    async def _in_state(self, source: Source, id: int, states: Sequence[SendState]) -> Letter:
        """Return a letter that is in one of these states; else say why nothing can be done about it."""
        letter = await outbox.letter(source, id)
        if letter is None:
            raise MailError("There is no such letter in the outbox")
        if letter.state not in states:
            raise MailError(_TOO_LATE[letter.state], hint=_HINTS.get(letter.state, ""))
        return letter

    async def _apply(self, tx: Transaction, letter: Letter, change: Change, told: str) -> None:
        line = LogLine(time.time(), Step.PERSON, safe_text(told))
        await outbox.change(tx, letter, change, (line,))

    async def _remove(self, tx: Transaction, letter: Letter) -> None:
        await outbox.remove(tx, letter)
        if letter.draft is not None:
            await drafts.set_state(tx, letter.draft, drafts.OPEN)

    async def _drop_file(self, letter: Letter) -> None:
        if letter.file is not None:
            await asyncio.to_thread(outbox_files.remove, self._core.database.path, letter.file)


_TOO_LATE = {
    SendState.QUEUED: "Nothing about this letter is in doubt: it was not sent",
    SendState.SENDING: "Nothing about this letter is in doubt: it was not sent",
    SendState.FAILED: "Nothing about this letter is in doubt: it was not sent",
    SendState.COMMITTING: "It is leaving at this moment, or it is being looked for",
    SendState.SENT: "It is sent",
    SendState.UNSURE: "It may have been sent",
}
_HINTS = {
    SendState.COMMITTING: "Wait until it is known what became of it",
    SendState.UNSURE: "Say first whether it was sent",
}


def _people(recipients: Sequence[str]) -> str:
    first = safe_identity(recipients[0], 80)
    return first if len(recipients) == 1 else f"{first} and {len(recipients) - 1} more"
