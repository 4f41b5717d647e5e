"""What the settings really do, in sentences for the public: pieces of the notice and of the record, as HTML."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from listening import messages
from listening.collectors import Collector, collector, every, label_of, looks_up
from listening.collectors.guard import guarded
from listening.collectors.protocols import Converser
from listening.errors import FeedError
from listening.models import Engine, Feed
from listening.routing import Routes
from listening.settings import Department, Settings
from listening.store.conversing import SHOWN_AFTER

TAGGERS: Mapping[Engine, str] = {
    "model": "A word list (VADER), rules for public bodies and a small learned model",
    "rules": "A word list (VADER) and rules for public bodies",
    "minilm": "A word list (VADER), rules for public bodies and two learned models, one of which reads whole sentences",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How a department hears of posts: in the notice, and in the record."""

    department: str
    how: str
    to: str


# --- pieces -----------------------------------------------------------------------------------------------------------


def section(title: str, parts: Sequence[str]) -> str:
    return f"<h2>{escape(title)}</h2>\n" + "\n".join(parts)


def paragraph(text: str) -> str:
    return f"<p>{_text(text)}</p>"


def _text(text: str) -> str:
    """Words as HTML. Only an address, or what is as long as one, may break where a line ends."""
    return _WORD.sub(
        lambda found: f'<span class="long">{found[0]}</span>' if _long(found[0]) else found[0], escape(text)
    )


def _long(word: str) -> bool:
    return len(word) > LONGEST_WORD or (len(word) > LONG_ADDRESS and bool(_ADDRESS.search(word)))


LONG_ADDRESS, LONGEST_WORD = 20, 40
_WORD = re.compile(r"\S+")
_ADDRESS = re.compile(r"[/@._=?&]\S")


def missing(text: str) -> str:
    """Something that is missing, to be seen at once."""
    return f'<p class="open">To be added: {_text(text)}</p>'


