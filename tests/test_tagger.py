"""Tags: VADER's scores under the rules, and the reasons shown for them."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from listening.models import Reason, Tag, TextKind
from listening.sentiment import Tagged, Tagger, cut, reasons_text, scorer
from listening.sentiment.reading import MOST_CHARACTERS, with_title
from listening.sentiment.rules import sentences
from listening.sentiment.words import BAD_EMOJIS, GOOD_EMOJIS, NEUTRAL_PHRASES, NEUTRAL_WORDS, UNCLEAR_EMOJIS

DATA = os.environ.get("LISTENING_SENTIMENT_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LISTENING_SENTIMENT_DATA does not name the labelled texts")

AGENCIES = (
    "Department of Justice",
    "Department of War",
    "Department of Homeland Security",
    "Federal Emergency Management Agency",
    "National Crime Agency",
    "Serious Fraud Office",
    "NHS Foundation Trust",
    "Supreme Court",
    "Social Security Administration",
    "Legal Services Corporation",
    "Children's Hospital Trust",
    "Fire and Rescue Service",
    "Health and Safety Executive",
    "Ministry of Defence",
    "Peace Corps",
    "Save the Harbour",
)


@cache
def tagger(*names: str) -> Tagger:
    return Tagger(engine="rules", names=names)


def effects(tagged: Tagged) -> dict[str, float]:
    return {reason.words: reason.effect for reason in tagged.why if reason.role == "moved"}


def set_aside(tagged: Tagged, role: str) -> list[str]:
    return [reason.words for reason in tagged.why if reason.role == role]


# --- names


def test_many_agency_names_score_by_themselves_in_plain_vader() -> None:
    """The reason for the mask: most of these names have a tag of their own."""
    scored = [name for name in AGENCIES if abs(scorer().compound(name)) >= 0.05]
    assert len(scored) >= 10


@pytest.mark.parametrize("name", AGENCIES)
@pytest.mark.parametrize("shape", [str, str.upper, str.lower])
def test_a_name_alone_is_neutral(name: str, shape: type[str]) -> None:
    """The agency's own name, in any case, says nothing about it."""
    tagged = tagger(*AGENCIES).tag(shape(name))
    assert (tagged.tag, tagged.score) == ("neutral", 0.0)
    assert set_aside(tagged, "masked") == [shape(name)]


@pytest.mark.parametrize(
    "text",
    [
        "Harbour Trust's answer came",
        "HARBOUR  TRUST’s answer came",
        "The answer of harbour-trust came",
        "(Harbour Trust) answered",
        "#harbour trust answered",
        "Hárbour Trust answered",
        "Ha\u0301rbour Trust answered",
    ],
)
def test_a_name_is_found_however_it_is_written(text: str) -> None:
    """Case, accents, possessives, hyphens and marks around it do not hide a name."""
    tagged = tagger("Harbour Trust").tag(text)
    assert (tagged.score, len(set_aside(tagged, "masked"))) == (0.0, 1)


def test_a_part_of_a_word_is_no_name() -> None:
    """The name "Care" does not mask "careless"."""
    assert effects(tagger("Care").tag("What a careless answer")) == {"careless": -1.5}


def test_the_longest_name_is_masked() -> None:
    """Of two names that begin alike, the longer is meant."""
    tagged = tagger("Harbour", "Harbour Trust").tag("Harbour Trust answered")
    assert set_aside(tagged, "masked") == ["Harbour Trust"]


def test_a_name_does_not_hide_the_opinion() -> None:
    """What is said about the agency still scores, negation over the name included."""
    tagged = tagger("Save the Harbour").tag("Save the Harbour is wonderful")
    assert (tagged.tag, effects(tagged)) == ("good", {"wonderful": 2.7})
    assert effects(tagger("Save the Harbour").tag("not Save the Harbour great")) == {"not … great": -2.294}


def test_a_name_in_capitals_keeps_its_capitals() -> None:
    """In a text all in capitals no word stands out, and the mask does not change that."""
    names = tagger("Harbour Trust")
    assert names.tag("HARBOUR TRUST IS GREAT").score == scorer().compound("NAME IS GREAT")


# --- handles, links, entities, emojis


@pytest.mark.parametrize(
    "text",
    [
        "@united",
        "@united, @best.friends",
        "@happy@great.example",
        "https://great.example/win?love=1",
        "www.awesome.example/good",
    ],
)
def test_handles_and_links_do_not_score(text: str) -> None:
    """Lexicon words within a handle or a link are nobody's opinion."""
    assert tagger().tag(f"See {text} today").score == 0.0


