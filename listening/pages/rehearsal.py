"""Rehearses the meeting: every view is drawn here, without a browser, and looked at as somebody in the room would.

Nothing is collected or changed. A finding is "go", "look" (it can be shown, but somebody should know) or "no go".
"""

from __future__ import annotations

import io
import logging
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from streamlit import config
from streamlit.testing.v1 import AppTest

from listening import snapshot
from listening.insights.feeds import clock, health
from listening.insights.periods import CHOICES, DEFAULT, period
from listening.insights.sentences import excerpt
from listening.models import Mention
from listening.pages.audiences import AUDIENCES
from listening.pages.opened import PER_SCREEN
from listening.pages.rooms import ROOMS, SCENES
from listening.privacy import HANDLE, Mask
from listening.settings import Settings
from listening.store import Reader, Store, View, feed_states
from listening.strong import softened

Verdict = Literal["go", "look", "no go"]

SLOW, TOO_SLOW = 3.0, 10.0
"""Seconds for a view to be drawn: from the first on somebody should know, from the second on it loses the room."""

DETAILS = "client.showErrorDetails"
STALE = timedelta(days=2)
HIDDEN_WORDS = 40
"""Characters of a hidden post that are looked for on the page."""

SOURCES = "from listening.pages import sources\nsources.show()"

