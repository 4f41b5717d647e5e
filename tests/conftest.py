"""What several test files share: a real store in a temporary folder, and mentions with invented, kind texts."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import clock_kit
import pytest
from hypothesis import HealthCheck, settings

from listening import door
from listening import store as stores
from listening.models import Mention, mention_id
from listening.store import Store

# Machines are slow and noisy at times; a property fails by what it finds, never by how long the search took.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

if clock_kit.HOURS:
    clock_kit.go_ahead()

# Servers of tests are on this machine: whatever proxy the environment names is none of their business.
for _name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)

MakeMention = Callable[..., Mention]
MakeStore = Callable[[], Store]
Save = Callable[..., int]
PlainAccount = Callable[[], AbstractContextManager[None]]

TIMEZONE = ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
"""Noon in New York on Wednesday 4 March 2026: when a mention is published that does not say otherwise."""

TEXTS = (
    "The new bridge in Quillhaven makes my walk to work so much nicer.",
    "Does anybody know when the library opens on Sunday?",
    "Thank you to the driver who waited for my grandmother this morning.",
    "The bus was late again, but the people at the stop were lovely.",
    "Free seedlings at the town hall on Saturday, bring a pot.",
)
_numbers = count(1)


@pytest.fixture(scope="session")
def mention() -> MakeMention:
    """Makes a mention: its own key, a kind text, good, about transit, at noon; ``changes`` replace any field."""

    def make(**changes: Any) -> Mention:
        number = next(_numbers)
        values: dict[str, Any] = {
            "source": "mastodon",
            "feed": "Quillhaven social",
            "key": f"post-{number}",
            "text": TEXTS[number % len(TEXTS)],
            "published_at": NOON,
            "collected_at": changes.get("published_at", NOON) + timedelta(minutes=5),
            "topics": ("transit",),
            "tag": "good",
            **changes,
        }
        values.setdefault("id", mention_id(source=values["source"], key=values["key"], feed=values["feed"]))
        return Mention(**values)

    return make


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> MakeStore:
    """Makes an empty store in a folder of its own, cutting days in New York."""

    def make() -> Store:
        file = tmp_path_factory.mktemp("store") / "mentions.db"
        return stores.open_store(f"sqlite:///{file}", TIMEZONE)

    return make


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store in ``tmp_path``, cutting days in New York."""
    return stores.open_store(f"sqlite:///{tmp_path / 'mentions.db'}", TIMEZONE)


@pytest.fixture(scope="session")
def save() -> Save:
    """Saves mentions in one transaction and returns how many were new: ``save(store, one, another)``."""

    def into(store: Store, *mentions: Mention) -> int:
        with store.writing() as connection:
            return stores.save(store, connection, mentions)

    return into


@pytest.fixture
def true_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's clock goes with that of the other processes that a test starts, at whatever hour it is run."""
    monkeypatch.setattr(door, "now", clock_kit.true_now)


NOBODY_OUTSIDE = dict.fromkeys(("https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
"""An environment in which nobody outside this machine is asked: to https there is only a way that leads nowhere."""


@pytest.fixture
def nobody_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program asks nobody outside this machine, also where it would by itself and there is a network."""
    for name, value in NOBODY_OUTSIDE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may enter, unlike ``tmp_path``."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def plain_account() -> PlainAccount:
    """Within ``with plain_account():`` we are not root, who may read and write everything."""

    @contextmanager
    def plain() -> Iterator[None]:
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)

    return plain


SLOW = (
    "test_campaign", "test_review_page", "test_meeting", "test_rehearsal", "test_leaflet", "test_page_browser",
    "test_rooms",
    "test_replay", "test_minilm", "test_recheck", "test_page_apptest", "test_takeaway", "test_learn", "test_rematch",
    "test_teaching", "test_unattended", "test_soak", "test_import_page", "test_setup_browser",
    "test_import_command", "test_setup_page",
)  # fmt: skip
"""Files that take longest, mostly with a browser. They begin first, so that no worker is left alone with one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow files; the order within a file stays.

    A test before a browser that fails is tried once more, and named in the summary (RERUN): where a machine is busy, a
    look may come a moment before what it looks for. What is broken fails twice.
    """
    order = {name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: order.get(item.path.stem, len(SLOW)))
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish() -> None:
    """Spare what takes longer than what is tested.

    Let Streamlit look for packages with components once: for each run of a page in a test it reads all that are
    installed anew.
    """
    if "streamlit.testing.v1" in sys.modules:
        from streamlit.components.v2 import manifest_scanner

        manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
    # And let what was loaded so far be left out of the collections of garbage that it has made after each run.
    gc.collect()
    gc.freeze()


_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped, for ``pytest_sessionfinish``."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where nothing may be skipped (LISTENING_NOTHING_SKIPPED, set in CI), a skipped test fails the run."""
    if os.environ.get("LISTENING_NOTHING_SKIPPED") and _skipped and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\nNothing may be skipped here, but these were:", *_skipped, sep="\n  ")