def test_html_entities_are_read() -> None:
    """An entity stands for its character."""
    assert effects(tagger().tag("I&#39;m not happy &amp; don&#39;t like it")) == {
        "not happy": -1.998,
        "don't like": -1.11,
    }


def test_curly_apostrophes_deny_as_straight_ones_do() -> None:
    """ "Didn’t like" is no praise."""
    assert tagger().tag("We didn’t enjoy it").tag == "bad"


@pytest.mark.parametrize(("emojis", "tag"), [(GOOD_EMOJIS, "good"), (BAD_EMOJIS, "bad"), (UNCLEAR_EMOJIS, "neutral")])
def test_emojis_alone_have_the_tag_of_the_table(emojis: str, tag: Tag) -> None:
    """Thumbs down and the pouting face are bad, tears of joy nothing; skin tones change nothing."""
    assert [tagger().tag(emoji).tag for emoji in emojis] == [tag] * len(emojis)
    assert [tagger().tag(f"Bus 7{emoji}\U0001f3fd").tag for emoji in emojis] == [tag] * len(emojis)


def test_the_emoji_itself_is_the_reason() -> None:
    """The reason shows what was written, not the word that stood in for it."""
    assert effects(tagger().tag("Bus 7 👎👎 and 😡, good")) == {"👎": -5.0, "😡": -2.5, "good": 1.9}


def test_an_emoji_that_vader_spells_out_is_the_reason_itself() -> None:
    """A reader finds 🥳 in the text, not "partying"; a word that stands there in letters stays a word."""
    assert [why.words for why in tagger().tag("The new line 7 🥳").why if why.effect] == ["🥳"]
    assert "smiling" in [why.words for why in tagger().tag("Smiling people on bus 7 🙂").why]


# --- neutral words


def test_every_neutral_word_is_one_that_vader_scores() -> None:
    """The lists hold nothing that VADER would not score anyway."""
    lexicon = scorer().lexicon
    assert {word for word in NEUTRAL_WORDS if word not in lexicon} == set()
    assert {phrase for phrase in NEUTRAL_PHRASES if not any(word in lexicon for word in phrase.split())} == set()


@pytest.mark.parametrize("entry", sorted(NEUTRAL_WORDS | NEUTRAL_PHRASES))
def test_a_neutral_word_alone_does_not_score(entry: str) -> None:
    """Each word and phrase of the list is set aside, and said to be."""
    tagged = tagger().tag(f"About {entry} in Quillhaven")
    assert (tagged.score, set_aside(tagged, "neutral")) == (0.0, [entry])


def test_neutral_words_leave_the_rest_as_it_was() -> None:
    """Negation and boosters reach over a neutral word, and capitals stand out as before."""
    assert effects(tagger().tag("please not help good")) == {"not help good": -1.406}
    assert effects(tagger().tag("a very safety good pool")) == {"good": round(1.9 + 0.95 * 0.293, 4)}
    assert tagger().tag("PLEASE HELP ME GOOD").score == scorer().compound("THING THING ME GOOD")


def test_no_emergency_is_no_bad_news_but_no_help_is() -> None:
    """A denied topic is neutral; a denied kindness is not."""
    assert tagger().tag("There is no emergency").tag == "neutral"
    assert tagger().tag("There is no help").tag == "bad"


def test_settings_add_words_and_phrases_and_take_them_off() -> None:
    """An agency's own neutral words count, and words it wants scored are scored."""
    text = "Stop the Bad Brook sewage, please"
    assert effects(Tagger(engine="rules", scored=["Please"]).tag(text)) == {"stop": -1.2, "bad": -2.5, "please": 1.3}
    own = Tagger(engine="rules", neutral=["Bad  Brook", "stop"]).tag(text)
    assert (effects(own), set_aside(own, "neutral")) == ({}, ["stop", "bad brook", "please"])


# --- the clause about the target


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("Harbour Trust wins award while Mill Lane suffers losses", {"wins", "award"}),
        ("Mill Lane suffers losses as Harbour Trust wins award", {"wins", "award"}),
        ("Terrible day at work; Harbour Trust was lovely", {"lovely"}),
        ("A great day, but the Harbour Trust desk was terrible", {"terrible"}),
    ],
)
@pytest.mark.parametrize("kind", ["headline", "post"])
def test_of_praise_and_blame_counts_what_is_said_of_the_target(text: str, moved: set[str], kind: TextKind) -> None:
    """Where both are there, the clause with the agency's name decides, and only its words are reasons."""
    assert set(effects(tagger("Harbour Trust").tag(text, kind=kind))) == moved


