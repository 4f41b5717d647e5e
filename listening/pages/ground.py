"""What every page stands on: settings, store, the moment it speaks of, and its style."""

from __future__ import annotations

import atexit
import functools
import gc
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import streamlit as st
from streamlit import runtime

from listening import demo, door, snapshot
from listening import settings as settings_files
from listening.errors import ListeningError, SettingsError
from listening.pages import markup
from listening.privacy import Mask
from listening.settings import Settings
from listening.settings.read import FILE_NAME
from listening.snapshot import Snapshot
from listening.store import Store

HERE = Path(__file__).parent
MOST_KEPT = 30
"""Answers of one kind that the server keeps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """The settings and the opened store of this server."""

    settings: Settings
    store: Store
    frozen: Snapshot | None = None
    shelves: dict[str, dict[tuple[object, ...], Any]] = field(default_factory=dict, repr=False, compare=False)
    """What ``kept`` keeps, for all who look: with other settings the ground is another one, and begins empty."""

    def now(self) -> datetime:
        """The time that the page goes by: now, or for good the moment of a snapshot."""
        return door.now() if self.frozen is None else self.frozen.taken_at

    @property
    def mask(self) -> Mask:
        """Masks private people's handles and strong language; the same person looks the same while the server runs."""
        return Mask(
            feeds=self.settings.feeds,
            listed=(*self.settings.agency.own_accounts, *self.settings.privacy.listed_accounts),
            salt=SALT,
            soften=not self.settings.privacy.strong_language,
            links=self.settings.privacy.links_to_people,
        )


SALT = os.urandom(16)


@st.cache_resource(show_spinner="Opening the store …")
def _opened(path: str | None, changed: float, store: str | None) -> Ground:
    """Opened once a server, and again when the settings file changes; ``store`` takes the place of its store."""
    settings = _demo_town() if path is None else settings_files.load(Path(path), {"LISTENING_STORE": store or ""})
    return Ground(settings=settings, store=door.store_of(settings), frozen=snapshot.of_settings(settings))


