"""Further processes conclude what this one would, are started only when worth it, and may fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listening.models import Post, Topic
from listening.workers import Recipe, Workers

NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
RECIPE = Recipe(
    topics=(Topic(name="Buses", query="quillhaven AND (bus OR buses)"), Topic(name="Town", query="quillhaven")),
    own_accounts=("@townhall@harbor.example",),
    names=("Quillhaven",),
    neutral=("detour",),
    scored=(),
    listed_authors=(),
)
TEXTS = (
    "The Quillhaven bus was late and nobody said why. Terrible.",
    "Thank you, Quillhaven library, what a lovely morning!",
    "Der Bus in Quillhaven war heute wieder zu spät, schade für alle.",
    "Nothing about us at all.",
)
POSTS = [
    Post(source="mastodon", feed="harbor", key=str(n), text=text, published_at=NOW, author="@townhall@harbor.example")
    for n, text in enumerate(TEXTS)
]


@pytest.fixture
def workers() -> Workers:
    """One process, worth starting from the fifth post on."""
    return Workers(RECIPE, most=1, worth=5)


def test_they_conclude_what_this_process_would(workers: Workers) -> None:
    """Topics, tags, reasons, our own accounts, other languages, and what is no mention: all as here."""
    here = RECIPE.made()
    with workers:
        assert workers.wanted(5)
        assert workers.conclude(POSTS, "post", NOW) == [here.mention(post, kind="post", now=NOW) for post in POSTS]
        assert workers.conclude([], "headline", NOW) == []


def test_a_small_run_starts_none(workers: Workers) -> None:
    """Nine quiet feeds must not cost the start of another process."""
    with workers:
        assert not workers.wanted(4)
        assert workers.threads is None
        assert workers.wanted(1)


def test_one_processor_is_left_alone() -> None:
    """Where there is nothing to share the work with, none is started."""
    with Workers(RECIPE, most=0) as workers:
        assert not workers.wanted(1_000_000)


@pytest.mark.skipif(os.name == "nt", reason="this system ends processes in another way")
def test_a_process_that_dies_is_replaced(workers: Workers) -> None:
    """The caller hears that it must do this batch itself, and the next one works again."""
    with workers:
        workers.wanted(5)
        assert workers.conclude(POSTS[:1], "post", NOW) is not None
        (process,) = workers._running
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert workers.conclude(POSTS[:1], "post", NOW) is None
        assert workers.conclude(POSTS[:1], "post", NOW) is not None


def test_they_end_with_their_caller(workers: Workers) -> None:
    """No process is left behind."""
    with workers:
        workers.wanted(5)
        workers.conclude(POSTS, "post", NOW)
        (process,) = workers._running
    assert process.poll() is not None


def test_a_script_without_a_main_guard_is_not_started_anew(tmp_path: Path) -> None:
    """A notebook's or a script's first lines run once, whatever the number of processes."""
    script = tmp_path / "script.py"
    script.write_text(
        "print('begun')\n"
        "from datetime import UTC, datetime\n"
        "from listening.models import Post, Topic\n"
        "from listening.workers import Recipe, Workers\n"
        "recipe = Recipe(topics=(Topic(name='t', query='bridge'),), own_accounts=(), names=(), neutral=(), scored=(),\n"
        "                listed_authors=())\n"
        "with Workers(recipe, most=2, worth=1) as workers:\n"
        "    workers.wanted(1)\n"
        "    post = Post(source='rss', feed='f', key='k', text='a bridge')\n"
        "    print(len(workers.conclude([post], 'post', datetime.now(UTC))))\n",
        encoding="utf-8",
    )
    said = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120).stdout
    assert said.split() == ["begun", "1"]