@pytest.mark.parametrize(
    "text",
    [
        "Great staff, terrible queue #HarbourTrust",
        "Great staff, terrible queue. https://harbour.example #HarbourTrust #pool",
        "@HarbourTrust great staff, terrible queue",
        "Great staff, terrible queue, as HarbourTrust says",  # nothing to score in its clause
        "Great staff, terrible queue",
    ],
)
def test_where_the_target_is_implied_the_whole_text_counts(text: str) -> None:
    """A mark behind the text, an address in front of it or no name at all: everything is about the agency."""
    assert set(effects(tagger("HarbourTrust").tag(text))) == {"great", "terrible"}


def test_one_sided_texts_are_not_cut() -> None:
    """Blame in another clause is still blame where nothing speaks for the agency."""
    assert tagger("Harbour Trust").tag("An awful bus, and Harbour Trust says nothing.").tag == "bad"


# --- cuts and sentences


@pytest.mark.parametrize(
    ("score", "kind", "sentences", "tag"),
    [
        (0.30, "headline", 1, "good"),
        (0.29, "headline", 1, "neutral"),
        (0.40, "post", 3, "good"),
        (0.39, "post", 3, "neutral"),
        (0.25, "feedback", 1, "good"),
        (0.24, "feedback", 1, "neutral"),
        (-0.05, "post", 1, "bad"),
        (-0.04, "headline", 1, "neutral"),
        (0.10, "post", 4, "good"),
        (-0.09, "post", 4, "neutral"),
        (-0.10, "feedback", 4, "bad"),
    ],
)
def test_the_cut_depends_on_kind_and_length(score: float, kind: TextKind, sentences: int, tag: Tag) -> None:
    """Headlines, posts and feedback have their own cut for good; the mean of sentences is cut at +-0.10."""
    assert cut(score, kind, sentences) == tag


def test_over_three_sentences_the_mean_counts() -> None:
    """A long text is not good or bad by its length alone."""
    four = "The new pool is great. It opens at nine today. We took the bus there. The old one was awful."
    scores = [scorer().compound(part) for part in sentences(four)]
    tagged = tagger().tag(four)
    assert len(scores) == 4
    assert tagged.score == round(sum(scores) / 4, 4)
    assert effects(tagged) == {"great": 3.1, "awful": -2.0}

    article = "The market was a great success. It opens again on Friday. " * 50
    assert tagger().tag(article).vader == pytest.approx(0.999, abs=0.001)
    assert tagger().tag(article).score == pytest.approx(
        scorer().compound("The market was a great success.") / 2, abs=0.001
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("One two three. Four five six!", ["One two three.", "Four five six!"]),
        ("We met Dr. Mill at 5 p.m. today.", ["We met Dr. Mill at 5 p.m. today."]),
        ("It was ... fine by us. Really? Yes!", ["It was ... fine by us. Really? Yes!"]),
        ("first line of text\nsecond line of text\n\n👍", ["first line of text", "second line of text 👍"]),
        ("all in small letters. and so it goes. on and on", ["all in small letters.", "and so it goes.", "on and on"]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    """Titles, times, dots and one-word sentences do not break a text into pieces."""
    assert sentences(text) == expected


# --- titles, languages, empty texts


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("", "Late again", "Late again"),
        ("Late again", "", "Late again"),
        ("Bus 7 late", "It came at nine.", "Bus 7 late. It came at nine."),
        ("Bus 7 late?", "It came at nine.", "Bus 7 late? It came at nine."),
        ("Bus 7  LATE", "Bus 7 late: it came at nine.", "Bus 7 late: it came at nine."),
        ("Bus 7 came la…", "Bus 7 came late today.", "Bus 7 came late today."),
        ("Bad", "A badminton court opens", "Bad. A badminton court opens"),
    ],
)
def test_title_and_text_are_one_and_said_once(title: str, text: str, expected: str) -> None:
    """The title counts, but not twice where the text repeats it, whole or cut short."""
    assert with_title(text, title) == expected


def test_the_title_is_tagged_with_the_text() -> None:
    """A title's words move the score as the text's do."""
    tagged = tagger().tag("It opens on Friday.", title="A wonderful new pool", kind="headline")
    assert (tagged.tag, effects(tagged)) == ("good", {"wonderful": 2.7})


