"""The notice and the record say what the settings do, no more; what is missing stands in them, and is warned of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from listening import demo, facts
from listening.cli import main
from listening.errors import SettingsError
from listening.notice import STYLE, Notice, notice, record
from listening.settings import Settings, load

NOW = datetime(2026, 3, 4, 17, tzinfo=UTC)

FULL = """\
[agency]
name = "Town of Millbrook"
short_name = "Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"
own_accounts = ["@townhall@harbor.example"]

[[topics]]
name = "Buses & roads"
query = "millbrook AND (bus OR road)"
department = "Public Works"

[retention]
mentions = 365
replies = 30
reviews = 700
reports = 90
access_log = 1

[privacy]
listed_accounts = ["@weather@harbor.example"]

[[departments]]
name = "Public Works"
topics = ["Buses & roads"]
send_to = ["works@millbrook.example"]

[send]
from = "press@millbrook.example"
server = "mail.millbrook.example"

[[feeds]]
name = "Millbrook <Herald>"
source = "rss"
url = "https://alerts.example/feeds/123/secret-456"
outlet = true

[[feeds]]
name = "Tag"
source = "mastodon"
server = "harbor.example"
tag = "millbrook"

[[feeds]]
name = "Neighbours"
source = "reddit"
subreddit = "millbrook"
paused = true
"""

BARE = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"

[[topics]]
name = "The town"
query = "millbrook"
"""


def settings(folder: Path, text: str) -> Settings:
    file = folder / "listening.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, {})


def words(made: Notice) -> str:
    """What a reader reads."""
    body = made.html.split("<body>", 1)[1]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def full(tmp_path: Path) -> Settings:
    return settings(tmp_path, FULL)


@pytest.fixture
def bare(tmp_path: Path) -> Settings:
    return settings(tmp_path, BARE)


def test_the_notice_says_who_collects_what_where_and_how_long(full: Settings) -> None:
    """In words, from the settings; the queries and addresses are in the record only."""
    said = words(notice(full, {}, now=NOW))
    for each in (
        "As of 4 March 2026",
        "Town of Millbrook (Millbrook)",
        "Contact: press@millbrook.example",
        "Millbrook <Herald> (alerts.example)",
        "Tag (#millbrook on harbor.example)",
        "Neighbours (r/millbrook) (set aside at present)",
        "Buses & roads",
        "Posts that mention the agency 365 days",
        "Posts of the agency’s own accounts 30 days",
        "Who judged which post, and notes on it 700 days",
        "Files made from it: exports, reports, copies for a meeting 90 days",
        "Who searched, opened and exported what 1 day",
        "@weather@harbor.example",
        "Public Works: mail",
        "Write to press@millbrook.example.",
        "Only where an app that Reddit has approved is set up",
        "No profiles",
        "To be added: the legal basis",
    ):
        assert each in said
    for each in ("bus OR road", "secret-456", "works@millbrook.example", "made up", "no time is set"):
        assert each not in said


def test_the_record_has_what_article_30_asks_for(full: Settings) -> None:
    """Its seven letters, with queries, recipients and measures; no secret of an address."""
    made = record(full, {}, now=NOW)
    said = words(made)
    letters = re.findall(r"<h2>\((\w)\)", made.html)
    assert list(dict.fromkeys(letters)) == ["a", "b", "c", "d", "e", "f", "g"]
    for each in (
        "Article 30(1)",
        "millbrook AND (bus OR road)",
        "Public Works: mail to works@millbrook.example",
        "alerts.example, harbor.example",
        "no redirect leads into the agency’s own network",
        "Members of the team",
        "365 days",
    ):
        assert each in said
    assert "secret-456" not in made.html


def test_which_places_are_asked_about_known_posts_is_told(tmp_path: Path) -> None:
    """Those that can be asked and are listened to at present; of a place that is set aside nothing is looked up."""
    everything = FULL.replace("paused = true\n", "")
    said = words(record(settings(tmp_path, everything), {}, now=NOW))
    assert "what they are now. It does so for: RSS, Atom and JSON feeds, Mastodon, Reddit." in said
    assert "Of places that are set aside" not in said
    said = words(record(settings(tmp_path, FULL), {}, now=NOW))
    assert "It does so for: RSS, Atom and JSON feeds, Mastodon." in said
    assert "Of places that are set aside it is not noticed that a post was deleted." in said
    quiet = settings(tmp_path, FULL.replace("[privacy]", "[fetch]\nrecheck = false\n[privacy]"))
    assert "It does so for" not in words(record(quiet, {}, now=NOW))


def test_a_search_and_an_account_are_named(tmp_path: Path) -> None:
    """As the hashtag is."""
    for line, told in (
        ('account = "@town"', "Tag (the account @town on harbor.example)"),
        ('search = "Millbrook bus"', "Tag (search for Millbrook bus on harbor.example)"),
    ):
        text = FULL.replace('tag = "millbrook"', line)
        made = settings(tmp_path, text.replace("listed_accounts = [", 'listed_accounts = ["@town@harbor.example", '))
        assert told in words(notice(made, {}, now=NOW))


