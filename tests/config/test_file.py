"""Reading and writing the configuration file."""

import os
import stat
from pathlib import Path

import pytest

from tui_mail.config import file
from tui_mail.model.account import Account, Compression, Security, Server
from tui_mail.model.errors import ConfigError
from tui_mail.model.identity import Identity, SentCopy
from tui_mail.model.settings import How, Layout, Notify, Quiet, Settings

WORK = Account(
    key="work",
    email="ada@example.org",
    name='Ada "the first" Lovelace',
    imap=Server("imap.example.org", 993),
    username="ada",
    password_command=("pass", "show", "mail work"),
    ca_file=Path("/etc/ssl/own.pem"),
    keep_days=90,
    compress=Compression.ON,
    smtp=Server("smtp.example.org", 587, Security.STARTTLS),
    identities=(
        Identity("lists@example.org"),
        Identity(
            "ada@example.net",
            "Ada",
            ("*@example.net", "ada+*@example.org"),
            "answers@example.net",
            'Ada\n"x" \\ y',
            "Sent Mail",
            "Letters/Drafts",
        ),
    ),
    signature="Ada\nLondon",
    sent_copy=SentCopy.NEVER,
)
BY_TOKEN = Account(
    "job", "ada@example.com", "", Server("imap.example.com", 993), "ada@example.com",
    token_command=("oama", "access", "ada@example.com"),
)  # fmt: skip
HOME = Account(
    "home", "me@example.net", "", Server("127.0.0.1", 1143, Security.NONE), "me@example.net", "secret-tool"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "config.toml"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def problems(path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        file.load(written(path, text))
    return [line.removeprefix(f"{path}:") for line in str(caught.value).split("\n")]


def test_no_file_is_an_empty_configuration(path: Path) -> None:
    config = file.load(path)
    assert config.accounts == ()
    assert config.settings == Settings()


def test_the_smallest_account_needs_an_address_and_a_host(path: Path) -> None:
    written(path, '[account.a]\nemail = "a@b.c"\nimap = { host = "h" }\n')
    assert file.load(path).accounts == (Account("a", "a@b.c", "", Server("h", 993), "a@b.c"),)


def test_the_port_follows_the_security_unless_it_is_given(path: Path) -> None:
    written(path, '[account.a]\nemail = "a@b.c"\n[account.a.imap]\nhost = "h"\nsecurity = "starttls"\n')
    assert file.load(path).accounts[0].imap == Server("h", 143, Security.STARTTLS)


def test_settings_and_keys_are_read(path: Path) -> None:
    written(
        path, '[settings]\nlayout = "columns"\nmark_read_after = 2\nascii = true\n[keys]\narchive = "e,a"\n'
    )
    assert file.load(path).settings == Settings(
        layout=Layout.COLUMNS, mark_read_after=2.0, ascii=True, keys={"archive": "e,a"}
    )


def test_announcing_is_read(path: Path) -> None:
    written(path, '[notify]\nhow = "bell"\nfolders = ["inbox", "work/Lists"]\nquiet = "22:00-7:05"\n')
    quiet = Quiet(22 * 60, 7 * 60 + 5)
    assert file.load(path).settings.notify == Notify(How.BELL, ("inbox", "work/Lists"), quiet)
    written(path, '[notify]\nquiet = ""\n')
    assert file.load(path).settings.notify == Notify()


def test_what_is_wrong_with_announcing_is_told_by_line(path: Path) -> None:
    text = '[notify]\nhow = "loud"\nfolders = "inbox"\nquiet = "24:00-07:00"\nsound = true\n'
    assert [problem.split(":")[:2] for problem in problems(path, text)] == [
        ["2", " notify.how"],
        ["3", " notify.folders"],
        ["4", " notify.quiet"],
        ["5", " notify.sound"],
    ]


def test_a_file_of_authorities_is_found_beside_the_configuration(path: Path) -> None:
    written(path, '[account.a]\nemail = "a@b.c"\nca_file = "own.pem"\nimap = { host = "h" }\n')
    assert file.load(path).accounts[0].ca_file == path.parent / "own.pem"


def test_every_problem_is_told_at_once_with_line_key_and_the_word_that_was_meant(path: Path) -> None:
    text = """\
[setings]
[settings]
layout = "colums"
them = "x"
mark_read_after = "soon"

[account.work]
emial = "a@b.c"
imap = { host = "imap://x", port = "993", security = "ssl" }
keep_days = -1

[account.other]
email = "no address"
imap = 5
[keys]
archive = 5
"""
    assert problems(path, text) == [
        "1: setings: is not known; did you mean “settings”?",
        '3: settings.layout: must be one of "auto", "columns", "stacked", "single"; did you mean “columns”?',
        "4: settings.them: is not known; did you mean “theme”?",
        "5: settings.mark_read_after: must be a number of seconds, without quotes",
        '7: account.work: lacks “email”: an address such as "ada@example.org"',
        "8: account.work.emial: is not known; did you mean “email”?",
        '9: account.work.imap.host: must be the name of a server such as "imap.example.org", without "imap://"',
        "9: account.work.imap.port: must be a whole number from 1 to 65535, without quotes",
        '9: account.work.imap.security: must be one of "tls", "starttls", "none"',
        "10: account.work.keep_days: must be a whole number of days, 0 to 36500",
        '13: account.other.email: must be an address such as "ada@example.org"',
        '14: account.other.imap: must be a table such as { host = "imap.example.org" }',
        "16: keys.archive: must be keys in quotes, separated by commas",
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[account.a]\nemail = "a@b.c"\npassword = "hunter2"\nimap = { host = "h" }\n',
        '[account.a]\nemail = "a@b.c"\n\nimap = { host = "h", Password = "hunter2" }\n'.replace("\n\n", "\n"),
        '[account.a]\nemail = "a@b.c"\n[account.a.imap]\npasswd = "hunter2"\nhost = "h"\n'.replace(
            "]\np", "]\np"
        ),
    ],
)
def test_a_password_in_the_file_is_refused_with_the_reason_and_never_repeated(path: Path, text: str) -> None:
    (problem,) = problems(path, text)
    assert "passwords do not belong in this file" in problem
    assert "password_command" in problem
    assert "hunter2" not in problem
    assert problem.startswith(f"{text[: text.index('hunter2')].count(chr(10)) + 1}: account.a")


def test_no_protection_is_accepted_for_this_machine_only(path: Path) -> None:
    account = '[account.a]\nemail = "a@b.c"\nimap = {{ host = "{}", security = "none" }}\n'
    for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        assert file.load(written(path, account.format(host))).accounts[0].imap.security is Security.NONE
    for host in ("imap.example.org", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org"):
        (problem,) = problems(path, account.format(host))
        assert problem.startswith("3: account.a.imap.security:")


def test_names_that_a_variable_could_not_tell_apart_are_refused(path: Path) -> None:
    account = '[account.{}]\nemail = "a@b.c"\nimap = {{ host = "h" }}\n'
    (problem,) = problems(path, account.format("my-mail") + account.format("My_mail"))
    assert problem == "4: account.My_mail: is too much like account.my-mail; give one another name"


@pytest.mark.parametrize("key", ['"a.b"', '"a/b"', '""', '"\\u001b[2J"', f'"{"a" * 41}"'])
def test_an_account_with_a_name_that_is_no_word_is_refused_without_control_characters(
    path: Path, key: str
) -> None:
    (problem,) = problems(path, f'[account.{key}]\nemail = "a@b.c"\nimap = {{ host = "h" }}\n')
    assert "must be named with letters" in problem
    assert "\x1b" not in problem


@pytest.mark.parametrize("value", ["h\\r\\nA1 LOGOUT", "h\\u0000", "a b", ""])
def test_a_host_holds_no_blank_and_no_control(path: Path, value: str) -> None:
    (problem,) = problems(path, f'[account.a]\nemail = "a@b.c"\nimap = {{ host = "{value}" }}\n')
    assert problem.startswith("3: account.a.imap.host")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[settings]\ntheme = \n", "2:9"),
        ("[settings\n", "1:10"),
        ('a = "\x01"\n', "1:6"),
        ("a = 1\na = 2\n", "2:6"),
        ("x = [", "1:6"),
    ],
)
def test_damaged_toml_is_one_sentence_with_line_and_column(path: Path, text: str, place: str) -> None:
    (problem,) = problems(path, text)
    assert problem.startswith(f"{place}: this is not TOML: ")


