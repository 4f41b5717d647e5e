"""What people corrected teaches the program: better weights, words that are neutral here, what a query leaves out.

labels ──> lesson       learning from the review's labels, and adopting it
   │   ├─> neutral      words that pushed tags to the wrong side again and again
   │   └─> exclusions   words of posts that are not about us (candidates), and what would leave with them (trying)
applied                 what applying changed, and how to take it back

Nothing is applied by itself: each proposal says beforehand what it would change in what is stored.
"""

from listening.teaching.applied import Applied
from listening.teaching.exclusions import exclude, exclusion, exclusions
from listening.teaching.labels import People, judged, labels, people_agree
from listening.teaching.lesson import Lesson, adopt, learn_from, learn_now, lesson, outdated
from listening.teaching.neutral import WordProposal, make_neutral, neutral_word, neutral_words
from listening.teaching.trying import ExclusionProposal, Leaving

__all__ = [
    "Applied",
    "ExclusionProposal",
    "Leaving",
    "Lesson",
    "People",
    "WordProposal",
    "adopt",
    "exclude",
    "exclusion",
    "exclusions",
    "judged",
    "labels",
    "learn_from",
    "learn_now",
    "lesson",
    "make_neutral",
    "neutral_word",
    "neutral_words",
    "outdated",
    "people_agree",
]