def test_rights_recipients_and_special_categories_are_told(full: Settings) -> None:
    """In plain sentences, in the notice; whom it reaches and what posts may tell of in the record too."""
    public, filed = words(notice(full, {}, now=NOW)), words(record(full, {}, now=NOW))
    for each in ("Access: ", "Correction: ", "Erasure: ", "Restriction: ", "Complaint: ", "a supervisory authority"):
        assert each in public
    for said in (public, filed):
        assert "the departments that have to answer, and the agency’s leadership" in said
        assert "health, political opinions, religion" in said
        assert "No setting says" not in said


def test_what_only_the_agency_can_say_comes_from_the_settings(tmp_path: Path) -> None:
    """And stands as to be added where it is not set."""
    said = {"legal_basis": "Article 6(1)(e) GDPR", "officer": "Mo <dpo@millbrook.example>", "authority": "Commissioner"}
    lines = "".join(f'{key} = "{value}"\n' for key, value in said.items())
    given = settings(tmp_path, f"{FULL}\n[notice]\n{lines}")
    for made in (notice(given, {}, now=NOW), record(given, {}, now=NOW)):
        assert "Article 6(1)(e) GDPR" in words(made)
        assert "Mo <dpo@millbrook.example>" in words(made)
    made = notice(given, {}, now=NOW)
    assert "The supervisory authority: Commissioner" in words(made)
    assert "To be added" not in words(made)
    assert made.missing == ()
    without = notice(settings(tmp_path, FULL), {}, now=NOW)
    assert words(without).count("To be added") == 3
    assert len(without.missing) == 3


@pytest.mark.parametrize(("line", "said"), [("officer = 3", "is a number"), ("oficer = 'Mo'", "“officer”")])
def test_a_setting_of_the_notice_that_cannot_be_is_refused(tmp_path: Path, line: str, said: str) -> None:
    """As every other."""
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, f"{BARE}\n[notice]\n{line}\n")
    assert said in str(refused.value)


def test_what_was_added_by_hand_is_not_lost(
    full: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that somebody worked on, or that is none of ours, is written over only where that is said."""
    monkeypatch.chdir(tmp_path)
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    page = tmp_path / "notice.html"
    for _ in range(2):
        assert main(["notice", "-o", "notice.html"]) == 0
    page.write_text(page.read_text(encoding="utf-8").replace("<h2>Why", "<p>By hand</p><h2>Why"), encoding="utf-8")
    for text in (page.read_text(encoding="utf-8"), "<h1>Our site</h1>", ""):
        page.write_text(text, encoding="utf-8")
        assert main(["notice", "-o", "notice.html"]) == 2
        assert "is not as this program wrote it" in capsys.readouterr().err
        assert page.read_text(encoding="utf-8") == text
    assert main(["notice", "-o", "notice.html", "--overwrite"]) == 0
    assert "By hand" not in page.read_text(encoding="utf-8")


def test_only_what_is_as_long_as_an_address_may_break() -> None:
    """Words stand whole in a cell, however narrow."""
    made = facts.table(("Topic", "Query"), [("Responsibilities", "url:https://alerts.example/feeds/1 OR otters.")])
    assert made.count('class="long"') == 1
    assert '<span class="long">url:https://alerts.example/feeds/1</span> OR otters.' in made
    assert ".long { overflow-wrap: anywhere; }" in STYLE.read_text(encoding="utf-8")
    assert STYLE.read_text(encoding="utf-8").count("overflow-wrap") == 1


def test_what_is_missing_is_seen_and_warned_of(
    bare: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No contact, no time, no places: in the file and on stderr; nothing is made up in their stead."""
    monkeypatch.chdir(tmp_path)
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["notice", "-o", "notice.html"]) == 0
    shown = capsys.readouterr()
    assert "The notice was written to notice.html." in shown.out
    for each in (
        "No contact is set (agency.contact)",
        "retention.mentions",
        "There are no feeds",
        "notice.legal_basis",
        "notice.officer",
    ):
        assert each in shown.err
    said = words(notice(bare, {}, now=NOW))
    assert (tmp_path / "notice.html").read_text(encoding="utf-8").count('class="open"') >= 5
    for each in (
        "To be added: a contact. Nobody is named",
        "To be added: places.",
        "To be added: a time after which posts are removed. They are kept for good.",
        "To be added: a contact to object to.",
        "The program sends nothing to anybody",
        "kept for good: no time is set.",
    ):
        assert each in said
    for each in ("Write to", "is removed by whole days", "Shown by name", "stays with the post"):
        assert each not in said