def test_a_file_in_another_charset_is_told_with_its_line(path: Path) -> None:
    written(path, "").write_bytes(b"# one\nname = '\xe9'\n")
    with pytest.raises(ConfigError, match=r"config\.toml:2: this is not UTF-8"):
        file.load(path)


def test_a_folder_in_the_place_of_the_file_is_told_in_words(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot be read"):
        file.load(path)


def test_what_is_written_reads_back_the_same(path: Path) -> None:
    file.add_account(path, WORK)
    file.add_account(path, BY_TOKEN)
    file.add_account(path, HOME)
    assert file.load(path).accounts == (WORK, BY_TOKEN, HOME)


def test_the_file_is_for_its_owner_alone_under_any_umask_and_nothing_is_left_beside_it(path: Path) -> None:
    before = os.umask(0)
    try:
        file.add_account(path, WORK)
        file.set_setting(path, "theme", "night")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["config.toml"]


def test_comments_and_order_survive_every_write(path: Path) -> None:
    text = "# mine\n[settings] # here\ntheme = 'x' # nice\n\n# the last word\n"
    written(path, text)
    file.add_account(path, WORK)
    file.set_setting(path, "theme", "night")
    file.add_account(path, HOME)
    file.remove_account(path, "work")
    file.remove_account(path, "home")
    file.set_setting(path, "layout", Layout.STACKED)
    left = path.read_text("utf-8")
    assert file.load(path) == file.Config((), Settings(theme="night", layout=Layout.STACKED))
    for kept in ("# mine", "[settings] # here", "# nice", "# the last word"):
        assert kept in left


def test_a_setting_set_to_nothing_has_its_default_again(path: Path) -> None:
    file.set_setting(path, "theme", "night")
    file.set_setting(path, "theme", None)
    assert file.load(path).settings.theme == ""


def test_an_account_is_not_added_twice_and_not_removed_twice(path: Path) -> None:
    file.add_account(path, WORK)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="There is an account “work” already"):
        file.add_account(path, WORK)
    with pytest.raises(ConfigError, match="There is no account “wrok”"):
        file.remove_account(path, "wrok")
    assert path.read_bytes() == before