@pytest.mark.parametrize("language", ["de", "pt-BR", "zh", "fr"])
def test_another_language_is_unscored(language: str) -> None:
    """VADER knows English only: other texts have neither tag nor score."""
    tagged = tagger().tag("die great war", language=language)
    assert (tagged.tag, tagged.score, tagged.vader, tagged.why) == ("unscored", None, None, ())
    assert tagged.tagger == tagger().version


@pytest.mark.parametrize("language", [None, "", "en", "en-GB", "EN_us", "und"])
def test_english_and_unknown_languages_are_scored(language: str | None) -> None:
    """What is English, or not known to be anything else, is scored."""
    assert tagger().tag("A great day", language=language).tag == "good"


def test_the_gate_overrules_the_declared_language() -> None:
    """The answer of the language gate counts more than what the source says."""
    assert tagger().tag("A great day", language="de", allowed=True).tag == "good"
    assert tagger().tag("die great war", language="en", allowed=False).tag == "unscored"


@pytest.mark.parametrize("text", ["", "  \n ", "\u00a0"])
def test_no_text_is_unscored(text: str) -> None:
    """Where nothing is said there is nothing to tag."""
    assert tagger().tag(text).tag == "unscored"


def test_a_link_alone_is_neutral() -> None:
    """A post that only links somewhere is a mention without an opinion."""
    tagged = tagger().tag("https://quillhaven.example/pool")
    assert (tagged.tag, tagged.score, tagged.why) == ("neutral", 0.0, ())


# --- reasons, version, bounds


def test_vader_is_the_plain_score() -> None:
    """The raw compound beside the score has nothing masked."""
    text = "@united Department of Justice, please help 😂 https://great.example"
    tagged = tagger("Department of Justice").tag(text)
    assert (tagged.score, tagged.vader) == (0.0, scorer().compound(text))


def test_the_strongest_reason_comes_first() -> None:
    """Reasons are ordered by their strength, equals by place; a repeated word is one reason with its sum."""
    tagged = tagger("Harbour Trust").tag("Late and bad, please: it was kind, kind and glad, sad #Harbour Trust")
    assert tagged.why == (
        Reason(words="kind", effect=4.8),
        Reason(words="bad", effect=-2.5),
        Reason(words="sad", effect=-2.1),
        Reason(words="glad", effect=2.0),
        Reason(words="please", effect=0.0, role="neutral"),
        Reason(words="Harbour Trust", effect=0.0, role="masked"),
    )


@pytest.mark.parametrize(
    ("why", "line"),
    [
        ([], "no word for good or bad"),
        ([Reason(words="late", effect=-1.2), Reason(words="thanks", effect=1.9)], "late -1.2; thanks +1.9"),
        (
            [
                Reason(words="late", effect=-1.2),
                Reason(words="help", effect=0.0, role="neutral"),
                Reason(words="Department of Justice", effect=0.0, role="masked"),
            ],
            "late -1.2 (neutral here: help; name: Department of Justice)",
        ),
        (
            [Reason(words="A", effect=0.0, role="masked"), Reason(words="B", effect=0.0, role="masked")],
            "no word for good or bad (names: A, B)",
        ),
        ([Reason(words="matter", effect=-0.0312)], "matter -0.03"),
    ],
)
def test_reasons_in_one_line(why: list[Reason], line: str) -> None:
    """The line says what moved the score, and what was set aside."""
    assert reasons_text(why) == line


def test_the_version_says_what_tagged() -> None:
    """It names the engine and its version, and changes with every word list and name, not with their order."""
    plain = Tagger(engine="rules").version
    assert plain.startswith("rules 2 (vaderSentiment 3.3.2, words ")
    versions = {
        plain,
        Tagger(engine="rules", names=["Quillhaven"]).version,
        Tagger(engine="rules", neutral=["late"]).version,
        Tagger(engine="rules", scored=["please"]).version,
    }
    assert len(versions) == 4
    assert (
        Tagger(engine="rules", names=["A b", "C d"], neutral=["x", "y"]).version
        == Tagger(engine="rules", names=["C d", "A b"], neutral=["y", "x"]).version
    )


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(("good", "bad", "thing", "late", "awful", "not", "very", "but", "no", "GREAT", "table!")),
        max_size=12,
    )
)
@example(["good"])
def test_without_anything_to_set_aside_the_score_is_vaders(words: Sequence[str]) -> None:
    """The rules change nothing where there is no name, handle, link, emoji or neutral word."""
    text = " ".join(words)
    assume(text.count("!") < 3)  # more than three sentences are scored one by one
    tagged = tagger("Harbour Trust").tag(text)
    expected = (scorer().compound(text),) * 2 if text else (None, None)
    assert (tagged.score, tagged.vader) == expected


