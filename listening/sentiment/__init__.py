"""Tags: good, neutral, bad or unscored, and the words that made them so."""

from listening.sentiment.reading import with_title
from listening.sentiment.tagger import Tagged, Tagger, cut
from listening.sentiment.vader import Effect, Vader, scorer
from listening.sentiment.why import reasons_text

__all__ = ["Effect", "Tagged", "Tagger", "Vader", "cut", "reasons_text", "scorer", "with_title"]
