"""The words that find an agency: each with its reason, and a query made of those that the team keeps.

One topic, and not one for each way to write a name: a topic is what leaders choose on their page, and a post that says
both the name and the hashtag is one mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from listening.query import tokens
from listening.query.slips import EVERYDAY
from listening.settings.create import handle_term, hashtag_term, query_term
from listening.setup.accounts import Account, read_account
from listening.setup.answers import Answers
from listening.setup.lookalikes import EVERYDAY_PLACES, FAMOUS, SHARED, STATES

NEAR = 12
"""Words between a name that others have too and the word that tells it is ours."""

_SMALL = frozenset(
    ["a", "an", "and", "at", "by", "de", "del", "for", "in", "la", "las", "le", "los", "of", "on", "the", "to", "von"]
)
_KIND_OF_PLACE = r"town|city|village|county|borough|township|parish|district|municipality|commune"
_PLACE_BEHIND = re.compile(rf"(?:the )?(?:{_KIND_OF_PLACE}) of (?:the )?(?P<place>.+)", re.IGNORECASE)
_PLACE_BEFORE = re.compile(
    rf"(?P<place>.+?) (?:{_KIND_OF_PLACE}|police|fire|public|transit|school|library|libraries|port|parks?|health|"
    r"sheriff|water|housing|department|council|authority)\b.*",
    re.IGNORECASE,
)
_KIND = re.compile(rf"(?:the )?({_KIND_OF_PLACE})\b", re.IGNORECASE)
_NO_CONTEXT = frozenset(
    [
        "administration",
        "agency",
        "authority",
        "board",
        "bureau",
        "center",
        "centre",
        "city",
        "commission",
        "council",
        "county",
        "department",
        "district",
        "office",
        "service",
        "services",
        "state",
        "states",
        "town",
        "united",
        "village",
    ]
)
_GENERIC_HANDLES = frozenset(
    [
        "admin",
        "city",
        "cityhall",
        "contact",
        "council",
        "county",
        "hello",
        "info",
        "mayor",
        "media",
        "news",
        "office",
        "police",
        "press",
        "town",
        "townhall",
    ]
)
_NO_PLACES = frozenset(
    ["federal", "international", "joint", "national", "public", "regional", "royal", "state", "the", "united", "world"]
)
_LAST_WORDS = re.compile(r"(?P<rest>\S+ .*\S) (?:agency|authority|department|office|service)", re.IGNORECASE)
_SAYS_OTHER_THINGS = frozenset(["DE", "HI", "ID", "IN", "LA", "MA", "ME", "OH", "OK", "OR", "PA"])
"""Short forms of states that are words as well: “Springfield or Boston” is no Springfield in Oregon."""
_COUNCIL = ("council", "mayor", "city", "town", "county", "police")


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """A part of the proposed query, in the query language, and why it is proposed.

    ``leaves_out``: posts with these words are not wanted. ``ticked``: proposed to be used.
    """

    query: str
    why: str
    ticked: bool = True
    leaves_out: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A topic's name and the terms for its query. ``question`` is what else the team could say to make it better."""

    name: str
    terms: tuple[Term, ...]
    question: str = ""

    @property
    def query(self) -> str:
        """The query of what is ticked."""
        return composed(term for term in self.terms if term.ticked)


def composed(terms: Iterable[Term]) -> str:
    """One query of terms: any of those that find, none of those that leave out."""
    chosen = list(terms)
    finds = list(dict.fromkeys(term.query for term in chosen if not term.leaves_out))
    leaves = list(dict.fromkeys(term.query for term in chosen if term.leaves_out))
    found = " OR ".join(finds)
    if not leaves or not finds:
        return found
    inside = f"({found})" if len(finds) > 1 else found
    return f"{inside} NOT ({' OR '.join(leaves)})"


def propose(answers: Answers) -> Proposal:
    """The topic of the agency itself."""
    name, short = " ".join(answers.name.split()), " ".join(answers.short_name.split())
    place = place_in(name)
    accounts = [read_account(text) for text in answers.accounts]
    terms = [
        *_full_name(name, short, answers.region),
        *_short_name(name, short, place, answers.region),
        *_place_alone(name, short, place, answers.region),
        *_initials(name, short),
        *_hashtags(name, short, place, answers.region),
        *_handles(accounts),
        *(Term(query=query_term(word), why="Yours.") for word in answers.keywords if query_term(word)),
        *_others_of_the_name(place or short, answers.region),
    ]
    once: dict[str, Term] = {}
    for term in terms:
        once.setdefault(term.query.casefold(), term)
    question = ""
    if (shared := _shared(place or short)) and not answers.region.strip():
        question = (
            f"There is a {place or short} in {_listed(shared)}. Say your state or country, and the name is looked for "
            "beside it."
        )
    return Proposal(name=short or name, terms=tuple(once.values()), question=question)


