"""The words proposed for an agency: its names, capitals and hashtags, and the look-alikes kept out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.models import Post
from listening.query import Matcher, parse
from listening.setup.accounts import read_account
from listening.setup.answers import Answers
from listening.setup.topic import Proposal, composed, place_in, propose


def found(proposal: Proposal, text: str) -> bool:
    """Whether the proposed query finds a post with this text."""
    matcher = Matcher({"topic": parse(proposal.query)})
    return bool(matcher.match(Post(source="mastodon", feed="social", key="1", text=text)))


def said(answers: Answers) -> dict[str, bool]:
    """Each proposed term and whether it is ticked."""
    return {term.query: term.ticked for term in propose(answers).terms}


QUILLHAVEN = Answers(
    name="Town of Quillhaven",
    short_name="Quillhaven",
    accounts=("@qhtown@quillhaven.social", "https://x.com/quillhaven_th", "u/quillhaven_townhall"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The town of Quillhaven plants trees", True),
        ("quillhaven is lovely", True),
        ("so nice #QuillhavenTownHall", True),
        ("hello @qhtown@quillhaven.social", True),
        ("hello @quillhaven_th", True),
        ("ask /u/quillhaven_townhall", True),
        ("The town of Millbrook plants trees", False),
    ],
)
def test_a_town_is_found_by_its_names_hashtags_and_handles(text: str, expected: bool) -> None:
    """What people write when they mean the town is found, and nothing of the next town."""
    assert expected == found(propose(QUILLHAVEN), text)


def test_each_word_has_its_reason() -> None:
    """Nobody is asked to tick what is not explained."""
    assert all(term.why.endswith(".") for term in propose(QUILLHAVEN).terms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ICE opens an office for customs", True),
        ("the ice on the lake of Customs Street is thin", False),
        ("ICE IN THE HARBOR, SAYS EVERYBODY", False),
        ("Immigration and Customs Enforcement answers", True),
        ("#ice", False),
    ],
)
def test_an_acronym_that_is_a_word_needs_its_capitals_and_company(text: str, expected: bool) -> None:
    """ICE is found where it is written so, beside a word of the name; ice never."""
    assert expected == found(propose(Answers(name="Immigration and Customs Enforcement", short_name="ICE")), text)


def test_an_acronym_that_is_no_word_stands_alone_but_exactly_so() -> None:
    """NWS is found by itself, nws is not."""
    proposal = propose(Answers(name="National Weather Service", short_name="NWS"))
    assert found(proposal, "NWS says rain")
    assert not found(proposal, "the nws file")


def test_a_shared_name_asks_for_the_state() -> None:
    """There are many Springfields: alone the name is not ticked, and the page asks which one."""
    proposal = propose(Answers(name="City of Springfield", short_name="Springfield"))
    assert "Illinois" in proposal.question
    assert said(Answers(name="City of Springfield", short_name="Springfield"))["Springfield"] is False
    assert not found(proposal, "Sunny day in Springfield")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Springfield, Illinois, opens a pool", True),
        ("Thank you, City of Springfield!", True),
        ("City of Springfield, Missouri opens a pool", False),
        ("The Simpsons moved to the City of Springfield", False),
        ("A pool in Springfield", False),
        ("see you #SpringfieldIL", True),
    ],
)
def test_with_the_state_the_others_of_the_name_are_left_out(text: str, expected: bool) -> None:
    """The name is found beside our state, whole or short, and not where another one is named."""
    assert expected == found(propose(Answers(name="City of Springfield", region="IL")), text)


def test_a_place_that_is_a_word_is_looked_for_in_company() -> None:
    """Reading the newspaper is not Reading."""
    proposal = propose(Answers(name="Reading Borough Council", short_name="Reading"))
    assert not found(proposal, "I love reading")
    assert found(proposal, "Reading has a new mayor")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Town of Quillhaven", "Quillhaven"),
        ("The City of San Pedro", "San Pedro"),
        ("Quillhaven Police Department", "Quillhaven"),
        ("Harbor County Library", "Harbor"),
        ("World Health Organization", ""),
        ("National Park Service", ""),
        ("NASA", ""),
    ],
)
def test_the_place_in_a_name(name: str, place: str) -> None:
    """What an agency is named after, where that is a place."""
    assert place == place_in(name)


@pytest.mark.parametrize(
    ("typed", "service", "setting"),
    [
        ("@townhall@quillhaven.social", "fediverse", "@townhall@quillhaven.social"),
        ("https://quillhaven.social/@townhall", "fediverse", "@townhall@quillhaven.social"),
        ("@townhall@http://127.0.0.1:8000", "fediverse", "@townhall@127.0.0.1:8000"),
        ("https://www.reddit.com/user/quillhaven_th/", "reddit", "u/quillhaven_th"),
        ("u/quillhaven_th", "reddit", "u/quillhaven_th"),
        ("https://bsky.app/profile/quillhaven.example", "bluesky", "@quillhaven.example"),
        ("@quillhaven.example", "bluesky", "@quillhaven.example"),
        ("https://www.youtube.com/@quillhaven", "youtube", "https://www.youtube.com/@quillhaven"),
        ("https://x.com/quillhaven", "other", "@quillhaven"),
        ("www.quillhaven.example", "site", "https://www.quillhaven.example"),
        ("https://www.facebook.com/quillhaven", "other", "https://www.facebook.com/quillhaven"),
    ],
)
def test_accounts_are_known_as_people_write_them(typed: str, service: str, setting: str) -> None:
    """A handle, a short form or an address from the browser: the settings get the form that the service uses."""
    account = read_account(typed)
    assert (service, setting) == (account.service, account.setting)


@pytest.mark.parametrize(
    ("region", "query"),
    [
        ("Virginia", "Alexandria NEAR/12 Virginia"),
        ("NSW", "Alexandria NEAR/12 nsw"),
        ("N.S.W.", 'Alexandria NEAR/12 "n.s.w."'),
        (":", "Alexandria"),
    ],
)
def test_a_region_stands_beside_a_name_that_others_have_also_in_capitals(region: str, query: str) -> None:
    """NEAR joins plain words only; a region without a word tells nothing, and the name alone is not ticked."""
    first = next(
        term for term in propose(Answers(name="City of Alexandria", region=region)).terms if term.query == query
    )
    parse(first.query)
    assert first.ticked == ("NEAR" in query)


def test_a_handle_that_no_network_has_is_looked_for_as_it_stands() -> None:
    """A slip in one account does not make the whole query unreadable."""
    proposal = propose(Answers(name="Town of Quillhaven", accounts=("@¼", "@quillhaven.example")))
    assert {'"@¼"', "@quillhaven.example"} <= {term.query for term in proposal.terms}
    parse(proposal.query)


_text = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)


@settings(max_examples=300)
@given(_text, _text, _text, st.lists(_text, max_size=3))
def test_whatever_is_typed_the_proposal_can_be_read(name: str, short: str, region: str, accounts: list[str]) -> None:
    """Each term by itself, and the query that they make, in every combination of ticks at the ends."""
    proposal = propose(Answers(name=name, short_name=short, region=region, accounts=tuple(accounts)))
    for term in proposal.terms:
        parse(term.query)
    if proposal.query:
        parse(proposal.query)
    if whole := composed(proposal.terms):
        parse(whole)
