"""A real Postfix in a temporary folder, on free ports of loopback; its letters arrive in a running Dovecot.

It asks Dovecot whether a sign-in is good, and shows Dovecot's certificate. `master` runs for root only; the
others run as Postfix's own user. The system's Postfix, if there is one, is not touched.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from tests.servers.daemon import dismiss, end, free_ports, greets, post_guard
from tests.servers.dovecot import ATTEMPTS, Dovecot
from tests.servers.dovecot_conf import LOCAL
from tests.servers.dovecot_program import StartError
from tests.servers.postfix_program import daemons, program, why_missing
from tui_mail.model.account import Security, Server

DOMAIN = "example.org"
"""Its users are Dovecot's."""
SIZE_LIMIT = 20_000_000
"""Octets that a letter may have."""
NOBODY = f"nobody-here@{DOMAIN}"
"""A recipient that is refused for good."""
LATER = f"later@{DOMAIN}"
"""A recipient that is refused for now."""
BANNED = f"banned@{DOMAIN}"
"""A sender that is refused for good."""

_PRIVATE = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A server that takes letters from the users of a Dovecot; a context manager."""

    host = LOCAL
    smtp_plain: int
    smtp_starttls: int
    """The same port as `smtp_plain`: STARTTLS is offered there."""
    smtp_tls: int

    def __init__(self, dovecot: Dovecot) -> None:
        self.dovecot = dovecot
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Postfix":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Come up and answer; StartError otherwise."""
        if reason := why_missing():
            raise StartError(reason)
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-", dir="/tmp"))
        self.folder.chmod(0o755)
        try:
            for _ in range(ATTEMPTS):
                if self._started():
                    assert self._process is not None
                    self._guard = post_guard(self._process.pid, self.folder)
                    return
            raise StartError(f"Postfix did not start:\n{self.log()}")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the processes that `start` began, and remove the folder."""
        if self._guard is not None:
            dismiss(self._guard)
            self._guard = None
        if self._process is not None:
            end(self._process)
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What the server wrote down so far, after what it said before it had a log."""
        paths = (self.folder / "postfix.err", self.folder / "postfix.log")
        return "".join(path.read_text(errors="replace") for path in paths if path.exists())

    def facts(self) -> dict[str, object]:
        """How to reach the server, in words for people and programs."""
        return {
            "host": self.host,
            "smtp (plain, STARTTLS)": self.smtp_plain,
            "smtp (TLS)": self.smtp_tls,
            "process group": self._process.pid if self._process else None,
            "domain": DOMAIN,
            "folder": str(self.folder),
        }

    def server(self, security: Security = Security.TLS) -> Server:
        """Where letters are handed in, protected in that way."""
        return Server(self.host, self.smtp_tls if security is Security.TLS else self.smtp_plain, security)

    def _started(self) -> bool:
        plain, tls = free_ports(2)
        self.smtp_plain = self.smtp_starttls = plain
        self.smtp_tls = tls
        etc = self.folder / "etc"
        etc.mkdir(exist_ok=True)
        (etc / "main.cf").write_text(self._main())
        (etc / "master.cf").write_text(
            f"{LOCAL}:{plain} inet n - n - - smtpd\n"
            f"{LOCAL}:{tls} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n{_PRIVATE}"
        )
        (self.folder / "queue").mkdir(exist_ok=True)
        with (self.folder / "postfix.err").open("wb") as err:
            quiet = {"stdin": subprocess.DEVNULL, "stdout": err, "stderr": err}
            subprocess.run([str(program()), "-c", str(etc), "check"], **quiet)  # type: ignore[call-overload]
            self._process = subprocess.Popen(
                [str(daemons() / "master"), "-d", "-c", str(etc)],  # type: ignore[operator]  # why_missing looked
                env={**os.environ, "MAIL_CONFIG": str(etc)},
                start_new_session=True,
                **quiet,  # type: ignore[call-overload]
            )
        if greets(plain, self._process, b"220 "):
            return True
        end(self._process)
        return False

    def _main(self) -> str:
        mine, dovecot = self.folder, self.dovecot
        return f"""
compatibility_level = 3.6
queue_directory = {mine}/queue
data_directory = {mine}/data
maillog_file = {mine}/postfix.log
maillog_file_prefixes = {mine}
myhostname = postfix.{DOMAIN}
mydestination =
mynetworks =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
import_environment = MAIL_CONFIG
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtpd_delay_reject = no
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
local_header_rewrite_clients =
message_size_limit = {SIZE_LIMIT}
mailbox_size_limit = 0
virtual_mailbox_domains = {DOMAIN}, postfix.{DOMAIN}
virtual_mailbox_maps = static:all
virtual_transport = lmtp:inet:{LOCAL}:{dovecot.lmtp}
local_transport = error:nobody is local
default_transport = error:nothing leaves this machine
smtpd_tls_security_level = may
smtpd_tls_cert_file = {dovecot.certificate.cert_file}
smtpd_tls_key_file = {dovecot.certificate.key_file}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:{LOCAL}:{dovecot.auth}
smtpd_sender_restrictions = check_sender_access inline:{{ {{ {BANNED} = REJECT you may not send }} }}
smtpd_recipient_restrictions =
  check_recipient_access inline:{{ {{ {NOBODY} = 550 5.1.1 nobody of that name }},
    {{ {LATER} = 450 4.2.0 come back later }} }}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""