def place_in(name: str) -> str:
    """The place that an agency is named after: Quillhaven of the Town of Quillhaven and of Quillhaven Police; or ""."""
    found = _PLACE_BEHIND.fullmatch(name) or _PLACE_BEFORE.fullmatch(name)
    place = found["place"].strip(" ,") if found else ""
    return "" if place.split(" ")[0].casefold() in _NO_PLACES else place


# --- names ----------------------------------------------------------------------------------------------------------


def _full_name(name: str, short: str, region: str) -> list[Term]:
    if len(tokens(name)) == 1:
        return [] if short and tokens(name) == tokens(short) else _alone(name, "", name, region)
    terms = [Term(query=query_term(name), why="Your name, word for word. Capitals and accents do not matter.")]
    if (found := _LAST_WORDS.fullmatch(name)) and place_in(name) and tokens(found["rest"]) != tokens(place_in(name)):
        terms.append(Term(query=query_term(found["rest"]), why="Your name as people shorten it."))
    return [term for term in terms if term.query]


def _short_name(name: str, short: str, place: str, region: str) -> list[Term]:
    if not short or (tokens(short) == tokens(name) and len(tokens(name)) > 1):
        return []
    return _alone(short, place, name, region)


def _alone(word: str, place: str, name: str, region: str) -> list[Term]:
    if word.isupper() and " " not in word and len(word) > 1:
        return _acronym(word, name)
    return _word(word, place, region)


def _place_alone(name: str, short: str, place: str, region: str) -> list[Term]:
    """The place by itself where the agency is the place's own: what is said of Quillhaven is said to its town hall."""
    if not place or not _PLACE_BEHIND.fullmatch(name) or tokens(place) == tokens(short):
        return []
    return _word(place, place, region)


def _word(word: str, place: str, region: str) -> list[Term]:
    """A short name or a place; where others have it too, only beside what tells that it is ours."""
    written = query_term(word)
    if not written:
        return []
    said = word.casefold()
    if shared := _shared(word):
        ours = _state(region)
        if not ours:
            return [
                Term(
                    query=written,
                    why=f"There is a {word} in {_listed(shared)}: alone it finds all of them.",
                    ticked=False,
                )
            ]
        # NEAR joins no words that must be in capitals, as query_term writes them.
        beside = query_term(ours.lower() if ours.isupper() else ours)
        return [
            Term(
                query=f"{written} NEAR/{NEAR} {beside}",
                why=f"There is a {word} in {_listed(shared)}: looked for beside {ours}.",
            )
        ]
    if said in EVERYDAY_PLACES or said in EVERYDAY:
        beside = " OR ".join(_COUNCIL)
        return [
            Term(
                query=f"{written} NEAR/{NEAR} ({beside})",
                why=f"“{said}” is an everyday word too: looked for beside words of public life.",
            ),
            Term(query=written, why="Alone it also finds the everyday word.", ticked=False),
        ]
    why = "The place: people write it without the rest of your name." if place and said == place.casefold() else ""
    return [Term(query=written, why=why or "Your short name.")]


def _acronym(short: str, name: str) -> list[Term]:
    exact = query_term(short)
    if not exact:
        return []
    everyday = short.casefold() in EVERYDAY
    context = [word for word in _significant(name) if word.casefold() not in _NO_CONTEXT and word.upper() != short]
    if (everyday or len(short) <= 2) and context:
        reason = f"“{short.casefold()}” is an everyday word" if everyday else "So short a name is others' too"
        beside = " OR ".join(filter(None, map(query_term, context)))
        return [
            Term(
                query=f"({exact} AND ({beside}))" if " OR " in beside else f"({exact} AND {beside})",
                why=f"{reason}: only in capitals, and only with a word of your name in the same post.",
            ),
            Term(query=exact, why="In capitals without more: it also finds whoever shouts.", ticked=False),
        ]
    why = "Your short name, in capitals exactly so."
    if everyday:
        why += " Whoever writes all in capitals is found too; look at the trial below."
    return [Term(query=exact, why=why)]


