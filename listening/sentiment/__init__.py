"""Tags: good, neutral, bad or unscored, and the words that made them so."""

from listening.sentiment.tagger import Tagged, Tagger, cut, reasons_text, with_title
from listening.sentiment.vader import Effect, Vader, scorer

__all__ = ["Effect", "Tagged", "Tagger", "Vader", "cut", "reasons_text", "scorer", "with_title"]
