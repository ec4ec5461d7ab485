"""The line of an account that letters leave on: one connection of its own, one letter at a time.

It never waits for the account's mail, nor that for it. What is to be done next is decided in `outbox`; here
it is done. `smtplib` blocks, so it works in a thread, which `abort` ends from outside. The dot of a letter
leaves only after a transaction has said so. So whatever ends this program: without that word nothing was
sent, and with it somebody looks.
"""

import asyncio
import io
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tui_mail.mime.identities import writing_as
from tui_mail.mime.original import without_bcc
from tui_mail.model.account import Account, Server
from tui_mail.model.errors import (
    LostInCommit,
    MailError,
    NetworkError,
    SecretError,
    ServerRefused,
    SignInRefused,
    StoreError,
)
from tui_mail.model.outbox import LogLine, SendState, Step
from tui_mail.model.safe_text import safe_text
from tui_mail.smtp.answers import Answer
from tui_mail.smtp.session import Session
from tui_mail.store import outbox, outbox_files
from tui_mail.store.database import Database
from tui_mail.store.outbox import Change, Letter
from tui_mail.sync import outbox as rules
from tui_mail.sync import sent_copies
from tui_mail.sync.connections import Connections, TooManyError
from tui_mail.sync.outbox import Deed, decide
from tui_mail.sync.sending_board import SendingBoard
from tui_mail.sync.signin import Passwords
from tui_mail.sync.traces import trace_of

log = logging.getLogger(__name__)

T = TypeVar("T")

UNREACHED = (60.0, 300.0, 900.0, 3_600.0)
"""Seconds until the server is tried again after it could not be reached once, twice, …"""

SEARCH_AGAIN = 60.0
"""Seconds until letters in doubt are looked for again where that could not be done."""

GRACE = 3.0
"""Seconds that the answer to a dot may still take when the program ends."""

STUMBLED = 30.0
"""Seconds to wait after something unexpected."""

FOREVER = float("inf")

Connect = Callable[[Account, Server, str, Callable[[Step, str], None]], Session]


def connect(account: Account, server: Server, secret: str, told: Callable[[Step, str], None]) -> Session:
    """Return a session that is not open yet."""
    return Session(account, server, secret, told=told)


