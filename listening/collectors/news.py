"""News searches whose answers are feeds: Google Alerts, and, where their terms are accepted, Google News and Bing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

from listening.collectors import _options, rss
from listening.collectors._answers import is_page, not_a_feed, refuse, several
from listening.collectors._values import cut_short
from listening.errors import FeedBlocked, FeedRefused, SettingsError
from listening.models import Answer, Feed, Page, Post, Presence, Request, TextKind

SOURCE = "news"
LABEL = "News search"
KIND: TextKind = "headline"
KEYS: Mapping[str, str] = {
    "service": 'Whose search: "google_alerts", "google_news" or "bing_news".',
    "alert": "A short name for a Google alert; its address is a secret and is read from the environment.",
    "search": "The words to search for in Google News or Bing; a phrase in quotes: '\"Town of Quillhaven\"'.",
    "language": 'The language of the news, as "en".',
    "country": 'The country that the news is for, as "US"; with language.',
    "terms": 'Write "confirmed" once somebody who may has accepted the terms of Google News or of Bing.',
}
CANNOT_SEE = (
    "Sees what the service chooses to show, of a Google alert 20 articles at a time, of Google News 100: headlines, "
    "with a sentence at best, no likes and no comments. Google News hides the articles' addresses behind its own."
)
DELETIONS = (
    "Where the article's own address is known (Google Alerts, Bing), one that its site says is gone (410), or does not "
    "find on two different days (404), is emptied, within two weeks after it was published; about those of Google News "
    "nothing is asked."
)
EMPTY_MEANS_BLOCKED = False

SECRET = "LISTENING_GOOGLE_ALERTS_SECRET"  # noqa: S105 - the name of the secret, not the secret
ALERTS = "https://www.google.com/alerts/feeds/"
GOOGLE = "https://news.google.com/rss/search"
BING = "https://www.bing.com/news/search"
SERVICES = ("google_alerts", "google_news", "bing_news")
MOST_OF_GOOGLE = 100
_PAUSE = 2.0
_CONFIRMED = "confirmed"

TERMS = {
    "google_news": "Google says in its news feed that it is for a personal feed reader and for personal, "
    "non-commercial use only, and that any other use is prohibited.",
    "bing_news": "Microsoft has never documented Bing's news feed, and says in it that it is for personal, "
    "non-commercial use in a feed reader only.",
}
_NAME = re.compile(r"[\w.-]{1,40}")
_ENTRY = re.compile(rf"(?:({_NAME.pattern})=)?({re.escape(ALERTS)}[A-Za-z0-9_-]+/[A-Za-z0-9_-]+)/?")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{2}|[0-9]{3}))?")
_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>|<(?:\w+:)?feed[^<>]*/>", re.IGNORECASE)
_TIME = re.compile(r"(?:^|\s)(?:when|after|before):\S")


def check(options: Mapping[str, str]) -> None:
    """Refuse a search without words, and one whose terms nobody has accepted."""
    service = _options.required(options, "service", "google_alerts")
    if service not in SERVICES:
        raise SettingsError(
            f"There is no news service “{service}”.", f"The services are {', '.join(SERVICES)}.", key="service"
        )
    if service == "google_alerts":
        _check_alert(options)
        return
    if not any(letter.isalnum() for letter in _options.required(options, "search", "Quillhaven")):
        raise SettingsError("“search” holds no word.", "Write the words to search for.", key="search")
    _check_place(options)
    if options.get("terms", "").strip() != _CONFIRMED:
        raise SettingsError(
            TERMS[service],
            f'If your counsel agrees to your use, write terms = "{_CONFIRMED}"; Google Alerts need no such word.',
            key="terms",
        )


def _check_alert(options: Mapping[str, str]) -> None:
    name = _options.required(options, "alert", "town")
    if "://" in name:  # not repeated: it is a secret
        raise SettingsError(
            "“alert” holds an address, and that of an alert is a secret.",
            f"Write a short name of your own there, and set {SECRET} in the environment.",
            key="alert",
        )
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"“{name}” is no short name for an alert.", "Take letters and figures, without blanks.", key="alert"
        )
    if options.get("search", "").strip():
        raise SettingsError(
            "An alert has its own words to search for.", "Change them at google.com/alerts.", key="search"
        )


def _check_place(options: Mapping[str, str]) -> None:
    language, country = options.get("language", "").strip(), options.get("country", "").strip()
    if language and not _LANGUAGE.fullmatch(language):
        raise SettingsError(
            f"“{language}” is not the short name of a language.", 'Write language = "en".', key="language"
        )
    if country and not re.fullmatch(r"[A-Za-z]{2}", country):
        raise SettingsError(f"“{country}” is not the short name of a country.", 'Write country = "US".', key="country")
    if bool(language) != bool(country):
        missing = "country" if language else "language"
        raise SettingsError("News are for a language and a country together.", f"Write “{missing}” too.", key=missing)


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the feed; it has one page, and no cursor."""
    options = {name: value.strip() for name, value in feed.options.items()}
    service = options.get("service", "")
    headers = {"Accept": rss.ACCEPT}
    if service == "google_alerts":
        url = _alert_address(options.get("alert", ""), secrets.get(SECRET, "")) or ALERTS
        return Request(url=url, headers=headers, pause=_PAUSE, secret_path=True)
    search = options.get("search", "")
    language, country = options.get("language") or "en", options.get("country") or "US"
    if service == "bing_news":
        asked = {"q": search, "format": "rss", "qft": 'sortbydate="1"'}
        if options.get("language"):
            asked["setmkt"] = f"{language.partition('-')[0].lower()}-{country.upper()}"
        return Request(url=f"{BING}?{urlencode(asked)}", headers=headers, pause=_PAUSE)
    asked = {"q": search if _TIME.search(search) else f"{search} when:7d", **_edition(language, country)}
    return Request(url=f"{GOOGLE}?{urlencode(asked)}", headers=headers, pause=_PAUSE)


