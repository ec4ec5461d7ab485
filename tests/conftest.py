"""What every test may ask for: a real mail server, a fresh mailbox on it, and the long form of a test.

A test that found out figures tells them at the end of the run through the fixture `report`.
"""

import itertools
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.dovecot_program import why_missing
from tests.servers.mailbox import Mailbox
from tests.servers.postfix import Postfix
from tests.servers.postfix_program import not_installed
from tests.servers.postfix_program import why_missing as why_no_postfix

pytest_plugins = ("tests.report",)
_serial = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long form of the tests that have one")


def pytest_configure(config: pytest.Config) -> None:
    """Random input without a limit on time: the same each time, and other and more of it in the long form."""
    settings.register_profile(
        "short", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.register_profile("long", settings.get_profile("short"), derandomize=False, max_examples=2000)
    settings.load_profile("long" if config.getoption("--long") else "short")


@pytest.fixture(scope="session")
def long_form(request: pytest.FixtureRequest) -> bool:
    """Whether minutes may be spent where seconds do otherwise."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A running Dovecot; without one the test is skipped, and fails on a machine that exists to run tests."""
    if reason := why_missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    with Dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def postfix(dovecot: Dovecot) -> Iterator[Postfix]:
    """A running Postfix whose letters arrive in the Dovecot; where it may not run the test is skipped."""
    if (reason := not_installed()) and os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    if reason := why_no_postfix():
        pytest.skip(reason)
    with Postfix(dovecot) as server:
        yield server


@pytest.fixture
def mailbox(dovecot: Dovecot) -> Mailbox:
    """A fresh user of the running Dovecot, with an empty inbox."""
    username = f"user{next(_serial)}"
    dovecot.add_user(username)
    return Mailbox(dovecot, username, PASSWORD)
