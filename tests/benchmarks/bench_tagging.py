"""How fast tagging is beside plain vaderSentiment, on texts made up here: ``python tests/benchmarks/bench_tagging.py``.

Both are measured in the same run, in turns, and compared by their ratio: a busy machine slows both. Exits with 1 where
a goal is missed.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from listening import language
from listening.sentiment import Tagger

NAMES = (
    "Quillhaven Town Council",
    "Department of Justice",
    "Quillhaven Transit",
    "Federal Emergency Management Agency",
    "Quillhaven Safe Streets",
    "Harbour Trust",
    "United Water",
    "Ministry of Health",
    "Fraud Office",
    "@quillhaven",
)
PIECES = (
    "the bus on Mill Lane was late again",
    "thanks to the crew at the library",
    "is the pool open on Sunday",
    "still waiting for an answer about the parking permit",
    "what a great market today",
    "not happy with the new timetable",
    "the form does not work on my phone",
    "they fixed the street light in two days",
    "roadworks near the harbour until Friday",
    "please help us find a lost dog",
    "this queue is terrible but the staff were very kind",
    "council meeting tonight at seven in the town hall",
    "NO water since this morning",
    "my daughter loves the new playground",
    "the bin was not collected for the third time this month",
)
TURN = 100
ENDINGS = (".", "!", "?", "...", "!!", "")


def post(source: random.Random) -> str:
    """An invented post of about 18 words; some have a handle, a link, a name, an emoji or an entity."""
    parts = [source.choice(PIECES) + source.choice(ENDINGS) for _ in range(source.choice((1, 2, 2, 3)))]
    if source.random() < 0.5:
        parts.insert(0, "@quillhaven")
    if source.random() < 0.3:
        parts.append("https://quillhaven.example/news/" + str(source.randrange(10_000)))
    if source.random() < 0.3:
        parts.insert(source.randrange(len(parts)), source.choice(NAMES[:-1]))
    if source.random() < 0.1:
        parts.append(source.choice("👍👎😡😂🎉"))
    if source.random() < 0.05:
        parts.append("&amp; more")
    return " ".join(parts)


def article(source: random.Random, words: int) -> str:
    """An invented article of that many words."""
    text: list[str] = []
    while len(text) < words:
        text += f"{source.choice(PIECES).capitalize()}.".split()
    return " ".join(text[:words])


def seconds(work: Callable[[str], object], texts: Sequence[str]) -> float:
    start = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - start


def compare(label: str, tagger: Tagger, texts: Sequence[str], rounds: int, goal: float) -> bool:
    """One line of the table; whether the goal, a ratio of speeds, is met. The two take turns every few texts."""
    plain = SentimentIntensityAnalyzer().polarity_scores
    theirs = ours = 0.0
    for _ in range(rounds):
        for start in range(0, len(texts), TURN):
            turn = texts[start : start + TURN]
            theirs += seconds(plain, turn)
            ours += seconds(tagger.tag, turn)
    count, ratio = rounds * len(texts), theirs / ours
    met = ratio >= goal
    print(
        f"{label:<30}{count / theirs:>14,.1f}{count / ours:>14,.1f}{ratio:>9.2f}x   goal {goal:g}x"
        f"{'' if met else '   MISSED'}"
    )
    return met


def main() -> int:
    source = random.Random(7)  # the same texts in every run
    posts = [post(source) for _ in range(20_000)]
    start = time.process_time()
    tagger = Tagger(names=NAMES)
    print(f"Building the tagger: {1_000 * (time.process_time() - start):.0f} ms, once a process.\n")
    rules = Tagger(names=NAMES, engine="rules")
    print(f"{'texts a second':<30}{'vaderSentiment':>14}{'ours':>14}{'ratio':>10}")
    met = [
        compare("20,000 posts, model, reasons", tagger, posts, rounds=1, goal=0.3),
        compare("the same by the rules alone", rules, posts, rounds=1, goal=0.5),
        compare("articles of 890 words", tagger, [article(source, 890) for _ in range(20)], rounds=3, goal=1),
        compare("article of 14,000 words", tagger, [article(source, 14_000)], rounds=1, goal=10),
    ]

    start = time.process_time()
    language.detect("How long it takes to load the model")
    loading = time.process_time() - start
    some = posts[:5_000]
    gated = seconds(lambda text: language.gate(text, None), some)
    both = seconds(lambda text: tagger.tag(text, allowed=language.gate(text, None)[1]), some)
    print(f"\n{'language gate alone':<44}{len(some) / gated:>14,.1f}   (its model loads in {loading:.1f} s, once)")
    print(f"{'gate and tag':<44}{len(some) / both:>14,.1f}")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
