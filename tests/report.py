"""What tests found out in figures, told at the end of the run, also when several processes ran them.

A fault test that passes says little until one knows how often its fault struck. `report.count` adds up
figures by title over all the tests that count under it; `report.line` tells a sentence as it is.
"""

from collections.abc import Iterator
from typing import cast

import pytest

_KEY = "report"


class Report:
    """What one test has to tell."""

    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._properties = properties

    def line(self, text: str) -> None:
        """Tell this at the end."""
        self._properties.append((_KEY, [text, {}]))

    def count(self, title: str, **figures: float) -> None:
        """Add figures to those of the same title; words in their names are apart by `_`."""
        self._properties.append((_KEY, [title, figures]))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """What is told at the end of the run; it travels with the test's outcome, from whatever process."""
    return Report(request.node.user_properties)


class Collector:
    """Hears every outcome, and tells at the end."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, float]] = {}
        """Figures by title, in the order of the first mention; a sentence has none."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test reported, once its teardown is over too."""
        if report.when == "teardown":
            told = [value for key, value in report.user_properties if key == _KEY]
            for title, figures in cast(list[tuple[str, dict[str, float]]], told):
                sums = self._told.setdefault(title, {})
                for name, figure in figures.items():
                    sums[name] = sums.get(name, 0) + figure

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print it."""
        if self._told:
            terminalreporter.section("what the tests found out")
            for line in self._lines():
                terminalreporter.write_line(line)

    def _lines(self) -> Iterator[str]:
        width = max((len(title) for title, figures in self._told.items() if figures), default=0)
        for title, figures in self._told.items():
            shown = ", ".join(f"{figure:,.6g} {name.replace('_', ' ')}" for name, figure in figures.items())
            yield f"{title:{width}}  {shown}" if figures else title


def pytest_configure(config: pytest.Config) -> None:
    """Collect where the run is told of: not in the processes that only run tests for it."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Collector())