_ELSEWHERE = re.compile(r"<(?:img|iframe|link|object|embed|video|audio)\b|\bsrc(?:set|doc)?=|url\(|@import", re.I)
_MARKUP = re.compile(r"<[^>]*>")
_SEE = re.compile(r"See the (?:([\d,]+) )?posts?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What was looked at, whether it may be shown, and why in a few words."""

    what: str
    verdict: Verdict
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Drawn:
    """A view as the page would send it to a browser."""

    name: str
    page: AppTest
    seconds: float

    @property
    def badness(self) -> tuple[bool, float]:
        """By which the worst of several is found: one that broke, else the slowest."""
        return bool(self.page.exception or self.page.error), self.seconds

    @property
    def pieces(self) -> list[str]:
        """Its HTML, without its style."""
        return [piece.proto.body for piece in self.page.get("html") if "<style" not in piece.proto.body]

    @property
    def words(self) -> str:
        """What one reads on it."""
        labels = [button.label for button in self.page.button]
        return "\n".join([*(unescape(_MARKUP.sub(" ", piece)) for piece in self.pieces), *labels])


def rehearse(
    settings: Settings, store: Store, *, app: Path, now: datetime, report: Callable[[int, str], None] | None = None
) -> list[Finding]:
    """Draw every view of the settings' page and say what was found; ``report`` hears how many are drawn.

    ``app`` is the page's program, ``now`` the moment it goes by.
    """
    now = now.astimezone(settings.agency.timezone)
    found = list(_beforehand(settings, store, now))
    drawn: list[_Drawn] = []
    environment = {"LISTENING_SETTINGS": str(settings.path), "LISTENING_STORE": store.url}
    with _as_served(environment), _without_network() as asked:
        _draw("", lambda: _leaders(app, {}))  # the first one loads the program; a server has done so before
        for done, (name, make) in enumerate(_views(settings, app), start=1):
            drawn.append(_draw(name, make))
            if report:
                report(done, name)
        opened = _opened(app)
    for name in dict.fromkeys(each.name for each in drawn):
        found.append(_shown(max((each for each in drawn if each.name == name), key=lambda each: each.badness)))
    found.append(opened)
    found.append(_elsewhere(drawn, asked))
    found += _private(settings, store, drawn, now)
    return found


def number_of_views(settings: Settings) -> int:
    """How many views ``rehearse`` draws."""
    return sum(1 for _ in _views(settings, Path()))


# --- before anything is drawn ---------------------------------------------------------------------------------------


def _beforehand(settings: Settings, store: Store, now: datetime) -> Iterator[Finding]:
    frozen = snapshot.of_settings(settings)
    if frozen is None:
        yield Finding(
            what="Snapshot",
            verdict="look",
            words="This is the store in use: its numbers go on changing. `listening snapshot -o FOLDER` freezes it.",
        )
    else:
        yield Finding(what="Snapshot", verdict="go", words=f"Frozen {clock(frozen.taken_at, now)}.")
    if settings.agency.made_up:
        yield Finding(what="Data", verdict="look", words="These posts are made up, and the page says so.")
    with store.reading() as connection:
        reader = Reader(store, connection)
        chosen = period(DEFAULT, now, settings.agency.timezone)
        count = reader.total(View(start=chosen.start, end=chosen.end))
        newest = reader.newest_at()
        states = feed_states(connection)
    if not count or newest is None:
        yield Finding(
            what="Posts",
            verdict="no go",
            words=f"None in the {chosen.label.lower()}. Collect, or open the page with a longer period.",
        )
    else:
        stale = now - newest > STALE
        posts = "1 post" if count == 1 else f"{count:,} posts"
        yield Finding(
            what="Posts",
            verdict="look" if stale else "go",
            words=f"{posts} in the {chosen.label.lower()}, the newest of {clock(newest, now)}.",
        )
    troubled = [one.feed.name for one in health(settings.feeds, states, now) if one.trouble]
    if troubled:
        named = ", ".join(excerpt(name, 40) for name in troubled[:3]) + (" …" if len(troubled) > 3 else "")
        words = f"{len(troubled)} of {len(settings.feeds)} could not be read when last asked: {named}."
        yield Finding(what="Places", verdict="look", words=words)
    elif settings.feeds:
        yield Finding(what="Places", verdict="go", words=f"All {len(settings.feeds)} answered when last asked.")


# --- the views ------------------------------------------------------------------------------------------------------


def _views(settings: Settings, app: Path) -> Iterator[tuple[str, Callable[[], AppTest]]]:
    def leaders(state: Mapping[str, int] = MappingProxyType({}), **address: str) -> Callable[[], AppTest]:
        return lambda: _leaders(app, address, state)

    for key, label in CHOICES.items():
        yield label, leaders(period=key)
    for topic in settings.topics:
        yield f"Topic “{topic.name}”", leaders(topic=topic.name)
    for word, room in ROOMS.items():
        # In the corridor each part is a view, and all of them one line of the findings.
        for part in range(len(SCENES) if room.turning else 1):
            if word:
                yield room.label.partition(":")[0], leaders({"scene": part}, view=word)
    for word, audience in AUDIENCES.items():
        if word:
            yield audience.mark, leaders(audience=word)
    yield "Sources", lambda: AppTest.from_string(SOURCES)


def _leaders(app: Path, address: Mapping[str, str], state: Mapping[str, int] = MappingProxyType({})) -> AppTest:
    page = AppTest.from_file(str(app))
    for name, number in state.items():
        page.session_state[name] = number
    for name, value in address.items():
        page.query_params[name] = value
    return page


def _draw(name: str, make: Callable[[], AppTest]) -> _Drawn:
    page = make()
    page.default_timeout = 120
    began = time.perf_counter()
    page.run()
    return _Drawn(name=name, page=page, seconds=time.perf_counter() - began)


def _shown(drawn: _Drawn) -> Finding:
    if drawn.page.exception or drawn.page.error:
        said = drawn.page.text[0].value if drawn.page.text else ""
        said = said or (drawn.page.exception[0].message if drawn.page.exception else "")
        return Finding(what=drawn.name, verdict="no go", words=f"Could not be drawn. {excerpt(said, 200)}".strip())
    verdict: Verdict = "no go" if drawn.seconds > TOO_SLOW else "look" if drawn.seconds > SLOW else "go"
    slow = "" if verdict == "go" else f"; more than {SLOW:.0f} s is felt in the room"
    return Finding(what=drawn.name, verdict=verdict, words=f"Drawn in {drawn.seconds:.1f} s{slow}.")


def _opened(app: Path) -> Finding:
    """Each number of the first screen opens as many posts as it says."""
    what = "Numbers"
    drawn = _draw(what, lambda: _leaders(app, {}))
    keys = [str(button.key) for button in drawn.page.button if button.key and _SEE.search(button.label)]
    for key in keys:
        button = next(button for button in drawn.page.button if button.key == key)
        said = _SEE.search(button.label)
        assert said is not None
        count = int((said[1] or "1").replace(",", ""))
        page = button.click().run()
        inside = "".join(piece.proto.body for piece in page.get("html") if "opened-box" in piece.proto.body)
        listed = inside.count('<p class="why-line">')
        if page.exception or listed != min(count, PER_SCREEN):
            return Finding(what=what, verdict="no go", words=f"“{button.label}” opens {listed} posts.")
    words = "None on the first screen." if not keys else f"All {len(keys)} open exactly their posts."
    return Finding(what=what, verdict="go", words=words)


# --- what nobody should see -----------------------------------------------------------------------------------------


def _elsewhere(drawn: list[_Drawn], asked: list[str]) -> Finding:
    loaded = [
        f"{each.name}: {found[0]}" for each in drawn for piece in each.pieces if (found := _ELSEWHERE.search(piece))
    ]
    if asked or loaded:
        return Finding(
            what="Network", verdict="no go", words=f"Something is asked of another machine. {(asked + loaded)[0]}"
        )
    return Finding(what="Network", verdict="go", words="Nothing is asked of any other machine; no network is needed.")


def _private(settings: Settings, store: Store, drawn: list[_Drawn], now: datetime) -> Iterator[Finding]:
    mask = Mask(
        feeds=settings.feeds, listed=(*settings.agency.own_accounts, *settings.privacy.listed_accounts), soften=False
    )
    names = _found(drawn, lambda words: _handles(mask, words))
    yield _never("Names", "No private person’s handle is shown.", "A private person’s handle is shown", names)
    hidden = _hidden_words(store, now)
    shown = _found(drawn, lambda words: [said for said in hidden if said in words])
    yield _never(
        "Hidden posts",
        "Nothing that was taken back or stands behind a content warning is shown.",
        "The words of a hidden post are shown",
        shown,
    )
    if settings.privacy.strong_language:
        yield Finding(what="Strong language", verdict="look", words="It is shown: [privacy] strong_language = true.")
    else:
        strong = _found(drawn, lambda words: ["a strong word"] if softened(words) != words else [])
        yield _never("Strong language", "It is masked.", "Not all of it is masked", strong)


def _never(what: str, well: str, wrong: str, found: list[str]) -> Finding:
    if found:
        return Finding(what=what, verdict="no go", words=f"{wrong}. {found[0]}")
    return Finding(what=what, verdict="go", words=well)


def _found(drawn: list[_Drawn], look: Callable[[str], list[str]]) -> list[str]:
    return [f"{each.name}: {excerpt(said, 60)}" for each in drawn for said in look(each.words)]


def _handles(mask: Mask, words: str) -> list[str]:
    return [found[0] for found in HANDLE.finditer(words) if mask.text(found[0]) != found[0]]


def _hidden_words(store: Store, now: datetime) -> list[str]:
    def hidden(mention: Mention) -> bool:
        return mention.sensitive or mention.withdrawn_at is not None

    with store.reading() as connection:
        view = View(start=now - timedelta(days=365), end=now)
        texts = [mention.text or mention.title for mention in Reader(store, connection).stream(view) if hidden(mention)]
    return [text[:HIDDEN_WORDS] for text in texts if len(text) >= HIDDEN_WORDS // 2]


# --- as a server would ----------------------------------------------------------------------------------------------


@contextmanager
def _as_served(environment: Mapping[str, str]) -> Iterator[None]:
    """The page's variables, and silence from a program that misses its server, or tells at length how it broke."""
    before = {name: os.environ.get(name) for name in environment}
    quiet = logging.root.manager.disable
    told = config.get_option(DETAILS)
    config.set_option(DETAILS, "full")  # what broke is told here, and not in the room
    os.environ.update(environment)
    logging.disable(logging.WARNING)
    try:
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(quiet)
        config.set_option(DETAILS, told)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _without_network() -> Iterator[list[str]]:
    """Note, and refuse, every connection to another machine: the room may have no network."""
    asked: list[str] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: tuple[str, int] | str | bytes) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if not (host.startswith("127.") or host in ("::1", "localhost")):
                asked.append(host)
                raise OSError("No network is used while the meeting is rehearsed.")
        connect(self, address)

    socket.socket.connect = watched  # type: ignore[method-assign, assignment]
    try:
        yield asked
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
