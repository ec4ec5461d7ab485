"""What every test may ask for: a real mail server, a fresh mailbox on it, and the long form of a test."""

import itertools
import os
from collections.abc import Iterator

import pytest

from tests.servers.dovecot import PASSWORD, Dovecot, why_missing
from tests.servers.mailbox import Mailbox

_serial = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long form of the tests that have one")


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


@pytest.fixture
def mailbox(dovecot: Dovecot) -> Mailbox:
    """A fresh user of the running Dovecot, with an empty inbox."""
    username = f"user{next(_serial)}"
    dovecot.add_user(username)
    return Mailbox(dovecot, username, PASSWORD)