def _initials(name: str, short: str) -> list[Term]:
    words = _significant(name)
    initials = "".join(word[0] for word in words).upper()
    if not 3 <= len(initials) <= 6 or initials.casefold() == short.casefold() or not initials.isalpha():
        return []
    return [
        Term(query=query_term(initials), why="Your initials in capitals: tick it where people use them.", ticked=False)
    ]


def _significant(name: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_][\w'’-]*", name) if word.casefold() not in _SMALL]


# --- hashtags and handles -------------------------------------------------------------------------------------------


def hashtags(answers: Answers) -> list[str]:
    """The hashtags that the topic looks for, without #, the likeliest first."""
    return [term.query.removeprefix("#") for term in propose(answers).terms if term.ticked and _is_tag(term)]


def _is_tag(term: Term) -> bool:
    return term.query.startswith("#") and not term.leaves_out


def _hashtags(name: str, short: str, place: str, region: str) -> list[Term]:
    """The forms in which people write an agency as one word."""
    abbreviation = STATES.get(_state(region), "")
    found: list[tuple[str, str]] = []
    of_the_place = _PLACE_BEHIND.fullmatch(name) is not None
    core = (place if of_the_place else "") or short or name
    ambiguous = bool(_shared(core)) or core.casefold() in EVERYDAY_PLACES | EVERYDAY
    if not ambiguous:
        found.append((_joined(core), "The hashtag that people are likeliest to use."))
        if core == name and place and (shorter := _LAST_WORDS.fullmatch(name)):
            found.insert(0, (_joined(shorter["rest"]), "Your name as people shorten it."))
    elif abbreviation:
        found.append((_joined(core) + abbreviation, f"With the state: #{_joined(core)} alone is others' too."))
    if short and short != core and short.casefold() not in EVERYDAY and not _shared(short) and len(short) > 2:
        found.append((_joined(short), "Your short name as a hashtag."))
    if not (ambiguous and tokens(core) == tokens(name)):
        found.append((_joined(name), "Your name as one word."))
    if (kind := _KIND.match(name)) and place and not ambiguous:
        hall = {"city": "CityHall", "county": "County"}.get(kind[1].casefold(), "TownHall")
        found.append((_joined(place) + hall, "As people tag what a town hall does."))
    return [Term(query=query, why=why) for tag, why in found if (query := hashtag_term(tag)).startswith("#")]


def _joined(words: str) -> str:
    return "".join(word if word[:1].isupper() else word.capitalize() for word in re.findall(r"\w+", words))


def _handles(accounts: Sequence[Account]) -> list[Term]:
    terms = []
    for account in accounts:
        if not account.handle:
            continue
        if account.service == "fediverse":
            name = account.handle.split("@")[1]
            # In a post the server often falls away; a handle such as @press is somebody's on every server.
            if name.casefold() in _GENERIC_HANDLES:
                written = handle_term(account.handle) if ":" not in account.handle else ""
            else:
                written = query_term(f"@{name}")
        elif account.service == "reddit":
            written = query_term(account.handle)
        else:
            written = handle_term(account.handle)
        if written:
            terms.append(Term(query=written, why="Who talks to your account names it."))
    return terms


# --- look-alikes ----------------------------------------------------------------------------------------------------


def _others_of_the_name(place: str, region: str) -> list[Term]:
    terms = []
    if shared := _shared(place):
        ours = _state(region)
        for other in shared if ours else ():
            if other == ours:
                continue
            terms.append(Term(query=query_term(f"{place} {other}"), why=f"The {place} in {other}.", leaves_out=True))
            if (short := STATES.get(other)) and short not in _SAYS_OTHER_THINGS:
                terms.append(
                    Term(query=query_term(f"{place} {short}"), why=f"The {place} in {other}.", leaves_out=True)
                )
    for other in FAMOUS.get(place.casefold(), ()):
        terms.append(Term(query=query_term(other), why="Known by the same name, and not you.", leaves_out=True))
    return terms


def _shared(place: str) -> tuple[str, ...]:
    return SHARED.get(place.casefold(), ())


def _state(region: str) -> str:
    """A state by its whole name, where its short form was typed; "" where there is no word in it."""
    said = region.strip() if tokens(region) else ""
    for state, short in STATES.items():
        if said.casefold() == state.casefold() or said.upper() == short:
            return state
    return said


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