def changed(folder: Path, old: str, new: str) -> Settings:
    assert FULL.count(old) == 1
    return settings(folder, FULL.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "then", "no_longer"),
    [
        ("mentions = 365\n", "", "Posts that mention the agency for good: no time is set", "365"),
        ("reviews = 700\n", "", "notes on it for good", "without the name of who decided"),
        ("reports = 90\n", "", "copies for a meeting for good", "A file is deleted"),
        ("[privacy]", "[fetch]\nrecheck = false\n[privacy]", "is not looked up", "is emptied"),
        ("[privacy]", "[privacy]\nlinks_to_people = true", "links to private people’s posts", "does not link"),
        ('send_to = ["works@millbrook.example"]\n', "", "sends nothing to anybody", "Public Works: mail"),
        ("[privacy]", '[tags]\ntagger = "rules"\n[privacy]', "rules for public bodies read", "learned model"),
        ("[privacy]", '[tags]\ntagger = "minilm"\n[privacy]', "two learned models", "a small learned model read"),
        ('"@weather@', '"@rain@', "@rain@harbor.example", "@weather@"),
    ],
)
def test_another_setting_is_another_sentence(tmp_path: Path, old: str, new: str, then: str, no_longer: str) -> None:
    """No sentence claims what the settings do not do."""
    before = words(notice(settings(tmp_path, FULL), {}, now=NOW))
    after = words(notice(changed(tmp_path, old, new), {}, now=NOW))
    assert then not in before
    assert no_longer in before
    assert then in after
    assert no_longer not in after


def test_only_outlets_are_said_to_be_shown_by_name(tmp_path: Path) -> None:
    """Without one nothing is said of authors at places."""
    shown = "Shown by name are the authors at these places: Millbrook <Herald>."
    assert shown in words(notice(settings(tmp_path, FULL), {}, now=NOW))
    assert "authors at these places" not in words(notice(changed(tmp_path, "outlet = true\n", ""), {}, now=NOW))


def test_what_the_environment_adds_is_said_and_no_secret_is(full: Settings) -> None:
    """A department's chat, and places that are read with an account."""
    environ = {
        "LISTENING_SEND_PUBLIC_WORKS": "slack://hush-token/channel",
        "LISTENING_MASTODON_TOKEN": "hush@harbor.example",
    }
    made, whole = notice(full, environ, now=NOW), record(full, environ, now=NOW)
    assert "Public Works: chat" in words(made)
    assert "read with an account of the agency’s" in words(made)
    assert "To be added: where the chats named under (d) keep their messages" in words(whole)
    assert "read with an account" not in words(notice(full, {}, now=NOW))
    assert "hush" not in made.html + whole.html


class Balanced(HTMLParser):
    """Notes what is opened and not closed, and what would be loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [str(value) for name, value in attrs if name in ("src", "srcset", "data")]
        if tag in ("script", "link", "img", "iframe", "object"):
            self.loaded.append(tag)
        if tag != "meta":
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


@pytest.mark.parametrize("text", [FULL, BARE], ids=["full", "bare"])
@pytest.mark.parametrize("make", [notice, record], ids=["notice", "record"])
def test_it_is_one_whole_file(tmp_path: Path, text: str, make: object) -> None:
    """Well formed, in English, with one first heading and headings in order; nothing is loaded, no markup of names."""
    assert callable(make)
    made = make(settings(tmp_path, text), {}, now=NOW)
    parsed = Balanced()
    parsed.feed(made.html)
    assert (parsed.stack, parsed.loaded) == ([], [])
    assert "url(" not in made.html
    assert '<html lang="en">' in made.html
    levels = [int(level) for level in re.findall(r"<h(\d)", made.html)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert "<Herald>" not in made.html


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_its_colours_can_be_read() -> None:
    """At least 4.5 to 1 on their ground, light and dark (WCAG AA)."""
    style = STYLE.read_text(encoding="utf-8")
    pairs = dict(re.findall(r"--(\w+): light-dark\((#\w{6}, #\w{6})\)", style))
    grounds = re.search(r"background: light-dark\((#\w{6}), (#\w{6})\)", style)
    assert grounds is not None
    for name in ("ink", "muted"):
        for colour, ground in zip(pairs[name].split(", "), grounds.groups(), strict=True):
            low, high = sorted((luminance(colour), luminance(ground)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (name, colour)


def test_the_invented_town_says_that_it_is_invented() -> None:
    """Nobody takes its notice for a real one."""
    assert "made up" in words(notice(load(demo.settings_file(), {}), {}, now=NOW))


def test_only_a_web_page_is_written(
    full: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Never over the settings or the store; a notice that is there is made anew."""
    monkeypatch.chdir(tmp_path)
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["notice", "-o", "listening.toml"]) == 2
    assert "Name the file .html" in capsys.readouterr().err
    for _ in range(2):
        assert main(["notice", "--record", "-o", "record.html"]) == 0
    assert "record of processing activities was written" in capsys.readouterr().out
