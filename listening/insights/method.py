"""How the numbers are made, in sentences: the same under the page, in a report, and in a file's read-me."""

from __future__ import annotations

from listening.insights.numbers import Tally
from listening.insights.sentences import number


def how_we_count(
    tally: Tally, own: int, *, checked: str, made_up: bool, judged: bool, softened: bool, opens: bool = True
) -> list[str]:
    """What the numbers mean, in a few sentences."""
    untagged = tally.tags.get("unscored", 0)
    said = [
        "Public posts only: no closed group and no direct message is read; what the team imports from files is its "
        "own choice. A post counts when it matches one of our topics, "
        "each copy of a news story too (among the stories, copies of one text are one); our own accounts’ posts do not "
        "count" + (f" ({number(own)} in this period)." if own else "."),
        "Good, neutral and bad are tagged by a machine that reads English (the word list VADER, and what many labelled "
        "texts taught), after the agency’s own name is set aside. It misses irony and is wrong at times"
        + (": open any number to read the posts, and the words that decided." if opens else "."),
    ]
    if checked:
        said.append(checked)
    if judged:
        said.append(
            "A question is a post that asks us for an answer, for help or for a deed, found by its words, in English: "
            "of five that are found about four do ask where they are written to us, and one or two where they only "
            "mention us; of four that ask about three are found."
        )
    if judged and tally.answered is not None:
        said.append(
            "A question counts as answered where one of our accounts was seen to answer it, or the team noted an "
            "answer; an answer that was neither seen nor noted is not known."
        )
    if untagged:
        said.append(
            f"{number(untagged)} {'post' if untagged == 1 else 'posts'} in other languages "
            f"{'is' if untagged == 1 else 'are'} counted but not tagged, and left out of the percentages."
        )
    said.append(
        "Quotes are the posts with most reactions, or the newest where a place tells none; as many good as bad where "
        "there are both, at most two of each from one place and one from one author. The names of private people are "
        "masked" + (", and so is strong language." if softened else ".")
    )
    if made_up:
        said.append("Quillhaven is an invented town: its people, posts and numbers are made up.")
    return said