def _edition(language: str, country: str) -> dict[str, str]:
    """The three names of an edition of Google News, which have to agree."""
    found = _LANGUAGE.fullmatch(language)
    first, region = (found[1].lower(), found[2]) if found else ("en", None)
    country = country.upper()
    if first in ("en", "pt") and not region:
        region = country  # of these Google keeps editions apart by country
    spoken = f"{first}-{region.upper()}" if region else first
    edition = "pt-419" if spoken == "pt-BR" else spoken if region and region.isdigit() else first
    return {"hl": spoken, "gl": country, "ceid": f"{country}:{edition}"}


# --- the secret address of an alert -----------------------------------------------------------------------------------


def sign_in(feed: Feed, secrets: Mapping[str, str], held: Mapping[str, str] | None) -> Request | None:
    """Nobody signs in here; but where an alert's address is missing, that is said before anything is asked."""
    if feed.options.get("service", "").strip() != "google_alerts":
        return None
    said, name = secrets.get(SECRET, ""), feed.options.get("alert", "").strip()
    if not said:
        raise FeedRefused(
            f"The address of the alert “{name}” is not set.",
            f"At google.com/alerts let the alert be delivered to an RSS feed, and set {SECRET} to the address of that "
            "feed.",
        )
    if not all(_ENTRY.fullmatch(entry) for entry in said.split()):
        raise FeedRefused(
            f"{SECRET} holds something else than addresses of alerts.",
            f"Write the address alone, or name=address for each, with blanks between; it begins with {ALERTS}",
        )
    if _alert_address(name, said) is None:
        raise FeedRefused(
            f"{SECRET} holds no address for the alert “{name}”.", f"Add {name}=address to it, after a blank."
        )
    return None


def signed_in(answer: Answer) -> Mapping[str, str]:
    """Nothing: there is no sign-in."""
    return {}


