"""How many posts a second 50 topics are matched against, beside VADER scoring the same posts.

    python tests/benchmarks/bench_query.py [--posts 20000] [--rounds 3]

Prints, for posts of which few match and for posts of which a tenth does, posts per second of both and their ratio.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from statistics import median

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from listening.models import Post
from listening.query import Matcher, parse

SERVICES = ["bus", "tram", "library", "parks", "permit", "housing", "water", "recycling", "clinic", "ferry"]
SHAPES = [
    'quillhaven ({service} OR "{service} service" OR {service}line) -(film OR game OR recipe)',
    '("Quillhaven {service}" OR @quillhaven{service} OR #quillhaven{service}) NOT lang:de',
    'quillhav* AND ({service} NEAR/6 (late OR broken OR "not working" OR cancel*)) AND NOT site:spam.example',
    '(raw:"QH{upper}" OR "city {service} department") -"for sale"',
    'title:(quillhaven OR harbourmead) {service} since:2026-01-01 OR "harbourmead {service} office"',
]
EVERYDAY = """
    the a to and of in is it for on my that with this was are so but have not they just be at me we as will what there
    all out up from had been like get one can do if now about no time some when how more then good day really great
    today still new morning work people going back home after think love right never again last year even know make
    long week best way need every over night first thanks finally walking coffee weekend garden weather photo street
"""
ENDINGS = [
    "",
    "",
    "",
    "!",
    " #morning",
    " https://t.example/a8Xq",
    " 🙂",
    " can't wait",
    "…",
    " — it’s true",
    " @anna_k",
]


def topics() -> dict[str, str]:
    """Fifty topics as a city would write them."""
    return {
        f"{service} {number}": shape.format(service=service, upper=service.upper())
        for service in SERVICES
        for number, shape in enumerate(SHAPES)
    }


def posts(count: int, *, matching: float, seed: int = 7) -> list[Post]:
    """Posts of 8 to 30 everyday words, of which about the given share names a service of the city."""
    chance = random.Random(seed)  # the same posts in every run
    everyday = EVERYDAY.split()
    made = []
    for number in range(count):
        words = chance.choices(everyday, k=chance.randint(8, 30))
        if chance.random() < 0.2:  # close, but not ours
            words[chance.randrange(len(words))] = chance.choice(SERVICES)
        if chance.random() < matching:
            words.insert(chance.randrange(len(words)), f"Quillhaven {chance.choice(SERVICES)}")
        text = " ".join(words).capitalize() + chance.choice(ENDINGS)
        made.append(Post(source="mastodon", feed="bench", key=str(number), text=text, language="en"))
    return made


def posts_per_second(work: Callable[[Post], object], made: list[Post], rounds: int) -> float:
    """The median of several rounds, in processor time."""
    speeds = []
    for _ in range(rounds):
        start = time.process_time()
        for post in made:
            work(post)
        speeds.append(len(made) / (time.process_time() - start))
    return median(speeds)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--posts", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    matcher = Matcher({name: parse(query) for name, query in topics().items()})
    analyzer = SentimentIntensityAnalyzer()
    print(f"{'':22}{'matched':>9}{'topics/s':>12}{'vader/s':>12}{'ratio':>8}")
    for label, share in (("few posts match", 0.003), ("a tenth match", 0.1), ("every post matches", 1.0)):
        made = posts(chosen.posts, matching=share)
        matched = sum(bool(matcher.match(post)) for post in made) / len(made)
        ours = posts_per_second(matcher.match, made, chosen.rounds)
        theirs = posts_per_second(lambda post: analyzer.polarity_scores(post.text), made, chosen.rounds)
        print(f"{label:22}{matched:9.1%}{ours:12,.0f}{theirs:12,.0f}{ours / theirs:8.1f}")


if __name__ == "__main__":
    main()
