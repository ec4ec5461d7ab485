"""The configuration of one unprivileged Dovecot, in the words of 2.3 and of 2.4.

Every service runs as the one user that starts the server, without chroot ("rootless" in Dovecot's manual).
Dovecot tells a local client by equal addresses at both ends: to 127.0.0.1 a password may go in the clear, to
127.0.0.2 only after TLS, which is where tests watch a refusal.
"""

from dataclasses import dataclass
from pathlib import Path

from tests.servers.daemon import LOCAL

STRICT = "127.0.0.2"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a server listens."""

    imap: int
    """Plain; STARTTLS is offered here."""
    imaps: int
    pop3: int
    """Plain; STLS is offered here."""
    pop3s: int
    lmtp: int
    auth: int
    """Dovecot's SASL, for another server."""


@dataclass(frozen=True, slots=True)
class Site:
    """All that tells one server from another."""

    folder: Path
    """Holds everything: configuration, sockets, log, users, mail."""
    user: str
    group: str
    uid: int
    gid: int
    cert_file: Path
    key_file: Path
    ports: Ports
    mechanisms: str
    """How one may sign in."""
    introspection: str
    """Where Dovecot asks whose an access token is, the token to be appended; "" = no tokens. 2.3 only."""


def configuration(site: Site, version: tuple[int, int]) -> str:
    """The text of dovecot.conf for a Dovecot of that version."""
    dialect = _words_of_2_4 if version >= (2, 4) else _words_of_2_3
    return dialect(site) + _words_of_both(site)


def _words_of_2_3(site: Site) -> str:
    return f"""
protocols = imap pop3 lmtp
ssl = yes
ssl_cert = <{site.cert_file}
ssl_key = <{site.key_file}
disable_plaintext_auth = yes
mail_location = maildir:~/Maildir:UTF-8
mail_plugins = zlib
protocol imap {{
  mail_plugins = zlib imap_zlib
}}
protocol lmtp {{
  auth_username_format = %Ln
}}
{_tokens(site)}passdb {{
  driver = passwd-file
  mechanisms = {_of_passwords(site)} none
  args = {site.folder}/users/%u
}}
userdb {{
  driver = static
  args = uid={site.uid} gid={site.gid} home={site.folder}/homes/%u
}}
"""


def _of_passwords(site: Site) -> str:
    """What looks into the file of passwords; "none" beside it is the look-up of whether a user exists."""
    return " ".join(word for word in site.mechanisms.split() if word not in ("xoauth2", "oauthbearer"))


def _tokens(site: Site) -> str:
    if not site.introspection:
        return ""
    return f"""
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {site.folder}/oauth2.conf
}}
"""


def introspection(url: str) -> str:
    """The text of oauth2.conf."""
    return f"introspection_mode = get\nintrospection_url = {url}\nusername_attribute = username\n"


def _words_of_2_4(site: Site) -> str:
    return f"""
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols {{
  imap = yes
  pop3 = yes
  lmtp = yes
}}
ssl = yes
ssl_server_cert_file = {site.cert_file}
ssl_server_key_file = {site.key_file}
auth_allow_cleartext = no
local {LOCAL} {{
  auth_allow_cleartext = yes
}}
mail_driver = maildir
mail_path = ~/Maildir
mailbox_list_utf8 = yes
protocol lmtp {{
  auth_username_format = %{{user | username | lower}}
}}
passdb passwd-file {{
  passwd_file_path = {site.folder}/users/%{{user}}
}}
userdb static {{
  fields {{
    uid = {site.uid}
    gid = {site.gid}
    home = {site.folder}/homes/%{{user}}
  }}
}}
"""


def _words_of_both(site: Site) -> str:
    return f"""
listen = {LOCAL}, {STRICT}
base_dir = {site.folder}/run
state_dir = {site.folder}/state
log_path = {site.folder}/dovecot.log
default_internal_user = {site.user}
default_internal_group = {site.group}
default_login_user = {site.user}
default_vsz_limit = 1G
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = {site.mechanisms}
auth_failure_delay = 0
auth_verbose = yes
mail_max_userip_connections = 200
postmaster_address = postmaster@localhost
hostname = localhost
namespace inbox {{
  inbox = yes
  separator = /
{_special("Drafts")}{_special("Sent")}{_special("Archive")}{_special("Junk")}{_special("Trash")}}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap {{
  process_limit = 400
}}
service pop3 {{
  process_limit = 400
}}
{_login("imap", site.ports.imap, site.ports.imaps)}{_login("pop3", site.ports.pop3, site.ports.pop3s)}
service auth {{
  inet_listener auth {{
    port = {site.ports.auth}
  }}
}}
service lmtp {{
  user = {site.user}
  inet_listener lmtp {{
    port = {site.ports.lmtp}
  }}
}}
"""


def _special(name: str) -> str:
    return f"  mailbox {name} {{\n    auto = subscribe\n    special_use = \\{name}\n  }}\n"


def _login(protocol: str, plain: int, tls: int) -> str:
    return f"""
service {protocol}-login {{
  chroot =
  process_limit = 400
  inet_listener {protocol} {{
    port = {plain}
  }}
  inet_listener {protocol}s {{
    port = {tls}
    ssl = yes
  }}
}}
"""
