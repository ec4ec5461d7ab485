"""A folder of public test messages, if there is one (TUI_MAIL_CORPUS), is read from end to end."""

import os
from pathlib import Path

import pytest

from tests.mime.test_robustness import check

FOLDER = os.environ.get("TUI_MAIL_CORPUS", "")


@pytest.mark.skipif(not FOLDER, reason="TUI_MAIL_CORPUS names no folder")
def test_every_file_of_the_corpus_is_read() -> None:
    files = [path for path in Path(FOLDER).rglob("*") if path.is_file()]
    assert files
    for path in files:
        check(path.read_bytes())
