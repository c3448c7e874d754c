"""What every test shares: where the official vectors are, and no silent skips in CI."""

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from tests.turns import Turns, turn

CHECKOUT = Path(__file__).resolve().parent.parent
VECTORS = CHECKOUT.parent / "shared" / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of official test vectors beside the checkout; the test is skipped where it is absent."""
    if not VECTORS.is_dir():
        pytest.skip("the official test vectors (../shared/vectors) are not beside this checkout")
    return VECTORS


class _SkipCounter:
    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """A test that sets up logging, as a process does, writes to what pytest has caught for it: not so the next one."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        root = logging.getLogger()
        root.handlers[:] = [handler for handler in root.handlers if type(handler) is not logging.StreamHandler]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Turns:
    """What is shared among processes (`-n`) goes by `tests.turns`, whatever `--dist` says."""
    config.option.loadscopereorder = False
    return Turns(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a process that shares tests with others: the long ones first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn(item.nodeid))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_SkipCounter(), "skip-counter")
    settings.register_profile("patient", deadline=None)  # no test asserts how long something takes on this machine
    settings.load_profile("patient")
    # Where Python is told to keep no bytecode, each of the many processes that tests start would compile everything.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """In CI a skipped test is a failed run: what is not run there is run nowhere."""
    counter = session.config.pluginmanager.get_plugin("skip-counter")
    if os.environ.get("CI") == "true" and isinstance(counter, _SkipCounter) and counter.skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\nCI=true and these tests were skipped:", *counter.skipped, sep="\n  ")
    yield