class SendingLine:
    """Brings the letters of one account on their way."""

    def __init__(
        self,
        database: Database,
        account_id: int,
        account: Account,
        passwords: Passwords,
        board: SendingBoard,
        connections: Connections,
        *,
        connect: Connect = connect,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._id = account_id
        self._account = account
        self._passwords = passwords
        self._board = board
        self._connections = connections
        self._connect = connect
        self._now = now
        self._thread: ThreadPoolExecutor | None = None
        self._wake = asyncio.Event()
        self._search_wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._session: Session | None = None
        self._current: int | None = None
        self._is_leaving = False
        self._ending = False
        self._failures = 0
        self._reach_at = 0.0
        self._search_at = 0.0
        self._unwritten: dict[int, tuple[Letter, str]] = {}
        """Letters that the server has taken, which no disk had room to say so far."""

    def wake(self) -> None:
        """Say that the outbox changed."""
        self._wake.set()
        self._search_wake.set()

    def retry(self) -> None:
        """Try the server again now, and look for what is in doubt, whatever went wrong before."""
        self._failures = 0
        self._reach_at = self._search_at = 0.0
        self._board.unreachable(self._id, 0.0)
        self.wake()

    def network_changed(self) -> None:
        """Begin anew: the machine slept, or is in another network. The answer to a dot may still come."""
        if self._session is not None and not self._is_leaving:
            self._session.abort()
        self.retry()

    async def run(self) -> None:
        """Serve the account until cancelled."""
        self._ending = False
        try:
            await asyncio.gather(
                self._forever(self._send, self._wake, self._next_sending),
                self._forever(self.search_due, self._search_wake, self._next_search),
            )
        finally:
            self._end_thread()

    async def run_once(self) -> None:
        """Send what is due, look for what is in doubt, and end."""
        self._ending = False
        try:
            await self._send()
            await self.search_due()
        finally:
            self._end_thread()

    async def _send(self) -> None:
        await self._found_leaving()
        await self.send_due()
        await self.let_files_go()

    async def let_files_go(self) -> None:
        """Remove the files of letters that are sent and filed."""
        if not await outbox.has_files_to_go(self._database.lists):
            return
        async with self._database.cache() as tx:
            gone = await outbox.let_files_go(tx)
        for name in gone:
            await asyncio.to_thread(outbox_files.remove, self._database.path, name)

    async def _forever(
        self,
        work: Callable[[], Awaitable[None]],
        wake: asyncio.Event,
        next_time: Callable[[], Awaitable[float]],
    ) -> None:
        while True:
            wake.clear()
            try:
                await work()
                limit = max(0.05, await next_time() - self._now())
            except MailError as error:
                log.warning("The outbox of %s waits: %s", self._account.key, error)
                limit = STUMBLED
            except Exception:
                log.exception("The outbox of %s stumbled", self._account.key)
                limit = STUMBLED
            await _woken(wake, min(limit, 3_600.0))

    async def _letters(self) -> list[Letter]:
        return [
            one
            for one in await outbox.worked_on(self._database.lists, self._id)
            if one.id != self._current and one.id not in self._unwritten
        ]

    async def _found_leaving(self) -> None:
        """Say of letters whose dot was about to leave when the program ended that they are in doubt."""
        for letter in await self._letters():
            if letter.state is SendState.COMMITTING and not letter.error:
                told = LogLine(self._now(), Step.UNSURE, safe_text("The program ended when it was leaving"))
                await self._move(letter, rules.found_leaving(letter), (told,))

    # Sending.

    async def send_due(self) -> None:
        """Send what is due; what cannot be sent now waits, each letter on its own."""
        async with self._turn:
            for letter, sentence in list(self._unwritten.values()):
                await self._taken(letter, sentence)
            while due := await self._due():
                if self._account.smtp is None or self._reach_at > self._now():
                    return
                if not await self._over_one_connection(due):
                    return

    async def _due(self) -> list[Letter]:
        due = []
        for letter in await self._letters():
            deed = decide(letter, self._now()).deed
            if deed is Deed.ASK:
                told = LogLine(self._now(), Step.POSTPONED, safe_text(rules.TIME_PASSED))
                await self._move(letter, rules.asked(letter), (told,))
            elif deed is Deed.SEND:
                due.append(letter)
        return due

    async def _next_sending(self) -> float:
        times = [decide(letter, self._now()) for letter in await self._letters()]
        waits = [one.at for one in times if one.deed is Deed.WAIT]
        if self._account.smtp is not None and any(one.deed is Deed.SEND for one in times):
            waits.append(self._reach_at)
        return min(waits, default=FOREVER)

    async def _over_one_connection(self, due: Sequence[Letter]) -> bool:
        """Send letters over a connection as long as it stands; False where none can be had."""
        self._show(due[0])
        try:
            session = await self._open()
        except MailError as error:
            await self._unreached(due, error)
            self._board.end(due[0].id)
            return False
        self._reached()
        try:
            for n, letter in enumerate(due):
                if not await self._deliver(session, letter, fresh=n == 0):
                    return True
            await self._in_thread(session.quit)
        finally:
            await self._let_go(session)
        return True

    async def _let_go(self, session: Session) -> None:
        """Close a connection; a program that ends does not wait for its thread, which a look-up may hold."""
        self._session = None
        session.abort()
        closing = asyncio.ensure_future(self._in_thread(session.close))
        if not self._ending:
            await closing

    def _show(self, letter: Letter) -> None:
        self._current = letter.id
        self._board.begin(letter.id, letter.size, ())

    async def _open(self) -> Session:
        """Return a session that is signed in; a token that ran out is renewed once."""
        secret = await self._passwords.get(self._account)
        if secret is None:
            raise SecretError(
                f"No password is known for {self._account.email}",
                hint="Press Enter on the account to type it",
            )
        try:
            return await self._signed_in(secret)
        except SignInRefused:
            another = await self._passwords.renewed(self._account, secret)
            if another is None:
                raise
        return await self._signed_in(another)

    async def _signed_in(self, secret: str) -> Session:
        assert self._account.smtp is not None
        loop = asyncio.get_running_loop()

        def told(step: Step, sentence: str) -> None:
            loop.call_soon_threadsafe(self._hear, step, sentence)

        session = self._session = self._connect(self._account, self._account.smtp, secret, told)
        try:
            await self._in_thread(session.open)
        except BaseException as error:
            self._ending = isinstance(error, asyncio.CancelledError)
            await self._let_go(session)
            raise
        return session

    def _hear(self, step: Step, sentence: str) -> None:
        """Take down what the line tells of the letter that it has."""
        if self._current is not None:
            self._board.step(self._current, LogLine(self._now(), step, safe_text(sentence)))

    async def _unreached(self, due: Sequence[Letter], error: MailError) -> None:
        """Let letters wait for a server that cannot be reached, or that does not let us in."""
        self._current = None
        asks_a_person = isinstance(error, SignInRefused | SecretError) and not self._account.token_command
        wait = UNREACHED[min(self._failures, len(UNREACHED) - 1)]
        self._failures += 1
        self._reach_at = FOREVER if asks_a_person else self._now() + wait
        self._board.unreachable(self._id, 0.0 if asks_a_person else self._reach_at)
        for letter in due:
            change = rules.unreached(letter, str(error))
            told = LogLine(self._now(), Step.POSTPONED, safe_text(str(error)))
            if (change.state, change.error) != (letter.state, letter.error):
                await self._move(letter, change, (told,))

    def _reached(self) -> None:
        self._failures = 0
        self._board.unreachable(self._id, 0.0)

    async def _deliver(self, session: Session, letter: Letter, *, fresh: bool) -> bool:
        """Send a letter, the first on a connection if `fresh`; False where that is of no use afterwards.

        Cancelled, it ends the line and waits for what became of the letter.
        """
        work = asyncio.ensure_future(self._hand_over(session, letter, fresh))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._ending = True
            if self._is_leaving:
                await asyncio.wait((work,), timeout=GRACE)
            session.abort()
            await asyncio.wait((work,))
            raise
        finally:
            self._current, self._is_leaving = None, False
            self._board.end(letter.id)

    async def _hand_over(self, session: Session, letter: Letter, fresh: bool) -> bool:
        self._current = letter.id
        self._board.begin(letter.id, letter.size, self._board.lines(letter.id))
        begun = await self._move(letter, rules.begun(letter))
        if begun is None:
            return True
        try:
            wire = await asyncio.to_thread(_wire, self._database, letter)
        except StoreError as error:
            await self._not_sent(begun, error)
            return True
        try:
            said = await self._all_but_the_dot(session, begun, wire)
        except StoreError:
            raise
        except MailError as error:
            if not fresh and isinstance(error, NetworkError):  # servers end what went on for long
                await self._move(begun, rules.unheard(begun))
            else:
                await self._not_sent(begun, error)
            return False
        if not any(answer.accepted for answer in said.values()):
            first = next(iter(said.values()))
            await self._move(begun, rules.put_off(begun, str(first), self._now(), said))
            return True
        committing = await self._move(begun, rules.ended(said, self._now()))
        if committing is None:  # taken back at the last moment
            session.abort()
            return False
        self._is_leaving = True
        return await self._commit(session, committing)

    async def _all_but_the_dot(self, session: Session, letter: Letter, wire: bytes) -> dict[str, Answer]:
        """Bring a letter as far as its last line, if anybody is to get it; return what was said of whom."""
        utf8 = not all(one.isascii() for one in (letter.sender, *letter.left))
        said: dict[str, Answer] = await self._in_thread(
            lambda: session.envelope(
                letter.sender, letter.left, len(wire), utf8=utf8, dsn=False, envelope_id=letter.message_id
            )
        )
        if not any(answer.accepted for answer in said.values()):
            return said
        loop = asyncio.get_running_loop()

        def left(octets: int) -> None:
            loop.call_soon_threadsafe(self._board.left, letter.id, octets)

        await self._in_thread(lambda: session.send_bytes(io.BytesIO(wire), left))
        return said

    async def _not_sent(self, letter: Letter, error: MailError) -> None:
        """Write down that a letter was provably not taken; a program that ends leaves it to the next."""
        if self._ending:
            return
        refused = isinstance(error, ServerRefused | StoreError)
        rule = (
            rules.refused(letter, str(error)) if refused else rules.put_off(letter, str(error), self._now())
        )
        step = Step.REFUSED if rule.state is not SendState.QUEUED else Step.POSTPONED
        await self._move(letter, rule, (LogLine(self._now(), step, safe_text(str(error))),))

    async def _commit(self, session: Session, letter: Letter) -> bool:
        try:
            answer: Answer = await self._in_thread(session.commit)
        except LostInCommit as error:
            await self._lost(letter, str(error))
            return False
        except MailError as error:  # the server's own no, or a line that broke before the dot
            await self._not_sent(letter, error)
            return False
        except BaseException:
            await self._lost(letter, "Something unexpected happened when it was leaving")
            raise
        await self._taken(letter, str(answer))
        return True

    async def _lost(self, letter: Letter, sentence: str) -> None:
        told = LogLine(self._now(), Step.UNSURE, safe_text(sentence))
        await self._move(letter, rules.lost(self._now()), (told,))
        self._search_wake.set()

    async def _taken(self, letter: Letter, sentence: str, lines: Sequence[LogLine] = ()) -> None:
        now = self._now()
        copy = await sent_copies.copy_of(self._database, letter, now)
        change = rules.taken(letter, sentence, now)
        live = self._board.lines(letter.id)
        self._unwritten[letter.id] = letter, sentence
        async with self._database.intention() as tx:
            await sent_copies.settle(tx, self._account, letter, change, (*live, *lines), copy, now)
        del self._unwritten[letter.id]
        self._board.stored(letter.id, live)

    async def _move(self, letter: Letter, change: Change, lines: Sequence[LogLine] = ()) -> Letter | None:
        """Change a letter's state and store its log so far; None where somebody else was quicker."""
        live = self._board.lines(letter.id)
        async with self._database.intention() as tx:
            if not await outbox.change(tx, letter, change, (*live, *lines)):
                return None
            moved = await outbox.letter(tx, letter.id)
        self._board.stored(letter.id, live)
        return moved

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Do what blocks in the line's own thread, so that a slow server keeps nobody else waiting."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, f"sending {self._account.key}")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _end_thread(self) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=False)
            self._thread = None

    # Looking for what is in doubt.

    async def search_due(self) -> None:
        """Look for letters that may have been sent."""
        now = self._now()
        letters = [one for one in await self._letters() if decide(one, now).deed is Deed.SEARCH]
        if not letters or self._search_at > now:
            return
        try:
            session = await self._connections.another()
        except (MailError, TooManyError) as error:
            log.info("Letters of %s are not looked for yet: %s", self._account.key, error)
            self._search_at = now + SEARCH_AGAIN
            return
        try:
            for letter in letters:
                identity = writing_as(self._account.writes_as, letter.sender)
                await self._search(session, letter, identity.sent if identity else "")
            await session.logout()
        except MailError as error:
            log.info("Letters of %s could not be looked for: %s", self._account.key, error)
            self._search_at = now + SEARCH_AGAIN
        finally:
            session.abort()

    async def _search(self, session: Any, letter: Letter, sent_name: str) -> None:
        """Look for one letter; where others carry its Message-ID, or some have it, a trace tells nothing."""
        tells = not letter.is_with_somebody and await outbox.is_only_one(self._database.lists, letter)
        found = await trace_of(session, self._database, letter, sent_name) if tells else ""
        now = self._now()
        if found:
            told = LogLine(now, Step.ACCEPTED, safe_text(f"It was sent: it lies in {found}"))
            await self._taken(letter, f"Found in {found}", (told,))
            return
        told = LogLine(now, Step.UNSURE, safe_text(rules.UNFOUND.error))
        await self._move(letter, rules.UNFOUND, (told,))

    async def _next_search(self) -> float:
        times = [decide(letter, self._now()) for letter in await self._letters()]
        found = [one.at for one in times if one.deed is Deed.WAIT]
        if any(one.deed is Deed.SEARCH for one in times):
            found.append(self._search_at)
        return min(found, default=FOREVER)


def _wire(database: Database, letter: Letter) -> bytes:
    """Return the octets of a letter that go over the line; pure work and a file, for a thread."""
    if letter.file is None:
        raise StoreError("The file of this letter is gone", hint="Without it the letter cannot be sent")
    return without_bcc(outbox_files.read(database.path, letter.file))


async def _woken(wake: asyncio.Event, limit: float) -> None:
    try:
        async with asyncio.timeout(limit):
            await wake.wait()
    except TimeoutError:
        pass