def _demo_town() -> Settings:
    """No settings: the invented town, built once and thrown away when the server stops."""
    folder = Path(tempfile.mkdtemp(prefix="listening-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return demo.build(folder, door.now)


OWN = "LISTENING_SET_UP"
"""In the environment of `listening demo`: the settings that set-up may write."""

INVENTED = "invented"
"""In the address: show the invented town although settings are named, which nobody has written yet."""


def own_file() -> Path | None:
    """Where set-up writes while the invented town is shown; once it is written, it is what this server shows."""
    named = os.environ.get(OWN, "")
    return Path(named) if named else None


def settings_file() -> Path:
    """The settings of this server, or where they will be written."""
    if (own := own_file()) is not None and own.exists():
        return own
    return settings_files.find(None, os.environ, Path.cwd()) or Path.cwd() / FILE_NAME


def to_be_set_up() -> bool:
    """Whether somebody named settings that are not there yet, and did not ask for the invented town."""
    if st.query_params.get(INVENTED):
        st.session_state[INVENTED] = True
    named = settings_files.find(None, os.environ, Path.cwd())
    return named is not None and not named.exists() and not st.session_state.get(INVENTED)


def stand() -> Ground:
    """The ground of this server; where it cannot be opened, the page says why and stops here."""
    if to_be_set_up():
        st.html('<h1 class="headline">Nothing is set up yet</h1>')
        st.html(
            f'<p class="deck">There is no {escape(str(settings_file()))}. <a href="setup">Set up</a> writes it. Or '
            f'look at <a href="./?{INVENTED}=1">the invented town</a>, in which everything is made up.</p>'
        )
        st.stop()
    try:
        found = settings_file()
        if not found.exists():
            st.html(
                '<p class="notice"><strong>This town and all that is said in it are made up.</strong> '
                '<a href="setup">Set up for your own agency</a></p>'
            )
            return _opened(None, 0.0, os.environ.get("LISTENING_STORE"))
        store = None if found == own_file() else os.environ.get("LISTENING_STORE")  # the town's store is its own
        return _opened(str(found), found.stat().st_mtime, store)
    except ListeningError as error:
        st.html('<h1 class="headline">The page cannot be shown</h1>')
        still = STILL_WORKS if isinstance(error, SettingsError) else "What is stored is not touched by this."
        trouble("Why, and what to do", error, still)
        st.stop()


Arguments = ParamSpec("Arguments")


def told(part: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A page or a part of it, saying in words what its store or its settings could not do, also in the middle."""

    @functools.wraps(part)
    def show(*given: Arguments.args, **named: Arguments.kwargs) -> None:
        try:
            part(*given, **named)
        except ListeningError as error:
            trouble("This cannot be shown", error)

    return show


STILL_WORKS = (
    "Put that right in the file, save it, and load this page again. What is stored is not touched by it, and a "
    "collector that runs by itself goes on with the settings as they were."
)


def trouble(title: str, error: ListeningError, still: str = "") -> None:
    """Say what went wrong, what to do, and what ``still`` works."""
    lines = (markup.not_markdown(line.strip()) for line in f"{error}\n{still}".splitlines() if line.strip())
    st.error("\n\n".join([f"**{title}.**", *lines]))  # no key: two parts of one page may each have theirs


def dress(*, room: str = "") -> None:
    """Begin a page: put its style on; ``room`` is the word by whose file it differs where it is shown."""
    st.session_state["stands_there"] = st.session_state.pop("drawn", None)  # by the run before, if it drew anything
    st.html(HERE / "style.css")
    if room:
        st.html(HERE / f"{room}.css")


def as_of(store_version: tuple[int, ...], zone_now: datetime) -> datetime:
    """The moment the page speaks of: it stands still while somebody clicks, and moves when there is something new.

    A number and the list it opens then speak of the same seconds.
    """
    kept = st.session_state.get("as_of")
    if kept is None or kept[0] != store_version or (zone_now - kept[1]).total_seconds() > 600:
        st.session_state["as_of"] = kept = (store_version, zone_now.replace(second=0, microsecond=0))
    moment: datetime = kept[1]
    return moment


def move_on() -> None:
    """Let the page speak of this moment from its next run on."""
    st.session_state.pop("as_of", None)


FIRST_PAUSE, PAUSE = 0.8, 0.25
"""Seconds: what a browser needs to draw what is seen first, when the page is opened and later, on a slow laptop too."""


def let_the_browser_draw(what: object, meanwhile: Callable[[], object]) -> None:
    """Wait a moment with what lies below: a browser draws all that has arrived at once, and would show nothing before.

    ``what`` is drawn; where it stands there already, somebody has clicked on it, and nothing is waited for.
    ``meanwhile`` is done in that time; only where there is a browser is more waited than it takes.
    """
    pause = 0.0
    if st.session_state.get("stands_there") != what:
        pause = PAUSE if st.session_state.get("drawn_once") else FIRST_PAUSE
    st.session_state["drawn"], st.session_state["drawn_once"] = what, True
    until = time.monotonic() + pause
    meanwhile()
    if _with_a_browser():
        time.sleep(max(0.0, until - time.monotonic()))


def _with_a_browser() -> bool:
    return runtime.exists() and type(runtime.get_instance()) is runtime.Runtime  # a test's stands in for it


_runs = count()


def keep_collections_short() -> None:
    """Spare the garbage collector what stays for good: Streamlit has it look through everything after each run.

    Called at the beginning of each run. With the second, when what a page needs is loaded, all that is there is left
    out from then on. Measured: a verdict in the review keeps a processor half as long.
    """
    if next(_runs) == 1 and _with_a_browser():
        gc.freeze()


Made = TypeVar("Made")

_shelf_in_use = Lock()


def kept(base: Ground, name: str, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
    """What ``make`` makes, made once for a key and the moment the page speaks of, not at every click of everybody."""
    key = (st.session_state.get("as_of"), *key)
    with _shelf_in_use:
        shelf = base.shelves.setdefault(name, {})
        if key in shelf:
            found: Made = shelf[key]
            return found
    made = make()
    with _shelf_in_use:
        while len(shelf) >= MOST_KEPT:
            shelf.pop(next(iter(shelf)))
        shelf[key] = made
    return made