def _alert_address(name: str, said: str) -> str | None:
    """The address of an alert by its name; one that stands alone, without a name, is that of any alert."""
    found = [entry for part in said.split() if (entry := _ENTRY.fullmatch(part))]
    for entry in found:
        if entry[1] and entry[1].casefold() == name.casefold():
            return entry[2]
    return found[0][2] if len(found) == 1 and not found[0][1] else None


# --- answers ----------------------------------------------------------------------------------------------------------


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn a feed into posts; an empty one is good, a page that asks for consent is none."""
    service = feed.options.get("service", "").strip()
    if service == "google_alerts" and answer.status in (403, 404, 410):
        raise FeedRefused(
            f"Google has no alert at this address ({answer.status}).",
            f"Look at google.com/alerts whether the alert is still there, and set {SECRET} to its address again.",
        )
    refuse(answer)
    document = rss.read(answer)
    if document is None:
        if is_page(answer.body) and (_is_consent(answer) or service == "google_alerts"):
            raise FeedBlocked(
                "Google shows a web page, as it does to ask for consent to cookies, instead of news.",
                "Nothing to do at once: it is tried again later. If it stays, Google turns this network away.",
            )
        raise not_a_feed(answer, "news")
    if not document.entries and not _END.search(answer.body[-500:]):
        raise cut_short("no valid feed")
    page = rss.page(document, answer, feed)
    posts: dict[str, Post] = {}
    for post in page.posts:
        if ALERTS not in post.key:  # else all that it has is the alert's own address
            known = _post(post)
            posts.setdefault(known.key, known)
    doubles = len(page.posts) - len(posts)
    skipped = (f"{several(doubles, 'article', 'articles')} that stood there twice",) if doubles else ()
    is_full = len(document.entries) >= MOST_OF_GOOGLE and any(_is_token(post.url) for post in page.posts)
    notes = (
        ("Google News shows 100 articles at most: there may be more. Search for less at a time.",) if is_full else ()
    )
    return Page(posts=tuple(posts.values()), skipped=(*page.skipped, *skipped), notes=notes)


def _is_consent(answer: Answer) -> bool:
    host = urlsplit(answer.url).hostname or ""
    return host.startswith("consent.") or b"consent.google." in answer.body[:200_000]


def _is_token(url: str) -> bool:
    """Whether an address is one of Google News or Bing that only leads on to the article."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.startswith("news.google."):
        return True
    return (".google." in host and parts.path == "/url") or (host.endswith("bing.com") and "/apiclick" in parts.path)


def _post(post: Post) -> Post:
    """A post with its article's own address as its key, where that is known, and with its outlet as its author."""
    if ALERTS in f"{post.url} {post.author_url}":  # the alert's own address, or one that is relative to it
        post = replace(post, url="", author_url=None)
    if post.key.startswith("tag:news.google.com,2005:"):
        post = _of_old(post)
    if not post.url or _is_token(post.url):
        return post
    parts = urlsplit(post.url)
    if post.author is None:
        host = (parts.hostname or "").removeprefix("www.")
        post = replace(post, author=host, author_url=f"{parts.scheme}://{parts.netloc}/")
    return replace(post, key=post.url)


def _of_old(post: Post) -> Post:
    """Google News as it was about 2011: the outlet stands in the title, and once more in a table with an excerpt."""
    headline, _, outlet = post.title.rpartition(" - ")
    lines = post.text.split("\n")
    if not headline or outlet not in lines:
        return post
    start = lines.index(headline) if headline in lines else 0
    after = lines[lines.index(outlet, start) + 1 :] if outlet in lines[start:] else []
    return replace(post, title=headline, author=outlet, text=after[0] if after else "")


# --- articles that are known ------------------------------------------------------------------------------------------


def recheck(post: Post) -> Request | None:
    """Ask for the article's page at its own site; an address of Google's is never followed."""
    return None if _is_token(post.url) else rss.recheck(post)


def presence(answer: Answer, request: Request) -> Presence:
    """What its site says of it, as of any article."""
    return rss.presence(answer, request)
