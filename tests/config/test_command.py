"""Password commands."""

import sys

import pytest

from tui_mail.config.command import first_line
from tui_mail.model.errors import SecretError

PRINTS = "import sys; sys.stdout.write({!r})"


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


async def test_the_first_line_is_the_password_and_blanks_belong_to_it() -> None:
    assert await first_line(python(PRINTS.format(" pass word \r\nurl: x\n"))) == " pass word "
    assert await first_line(python(PRINTS.format("short"))) == "short"


async def test_a_list_is_executed_and_a_text_goes_to_the_shell() -> None:
    assert await first_line(("printf", "%s", "$HOME; x")) == "$HOME; x"
    assert await first_line("printf abc | tr a-c x-z") == "xyz"


async def test_its_input_is_closed() -> None:
    assert await first_line("cat; echo end") == "end"


async def test_a_failure_is_told_with_the_last_line_of_its_complaint_and_never_with_its_output() -> None:
    with pytest.raises(SecretError, match="status 3: “no such ␛entry”") as caught:
        await first_line("echo hunter2; echo first >&2; printf 'no such \\033entry\\n' >&2; exit 3")
    assert "hunter2" not in str(caught.value)


async def test_a_command_that_is_not_there_is_told_in_words() -> None:
    with pytest.raises(SecretError, match="cannot be run"):
        await first_line(("/nowhere/at/all",))


@pytest.mark.parametrize("output", ["", "\n", "\r\nx\n"])
async def test_an_empty_first_line_is_no_password(output: str) -> None:
    with pytest.raises(SecretError, match="printed nothing"):
        await first_line(python(PRINTS.format(output)))


async def test_bytes_that_are_no_text_are_told() -> None:
    with pytest.raises(SecretError, match="UTF-8"):
        await first_line("printf '\\377'")


async def test_a_command_that_does_not_end_is_killed_with_its_children() -> None:
    with pytest.raises(SecretError, match=r"within 0\.2 seconds"):
        await first_line("sleep 600 | cat", limit=0.2)
