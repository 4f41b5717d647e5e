"""The invented town of Quillhaven: saved answers in the true wire formats, read by the same code as real ones.

Nothing is fetched. The saved weeks are moved, by whole weeks and at most a couple of hours, so that the newest mention
is minutes old; what would lie in the future is held back and arrives when its time has come.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from listening import store as stores
from listening.collect import Get, Retime
from listening.collectors import collector
from listening.errors import InputError
from listening.fetch import Fetched, Validators
from listening.models import Answer, Feed, Page, Post, Request
from listening.settings import Settings
from listening.store import Store

YOUNGEST = timedelta(minutes=3)
"""How old the newest mention is when the demo starts."""

SHIFT = "demo_shift"


def folder() -> Path:
    """Where the invented town lives."""
    return Path(__file__).resolve().parent.parent / "sample_feeds"


def settings_file() -> Path:
    """The town's settings; raises InputError where the program was installed without them."""
    file = folder() / "listening.toml"
    if not file.exists():
        raise InputError(
            "The invented town is not here: this program was installed without its folder sample_feeds.",
            "Get the whole project and install it from there, or make your own settings with `listening init`.",
        )
    return file


def is_saved(settings: Settings) -> bool:
    """Whether these settings are the town's, whose answers are saved and never fetched."""
    return settings.path is not None and settings.path.resolve() == (folder() / "listening.toml").resolve()


class SavedTown:
    """Serves the saved answers as the town's servers would, at the time that the demo pretends."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._zone = settings.agency.timezone
        self._clock = clock
        self._answers = folder() / "answers"
        index = json.loads((self._answers / "index.json").read_text(encoding="utf-8"))
        self._saved: dict[str, tuple[Feed, dict[str, object]]] = {}
        for feed in settings.feeds:
            first: Request = collector(feed.source).locate(feed, None, {})
            self._saved[_place(first.url)] = (feed, index[feed.name])
        self.days = 0
        self.moment = timedelta(0)

    def choose_shift(self) -> None:
        """Choose the shift for now: whole weeks, then the little that makes the newest mention minutes old."""
        from listening import door

        counts = door.concluder_of(self._settings).counts
        now = self._clock().astimezone(self._zone)
        times = sorted(
            post.published_at.astimezone(self._zone)
            for feed, _ in self._saved.values()
            for post in self.posts(feed)
            if post.published_at is not None and counts(post)
        )
        last_monday = times[-1].date() - timedelta(days=times[-1].weekday())
        this_monday = now.date() - timedelta(days=now.weekday())
        self.days, self.moment = (this_monday - last_monday).days, timedelta(0)
        newest = max(moved for time in times if (moved := self.moved(time)) <= now)
        self.moment = max(now - YOUNGEST - newest, timedelta(0))

    def now(self) -> datetime:
        """The time that the demo goes by."""
        return self._clock()

    def remember(self, store: Store) -> None:
        """Keep the shift with the store: later runs must not move what is there."""
        stores.note(store, SHIFT, json.dumps([self.days, self.moment.total_seconds()]))

    def recall(self, store: Store) -> bool:
        """Take the shift that the store was made with; False where it has none."""
        noted = stores.noted(store, SHIFT)
        if noted is None:
            return False
        self.days, seconds = json.loads(noted)
        self.moment = timedelta(seconds=seconds)
        return True

    def moved(self, saved: datetime) -> datetime:
        """Where a saved time lies now: the same weekday and, but for a little, the same time of day."""
        local = saved.astimezone(self._zone)
        # The wall clock moves by whole days: a change to or from summer time in between does not matter.
        return (local + timedelta(days=self.days)) + self.moment

    def retime(self, post: Post) -> Post | None:
        """A saved post at its new time; None while that lies in the future."""
        if post.published_at is None:
            return None
        published = self.moved(post.published_at)
        if published > self._clock():
            return None
        edited = None if post.edited_at is None else min(self.moved(post.edited_at), self._clock())
        return replace(post, published_at=_utc(published), edited_at=None if edited is None else _utc(edited))

    def posts(self, feed: Feed) -> tuple[Post, ...]:
        """All posts of a saved answer, unmoved; none where it is a failure."""
        first: Request = collector(feed.source).locate(feed, None, {})
        answer = self._read(first.url)
        if answer.status != 200:
            return ()
        page: Page = collector(feed.source).parse(answer, feed)
        return page.posts

    async def get(self, request: Request, validators: Validators, *, named: bool = True) -> Fetched:
        """The answer to a request, from the disk."""
        answer = self._read(request.url)
        if answer.headers.get("content-type", "").startswith("application/json"):
            statuses = json.loads(answer.body)
            if isinstance(statuses, list):
                answer = replace(answer, body=json.dumps(self._asked_for(statuses, request.url)).encode())
        return Fetched(answer=answer, hops=(), body_hash=self._clock().isoformat(), seconds=0.0)

    def _read(self, url: str) -> Answer:
        _, saved = self._saved[_place(url)]
        headers = saved.get("headers", {})
        assert isinstance(headers, dict)
        status = saved.get("status", 200)
        assert isinstance(status, int)
        body = (self._answers / str(saved["file"])).read_bytes()
        return Answer(status=status, headers={k.lower(): v for k, v in headers.items()}, url=url, body=body)

    def _asked_for(self, statuses: list[dict[str, str]], url: str) -> list[dict[str, str]]:
        """A Mastodon server knows no posts of the future, and answers min_id and max_id."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        now = self._clock()

        def order(id_: str) -> tuple[int, str]:
            return len(id_), id_

        return [
            status
            for status in statuses
            if self.moved(datetime.fromisoformat(status["created_at"])) <= now
            and ("min_id" not in asked or order(status["id"]) > order(asked["min_id"]))
            and ("max_id" not in asked or order(status["id"]) < order(asked["max_id"]))
        ]


def build(store_folder: Path, clock: Callable[[], datetime]) -> Settings:
    """Collect the town into a new store in this folder, and return the settings that name it."""
    from listening import door
    from listening import settings as settings_files

    found = settings_files.load(settings_file(), {"LISTENING_STORE": str(store_folder / "quillhaven.db")})
    store = stores.open_store(found.store_url, found.agency.timezone)
    town = SavedTown(found, clock)
    town.choose_shift()
    town.remember(store)
    door.listen(found, store=store, clock=clock)
    pretend_past(store, town, found)
    return found


def pretend_past(store: Store, town: SavedTown, settings: Settings) -> None:
    """Let the store know that the town has been listening all these weeks, or nothing could be compared."""
    earliest = min(
        town.moved(post.published_at) for feed in settings.feeds for post in town.posts(feed) if post.published_at
    )
    with store.writing() as connection:
        for name, state in stores.feed_states(connection).items():
            if state.first_answer_at is None:
                continue
            stores.save_feed(connection, replace(state, first_answer_at=earliest))
            day = earliest
            while day <= town.now():
                number = store.local_day(int(day.timestamp()))
                stores.note_heard(connection, name, number, answered=True)
                day += timedelta(days=1)


def hooks(settings: Settings, store: Store, clock: Callable[[], datetime]) -> tuple[Get, Retime]:
    """How a run over the saved town gets its answers and moves their times."""
    town = SavedTown(settings, clock)
    if not town.recall(store):
        town.choose_shift()
        town.remember(store)
    return town.get, town.retime


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
