"""What every collector promises."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.collectors import COLLECTORS, Collector, check, collector
from listening.errors import FeedError, SettingsError
from listening.models import Answer, Feed, Page

OPTIONS = {
    "rss": {"url": "https://herald.quillhaven.example/feed.xml"},
    "mastodon": {"server": "river.example", "tag": "quillhaven"},
    "reddit": {"subreddit": "quillhaven"},
    "bluesky": {"search": "Quillhaven"},
    "x": {"search": "Quillhaven", "terms": "confirmed", "dollars_a_month": "20"},
    "youtube": {"search": "Quillhaven"},
    "hackernews": {"search": "Quillhaven"},
    "threads": {"search": "Quillhaven"},
    "gdelt": {"search": "Quillhaven"},
    "news": {"service": "google_news", "search": "Quillhaven", "terms": "confirmed"},
    "lemmy": {"server": "lemmy.example", "search": "Quillhaven"},
    "stackexchange": {"site": "travel", "search": "Quillhaven"},
}

every_collector = pytest.mark.parametrize("module", COLLECTORS, ids=lambda module: str(module.SOURCE))


def feed_of(module: Collector) -> Feed:
    """A feed that the collector can read."""
    return Feed(name="Feed", source=module.SOURCE, options=OPTIONS[module.SOURCE])


@every_collector
def test_a_collector_says_what_it_is(module: Collector) -> None:
    """Its name, its label, its settings and its limits, in sentences."""
    assert module is collector(module.SOURCE)
    assert module.KIND in ("headline", "post", "feedback")
    assert module.LABEL
    assert module.CANNOT_SEE.endswith(".")
    assert module.DELETIONS.endswith(".")
    assert module.KEYS
    assert all(sentence.endswith(".") for sentence in module.KEYS.values())
    assert isinstance(module.EMPTY_MEANS_BLOCKED, bool)


def test_sources_have_different_names() -> None:
    """Else one would hide the other."""
    assert len(COLLECTORS) == len({module.SOURCE for module in COLLECTORS})


@every_collector
def test_good_settings_are_asked_over_https(module: Collector) -> None:
    """The request is a web address, with and without a cursor."""
    check(module.SOURCE, OPTIONS[module.SOURCE])
    for cursor in (None, "1103"):
        assert urlsplit(module.locate(feed_of(module), cursor, {}).url).scheme == "https"


@every_collector
def test_missing_settings_are_refused(module: Collector) -> None:
    """With the key, and with an example."""
    with pytest.raises(SettingsError) as caught:
        check(module.SOURCE, {})
    assert caught.value.key in module.KEYS
    assert caught.value.advice


def outcome(module: Collector, answer: Answer) -> Page | FeedError:
    """What an answer gives; anything but a FeedError is a bug and is raised."""
    try:
        return module.parse(answer, feed_of(module))
    except FeedError as error:
        return error


ODD_BODIES = [b"", b"no", b"<html><title>x</title></html>", b'{"error": "x"}', b"[1, 2]", b"\xff\xfe\x00"]


@every_collector
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 410, 429, 451, 500, 503])
@pytest.mark.parametrize("body", ODD_BODIES)
def test_an_answer_without_posts_gives_a_sentence(module: Collector, status: int, body: bytes) -> None:
    """A problem and advice, or another request; never an empty page, which would pass for silence."""
    url = module.locate(feed_of(module), None, {}).url
    result = outcome(module, Answer(status=status, headers={}, url=url, body=body))
    if isinstance(result, Page):
        assert result.posts == ()
        assert result.next is not None
    else:
        assert result.problem.endswith(".")
        assert result.advice.endswith(".")


@every_collector
@settings(max_examples=80)
@given(st.binary(max_size=80) | st.text(alphabet='<>/&;![]{}":,rsfeditmchanl 01', max_size=80).map(str.encode))
def test_no_bytes_are_too_odd(module: Collector, body: bytes) -> None:
    """Any bytes give a page or a sentence."""
    result = outcome(module, Answer(status=200, headers={}, url="saved file", body=body))
    assert isinstance(result, Page) or result.problem


def test_an_unknown_source_is_refused_with_a_suggestion() -> None:
    """A typing mistake is met with the right word, anything else with the list."""
    with pytest.raises(SettingsError, match="“mastodon”"):
        collector("mastadon")
    with pytest.raises(
        SettingsError,
        match="rss, mastodon, reddit, bluesky, youtube, x, lemmy, hackernews, gdelt, stackexchange, threads, news",
    ):
        collector("pigeon")


def test_an_unknown_option_is_refused_with_a_suggestion() -> None:
    """It would else be passed over in silence."""
    with pytest.raises(SettingsError, match="“subreddit”") as caught:
        check("reddit", {"subredit": "aa"})
    assert caught.value.key == "subredit"