@settings(max_examples=200)
@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_gets_a_tag(text: str, title: str) -> None:
    """Whatever the characters, there is a tag, a score within -1 and 1, and the same again the second time."""
    first = tagger("Quillhaven").tag(text, title=title)
    assert first == tagger("Quillhaven").tag(text, title=title)
    assert (first.tag == "unscored") == (first.score is None)
    assert first.score is None or -1.0 <= first.score <= 1.0


@pytest.mark.parametrize("unit", ["good but bad. ", "@a", "http://", "Harbour ", "&amp;", "''''", ". ", "👍", "a-"])
def test_a_giant_text_is_cut_and_done_quickly(unit: str) -> None:
    """A text of millions of characters is tagged by its beginning, in bounded time."""
    text = unit * (3_000_000 // len(unit))
    start = time.process_time()
    tagged = tagger("Harbour Trust").tag(text)
    assert time.process_time() - start < 5.0
    assert tagged.vader == scorer().compound(text[:MOST_CHARACTERS])


# --- against people's judgement


PEOPLE: dict[str, Tag] = {"pos": "good", "neu": "neutral", "neg": "bad"}


@cache
def judged(file: str, kind: TextKind) -> tuple[tuple[Tag, Tag, Tag], ...]:
    """For each labelled text: what people said, what plain VADER says at +-0.05, what the tagger says."""
    assert DATA
    with (Path(DATA) / f"{file}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    names = {row["target"] for row in rows} if file == "airline" else set()
    ours = Tagger(engine="rules", names=names)
    answers: list[tuple[Tag, Tag, Tag]] = []
    for row in rows:
        tagged = ours.tag(row["text"], kind=kind)
        raw = tagged.vader or 0.0
        plain: Tag = "good" if raw >= 0.05 else "bad" if raw <= -0.05 else "neutral"
        answers.append((PEOPLE[row["label"]], plain, tagged.tag))
    return tuple(answers)


def macro_f1(gold: Sequence[Tag], given: Sequence[Tag]) -> float:
    """The mean of the three tags' F1, in per cent."""
    scores = []
    for tag in PEOPLE.values():
        hits = sum(a == b == tag for a, b in zip(gold, given, strict=True))
        scores.append(2 * hits / max(gold.count(tag) + given.count(tag), 1))
    return 100 * sum(scores) / len(scores)


def opposite(gold: Sequence[Tag], given: Sequence[Tag]) -> int:
    """How many texts are good to people and bad to the tagger, or the reverse."""
    return sum({a, b} == {"good", "bad"} for a, b in zip(gold, given, strict=True))


@needs_data
@pytest.mark.parametrize(
    ("file", "kind", "floor", "gain"),
    [
        ("airline", "post", 56.5, 10.0),
        ("transport", "post", 58.5, 9.0),
        ("tweeteval_val", "post", 58.5, 2.5),
        ("nhs", "feedback", 50.0, -0.5),
        ("newsmtsc_rw_dev", "headline", 55.0, 4.0),
        ("vader_nyt", "headline", 56.5, 1.5),
    ],
)
def test_the_rules_agree_better_with_people_than_plain_vader(
    file: str, kind: TextKind, floor: float, gain: float
) -> None:
    """Macro-F1 stays above its floor and beats plain VADER by a margin (on patient feedback: loses next to nothing)."""
    gold, plain, ours = (list(tags) for tags in zip(*judged(file, kind), strict=True))
    score = macro_f1(gold, ours)
    assert score >= floor
    assert score - macro_f1(gold, plain) >= gain


@needs_data
@pytest.mark.parametrize(("file", "share"), [("airline", 0.40), ("transport", 0.45), ("tweeteval_val", 0.85)])
def test_good_and_bad_are_seldom_confused(file: str, share: float) -> None:
    """The worst error, praise taken for blame or the reverse, falls well below plain VADER's."""
    gold, plain, ours = (list(tags) for tags in zip(*judged(file, "post"), strict=True))
    assert opposite(gold, ours) <= share * opposite(gold, plain)


@pytest.mark.parametrize(
    "text", ["143 new cases were reported", "187 people came to the meeting", "The 182 bus is running today"]
)
def test_a_number_is_no_opinion(text: str) -> None:
    """Counts and bus lines that are slang elsewhere score nothing here."""
    tagged = tagger().tag(text)
    assert (tagged.tag, tagged.score) == ("neutral", 0.0)
