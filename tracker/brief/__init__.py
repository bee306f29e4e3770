"""What changed since a reader last looked, in a few sentences that carry their proof: English and Chinese. Pure.

The sentences stand in code, not in configuration: a date of a month, two sides' words or a corrected wording ask for
grammar, a mistake is found by tests before anybody reads it, and nobody who configures another relationship has to
write them. All names come from the configuration of the relationship and its channels.
"""

from __future__ import annotations

from tracker.brief.book import SidesRead
from tracker.brief.compose import BOOKS, Brief, Sentence, brief_of, sentence_of
from tracker.brief.news import News, NewsKind, news_of, stirred

__all__ = [
    "BOOKS",
    "Brief",
    "News",
    "NewsKind",
    "Sentence",
    "SidesRead",
    "brief_of",
    "news_of",
    "sentence_of",
    "stirred",
]