@pytest.mark.parametrize(("key", "value"), [("theme", 5), ("nothing", "x"), ("layout", "wide")])
def test_a_write_that_a_read_would_refuse_leaves_the_file_alone(path: Path, key: str, value: object) -> None:
    file.set_setting(path, "theme", "night")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=f"settings.{key}"):
        file.set_setting(path, key, value)
    assert path.read_bytes() == before


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    real = written(tmp_path / "dotfiles" / "mail.toml", "")
    path.parent.mkdir()
    path.symlink_to(real)
    file.add_account(path, WORK)
    assert path.is_symlink()
    assert file.load(real).accounts == (WORK,)


def test_a_file_that_others_may_write_is_not_believed(path: Path) -> None:
    written(path, "").chmod(0o666)
    with pytest.raises(ConfigError, match="may be written by others"):
        file.load(path)


def test_an_account_signs_in_by_one_thing_only(path: Path) -> None:
    text = (
        '[account.a]\nemail = "a@b.c"\npassword_command = "x"\ntoken_command = "y"\nimap = { host = "h" }\n'
    )
    assert problems(path, text) == [
        "4: account.a.token_command: stands beside password_command; an account needs one of them"
    ]


@pytest.mark.parametrize(
    ("words", "server"),
    [
        ("", Server("h", 465)),
        (', security = "starttls"', Server("h", 587, Security.STARTTLS)),
        (', port = 2525, security = "tls"', Server("h", 2525)),
    ],
)
def test_letters_leave_by_the_port_that_goes_with_the_security(
    path: Path, words: str, server: Server
) -> None:
    written(path, f'[account.a]\nemail = "a@b.c"\nimap = {{ host = "h" }}\nsmtp = {{ host = "h"{words} }}\n')
    assert file.load(path).accounts[0].smtp == server


def test_what_is_wrong_with_sending_is_told_by_line_and_number(path: Path) -> None:
    assert problems(
        path,
        """[account.work]
email = "ada@example.org"
sent_copy = "allways"
signature = ["x"]
imap = { host = "h" }
smtp = { host = "mail.example.org", security = "none" }
[[account.work.identity]]
address = "one@example.org"
[[account.work.identity]]
name = "Two"
adress = "two@example.org"
patterns = ["*"]
[[account.work.identity]]
address = "three"
reply_to = "a b@c"
[account.home]
email = "x@y.z"
imap = { host = "h" }
identity = [{ address = "ok@example.org" }, { name = "none" }]
""",
    ) == [
        '3: account.work.sent_copy: must be one of "auto", "always", "never"; did you mean “always”?',
        "4: account.work.signature: must be a text in quotes",
        '6: account.work.smtp.security: "none" would send the password in clear, so it is accepted for this '
        'machine only (127.0.0.1); use "tls" or "starttls"',
        '9: account.work.identity.2: lacks “address”: an address such as "ada@example.org"',
        "11: account.work.identity.2.adress: is not known; did you mean “address”?",
        '12: account.work.identity.2.patterns: must be a list of addresses such as ["*@example.org"]',
        '14: account.work.identity.3.address: must be an address such as "ada@example.org"',
        '15: account.work.identity.3.reply_to: must be an address such as "ada@example.org"',
        '19: account.home.identity.2: lacks “address”: an address such as "ada@example.org"',
    ]