def listing(texts: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{_text(text)}</li>" for text in texts) + "\n</ul>"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in headings)
    body = "\n".join(
        f'<tr><th scope="row">{_text(row[0])}</th>{"".join(f"<td>{_text(each)}</td>" for each in row[1:])}</tr>'
        for row in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


# --- what the settings say ------------------------------------------------------------------------------------------


def who(settings: Settings) -> list[str]:
    agency = settings.agency
    said = [paragraph(agency.name + (f" ({agency.short_name})" if agency.short_name not in ("", agency.name) else ""))]
    if agency.contact:
        link = agency.contact if "://" in agency.contact else f"mailto:{agency.contact.removeprefix('mailto:')}"
        shown = agency.contact.removeprefix("mailto:")
        return [*said, f'<p>Contact: <a href="{escape(link, quote=True)}">{_text(shown)}</a></p>']
    return [*said, missing("a contact. Nobody is named to whom people can write.")]


def why() -> list[str]:
    return [
        paragraph(
            "To know what people publicly say about the agency’s work, good and bad, to see questions that nobody has "
            "answered, and to report on both."
        )
    ]


def basis(settings: Settings) -> list[str]:
    """On what law all this stands."""
    if settings.notice.legal_basis:
        return [paragraph(f"Legal basis: {settings.notice.legal_basis}")]
    return [missing("the legal basis on which posts are processed.")]


def officer(settings: Settings) -> list[str]:
    if settings.notice.officer:
        return [paragraph(f"Data protection officer: {settings.notice.officer}")]
    return [missing("the data protection officer, where there is one.")]


def special() -> list[str]:
    """That posts may hold what the law protects specially."""
    return [
        paragraph(
            "Posts are kept as they were written. Some tell of their author’s or other people’s health, political "
            "opinions, religion or other matters that the law protects specially. The program does not look for these "
            "by itself, and concludes nothing from them about a person."
        )
    ]


def rights(settings: Settings) -> list[str]:
    """What everybody may ask for, and where to complain."""
    said = [
        listing(
            (
                "Access: you may ask what is stored of you, and get a copy of it.",
                "Correction: what is stored wrongly of you is put right.",
                "Erasure: what is stored of you is removed where it may not be kept, or where you object.",
                "Restriction: while your request is looked into, you may ask that your posts are kept, but not used.",
                "Objection: you may object to your posts being collected, at any time.",
                "Complaint: you may complain to a supervisory authority.",
            )
        )
    ]
    if settings.notice.authority:
        return [*said, paragraph(f"The supervisory authority: {settings.notice.authority}")]
    return [*said, missing("the supervisory authority to which people may complain, and its address.")]


def recipients() -> list[str]:
    return [
        paragraph(
            "Within the agency posts and numbers made of them reach the team that answers for communications, the "
            "departments that have to answer, and the agency’s leadership."
        )
    ]


def persons() -> list[str]:
    return [
        listing(
            (
                "People and organisations who publish posts that mention the agency, and people who are named in them.",
                "Members of the team: who judged which post and what was noted, who searched, opened and exported "
                "what.",
            )
        )
    ]


def collected(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    said = [
        paragraph(
            "Public posts that one of the topics below finds; others are read and not kept. Of each: its words, where "
            "and when it was published, its address, the author’s public name and account, its language, whether it "
            "answers another post or carries a content warning, and, where the source tells them, the numbers of "
            "likes, replies, reposts, views and followers. Pictures and films are not collected; where an author "
            "describes one in words, these words are."
        )
    ]
    feeds = [(feed, False) for feed in settings.feeds] + [(feed, True) for feed in settings.paused]
    if not feeds:
        return [*said, missing("places. None is listened to.")]
    for module in every():
        here = [(feed, paused) for feed, paused in feeds if feed.source == module.SOURCE]
        if here:
            said.append(f"<h3>{escape(module.LABEL)}</h3>")
            said.append(listing(_place(feed) + (" (set aside at present)" if paused else "") for feed, paused in here))
            said.append(paragraph(module.CANNOT_SEE))
            said += [paragraph(sentence) for sentence in _login(module, environ)]
    if settings.fetch.conversations and any(isinstance(collector(feed.source), Converser) for feed, _ in feeds):
        said.append(
            paragraph(
                f"Where a place shows them, the posts right around such a post are read as well: what it answers, and "
                f"at most {SHOWN_AFTER} posts that answer it, so that the team sees what was said and whether the "
                "agency has answered. So are answers to the agency’s own posts. They are in no number, and go when the "
                "post goes around which they stand."
            )
        )
    return said


def imported(brought: Collection[str]) -> list[str]:
    """That posts came from other tools' files as well, by the sources that these were of; nothing where none did."""
    if not brought:
        return []
    names = sorted({label_of(source) for source in brought})
    return [
        "<h3>Files of other tools</h3>",
        listing(names),
        paragraph(
            "Posts from these places were brought in from files that other monitoring or survey tools had exported; "
            "they are matched, kept, masked and removed as all others. It is not looked up whether such a post was "
            "deleted at its source."
        ),
    ]


def _place(feed: Feed) -> str:
    """A feed in words; not its whole address, which may be private."""
    options = feed.options
    if feed.source == "rss":
        detail = urlsplit(options.get("url", "")).hostname or ""
    else:
        what = [
            words.format(options[key].removeprefix("#"))
            for key, words in NARROWED.items()
            if options.get(key, "").strip()
        ]
        where = options.get("server") or options.get("site") or ""
        detail = ", ".join(what) + (f" on {where}" if where else "")
    return f"{feed.name} ({detail})" if detail and detail != feed.name else feed.name


NARROWED = {
    "account": "the account {}",
    "channel": "the channel {}",
    "subreddit": "r/{}",
    "community": "the community {}",
    "tag": "#{}",
    "search": "search for {}",
    "alert": "the alert {}",
}
"""What of a source a feed may be, by the option that says so."""


def _login(module: Collector, environ: Mapping[str, str]) -> list[str]:
    """That a place is read with an account or a key of the agency’s, where the environment names one."""
    begins = f"LISTENING_{module.SOURCE.upper()}_"
    if not any(name.startswith(begins) and value.strip() for name, value in environ.items()):
        return []
    return ["It is read with an account of the agency’s where that is set up; only what this account may read is seen."]


def topics(settings: Settings, *, queries: bool) -> list[str]:
    if not queries:
        return [listing(topic.name for topic in settings.topics)]
    rows = [(topic.name, topic.query.strip(), topic.department or "–") for topic in settings.topics]
    return [table(("Topic", "Query", "Department"), rows)]


def times(settings: Settings) -> list[str]:
    kept = settings.retention
    rows = [
        ("Posts that mention the agency", kept.mentions),
        ("Posts of the agency’s own accounts", kept.replies),
        ("Who judged which post, and notes on it", kept.reviews),
        ("Files made from it: exports, reports, copies for a meeting", kept.reports),
        ("Who searched, opened and exported what", kept.access_log),
    ]
    said = [table(("What", "How long"), [(what, _days(days)) for what, days in rows])]
    if not kept.mentions:
        said.append(missing("a time after which posts are removed. They are kept for good."))
    if any(days for _, days in rows):
        said.append(
            paragraph(
                "What is older is removed by whole days, with the first collection of a day, and is not collected "
                "again."
            )
        )
    if kept.reviews:
        said.append(
            paragraph(
                "What was decided about a post (its tag, its department, whether it was answered) stays with the post "
                "as long as that is kept, without the name of who decided."
            )
        )
    if kept.reports:
        said.append(
            paragraph(
                "A file is deleted where the program wrote it and nobody changed it since; changed files, backups and "
                "files that were downloaded with a browser are named to the team, and not deleted by the program."
            )
        )
    said.append(
        paragraph("Numbers of a week that was closed stay, with who closed it; they hold no words and no authors.")
    )
    return said


def _days(days: int) -> str:
    if not days:
        return "for good: no time is set"
    return "1 day" if days == 1 else f"{days:,} days"


def masked(settings: Settings) -> list[str]:
    outlets = [feed.name for feed in (*settings.feeds, *settings.paused) if feed.outlet]
    listed = (*settings.agency.own_accounts, *settings.privacy.listed_accounts)
    said = [
        paragraph(
            "On the page for leaders, in exports and in messages to departments, private people’s names, handles, mail "
            "addresses and accounts are replaced by a mark, which is another one in each file. An export can show "
            "names where a reason is given; the reason is written into the access log."
        )
    ]
    if settings.privacy.links_to_people:
        said.append(
            paragraph("The page links to private people’s posts, which name their authors to who follows the link.")
        )
    else:
        said.append(paragraph("The page does not link to private people’s posts."))
    if outlets:
        said.append(paragraph(f"Shown by name are the authors at these places: {', '.join(outlets)}."))
    if listed:
        said.append(paragraph(f"Shown by name are these accounts: {', '.join(listed)}."))
    return said


def tags(settings: Settings) -> list[str]:
    return [
        paragraph(
            f"{TAGGERS[settings.tags.tagger]} read the words of a post on the agency’s own computer and tag the post "
            "good, neutral or bad; each tag shows the words that made it. The program also says whether a post asks "
            "for something. Both are often wrong in single cases, and people of the team can correct them. No post is "
            "sent elsewhere to be tagged. The program decides nothing about any person."
        )
    ]


def deleted(settings: Settings) -> list[str]:
    used = {feed.source for feed in (*settings.feeds, *settings.paused)}
    if not settings.fetch.recheck:
        return [
            paragraph(
                "Whether a post was deleted at its source is not looked up: this is switched off in the settings."
            )
        ]
    said = [f"{module.LABEL}: {module.DELETIONS}" for module in every() if module.SOURCE in used]
    if any(looks_up(feed.source) for feed in settings.paused):
        said.append("Of places that are set aside it is not noticed that a post was deleted.")
    more = (
        [
            paragraph(
                "Of an emptied post the tag, the day and the place are kept, so that it is still counted; no words, no "
                "names."
            )
        ]
        if any(looks_up(feed.source) for feed in settings.feeds)
        else []
    )
    return [listing(said), *more] if said else []


def seen(settings: Settings) -> list[str]:
    days = settings.retention.access_log
    kept = f"for {_days(days)}" if days else _days(days)
    return [
        paragraph(
            "The page opens on the computer on which the program runs, and to others only where the agency makes it "
            "so. The team’s page for reviewing shows posts as they were written, with their address. Who searches, "
            "opens the posts behind a number, exports, sends, removes or forgets is written into an access log, which "
            f"is kept {kept}."
        )
    ]


def ways(settings: Settings, environ: Mapping[str, str]) -> list[Way]:
    """The departments that are told of posts, and by which ways."""
    ruled = {each.name: each for each in settings.departments}
    found = []
    for name in Routes(settings).departments:
        for way in messages.ways(ruled.get(name, Department(name=name)), settings.send, environ):
            mail = bool(way.to)
            found.append(Way(department=name, how="mail" if mail else "chat", to=way.shown))
    return found


def sent(ways: Sequence[Way], *, whole: bool) -> list[str]:
    if not ways:
        return [paragraph("The program sends nothing to anybody: no message to a department is set up.")]
    said = paragraph(
        "Posts that wait for an answer are sent to the department that has to give it, with their words and without "
        "the author’s name, but with their address, which may name the author:"
    )
    return [said, listing(f"{way.department}: {way.to if whole else way.how}" for way in ways)]


def objecting(settings: Settings) -> list[str]:
    can = (
        "The program can take a post, or all posts of one author, out of its store for good, so that they are not "
        "collected again; it then lists the files and messages that may still hold them."
    )
    if settings.agency.contact:
        return [paragraph(f"Write to {settings.agency.contact.removeprefix('mailto:')}. {can}")]
    return [missing("a contact to object to."), paragraph(can)]


def not_done() -> list[str]:
    return [
        listing(
            (
                "No profiles: there is no list, ranking, search or export of what one private person writes.",
                "No private messages, and no posts that their authors show to followers only.",
                "No recognition of faces, voices or pictures.",
                "No answers by machine, and no decisions about people.",
                "No prices: no “advertising value” is put on what people say.",
                "The page loads nothing from elsewhere, and reports to nobody elsewhere who looks at it.",
            )
        )
    ]


def by_hand(what: Sequence[str]) -> list[str]:
    return [missing(f"{each}.") for each in what]


def transfers(settings: Settings, ways: Sequence[Way]) -> list[str]:
    hosts = sorted({host for feed in settings.feeds if (host := _host(feed))})
    said = [
        paragraph(
            "The program hands nothing on by itself but what stands under (d). It asks these servers for posts, and "
            f"they see the agency’s contact and network address: {', '.join(hosts) or 'none'}."
        )
    ]
    used = {feed.source for feed in settings.feeds}
    asked_again = [each.LABEL for each in every() if each.SOURCE in used and looks_up(each.SOURCE)]
    if settings.fetch.recheck and asked_again:
        said.append(
            paragraph(
                "It also asks, of the servers that posts are from or of the service itself, whether posts are still "
                f"there and what they are now. It does so for: {', '.join(asked_again)}."
            )
        )
    if settings.fetch.conversations and any(isinstance(collector(source), Converser) for source in used):
        said.append(paragraph("It asks for what was said around single posts at the servers that show them."))
    if any(way.how == "chat" for way in ways):
        said.append(missing("where the chats named under (d) keep their messages."))
    return said


def _host(feed: Feed) -> str:
    module = collector(feed.source)
    try:
        return urlsplit(guarded(module.locate, feed, None, {}).url).hostname or ""
    except FeedError:  # without its key it asks nobody
        return urlsplit(getattr(module, "SERVER", "")).hostname or feed.options.get("server", "")


def measures(settings: Settings) -> list[str]:
    network = "What servers are asked for, and where they may lead, is bounded; " + (
        "redirects into the agency’s own network are allowed by the settings."
        if settings.fetch.allow_private_redirects
        else "no redirect leads into the agency’s own network."
    )
    return [
        listing(
            (
                "Everything is in one file on the computer on which the program runs; the program does not encrypt it.",
                "Private people are masked on the page for leaders, in exports and in messages to departments.",
                "A search for what a private person’s account wrote is refused.",
                "Forgotten posts leave the file byte by byte; that they are not collected again is kept as a keyed "
                "hash.",
                "Exports, reports, copies for a meeting and backups are noted, so that a forgotten post can be "
                "looked for there.",
                "An access log says who searched, opened, exported, sent, removed and forgot what.",
                "A copy for a meeting holds no notes, no names of the team and no access log.",
                "Passwords and tokens are in no settings file; they come from the environment.",
                network,
            )
        )
    ]
