"""A fault in one collector costs its own places, and nobody else's; a budget that is raised helps at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from service_kit import NOW, Services, stored
from sqlalchemy import select

from listening import collectors, conversations
from listening import store as stores
from listening.collectors import hackernews
from listening.fetch import Client
from listening.models import Answer, Budget, Feed, Page, Post, Request
from listening.store import Store
from listening.store.schema import heard

BOARD = Feed(name="Board", source="board", options={"search": "Quillhaven"})
NEWS = Feed(name="Hacker News", source="hackernews", options={"search": "Quillhaven"})
HIT = {"objectID": "1", "created_at_i": int(NOW.timestamp()), "author": "ada", "comment_text": "Is Quillhaven nice?"}
Bring = Callable[..., None]


@pytest.fixture
def bring(monkeypatch: pytest.MonkeyPatch) -> Bring:
    """Let a package bring a collector that answers with one post, but for the changes."""

    def brought(**changes: Any) -> None:
        made: dict[str, Any] = {name: getattr(hackernews, name) for name in ("KIND", "CANNOT_SEE", "DELETIONS", "KEYS")}
        made |= {"SOURCE": "board", "LABEL": "Board", "EMPTY_MEANS_BLOCKED": False, "check": lambda options: None}
        made |= {"locate": lambda feed, cursor, secrets: Request(url="https://board.example/a"), "parse": one_post}
        module = SimpleNamespace(**{**made, **changes})
        monkeypatch.setattr(collectors, "every", lambda: (*collectors.COLLECTORS, module))

    return brought


def one_post(answer: Answer, feed: Feed) -> Page:
    said = Post(source="board", feed=feed.name, key="k", text="Is Quillhaven nice?", published_at=NOW)
    return Page(posts=(said,))


def faulty(*arguments: Any) -> Any:
    raise KeyError("url")


def services() -> Services:
    """Both services, answering."""
    made = Services()
    made.answers("board.example", "/a", "x")
    made.answers("board.example", "/login", "x")
    made.answers("hn.algolia.com", "/api/v1/search_by_date", {"hits": [HIT], "page": 0, "nbPages": 1, "nbHits": 1})
    return made


@pytest.mark.parametrize(
    "changes",
    [
        {"locate": faulty},
        {"parse": faulty},
        {"sign_in": faulty, "signed_in": faulty},
        {"sign_in": lambda feed, secrets, held: Request(url="https://board.example/login"), "signed_in": faulty},
        {"budgets": faulty},
    ],
)
def test_a_fault_costs_one_place(store: Store, bring: Bring, changes: dict[str, Any]) -> None:
    """It is said with its name, and the other place is heard."""
    bring(**changes)
    board, news = services().collect(store, BOARD, NEWS).results
    assert (board.state, news.state, news.new) == ("unreadable", "ok", 1)
    assert "fault in this program (KeyError: 'url')" in board.problem


def test_a_fault_of_very_many_places_keeps_nobody_else_from_being_asked(store: Store, bring: Bring) -> None:
    """Of many places a few show whether there is a network; these ask nobody, which says nothing of it."""
    bring(locate=faulty)
    boards = [replace(BOARD, name=f"Board {number}") for number in range(120)]
    made = services()
    results = {result.feed: result.state for result in made.collect(store, *boards, NEWS).results}
    assert (results.pop("Hacker News"), set(results.values())) == ("ok", {"unreadable"})


def test_a_fault_in_a_conversation_costs_one_conversation(store: Store, bring: Bring) -> None:
    """What was collected stays, and the other place's conversation is read."""
    bring(thread=faulty, conversation=faulty)
    made = services()
    made.answers("hn.algolia.com", "/api/v1/items/*", {"id": 1, "type": "comment", "author": "ada", "children": []})
    made.collect(store, BOARD, NEWS)

    async def work(client: Client) -> int:
        return (await conversations.read(made.job(store, client), [BOARD, NEWS])).read

    assert made.use(work) == 1
    assert len(stored(store)) == 2


def paged(cap: int) -> dict[str, Any]:
    """Two pages that cost ten each, of which the cap may allow one."""
    budget = Budget(
        name="board", most=cap, period="month", unit="dollars", words=f"At most {cap} dollars", spread=False
    )
    first = Request(url="https://board.example/a", costs={"board": 10})

    def parse(answer: Answer, feed: Feed) -> Page:
        assert answer.request is not None
        more = replace(first, carry="two") if answer.request.carry is None else None
        return Page(posts=one_post(answer, feed).posts, next=more)

    return {"locate": lambda feed, cursor, secrets: first, "parse": parse, "budgets": lambda feed: (budget,)}


def test_a_place_that_answered_until_its_budget_ended_was_heard(store: Store, bring: Bring) -> None:
    """It counts in comparisons, and the page says when it answered last."""
    bring(**paged(15))
    (result,) = services().collect(store, BOARD).results
    assert (result.state, result.new) == ("waiting", 1)
    with store.reading() as connection:
        state = stores.feed_states(connection)["Board"]
        days = connection.execute(select(heard.c.answered)).scalars().all()
    assert (state.first_answer_at, state.last_answer_at, days) == (NOW, NOW, [1])


def test_whoever_raises_the_cap_need_not_wait_for_the_next_month(store: Store, bring: Bring) -> None:
    """The old cap is spent; the new one is asked at once."""
    bring(**paged(15))
    made = services()
    made.collect(store, BOARD)
    assert made.collect(store, BOARD, after=timedelta(hours=1)).results[0].state == "waiting"
    bring(**paged(1000))
    assert made.collect(store, BOARD, after=timedelta(hours=1)).results[0].state == "ok"
