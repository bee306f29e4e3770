"""The sample feeds and their releases, as releases.yaml tells the story step by step."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, NonNegativeInt, PositiveInt, model_validator

from config.schema import Slug, Strict, Text, Timezone, When
from config.yamlfile import read_yaml
from tracker.model import Signal

SHIPPED = Path(__file__).parent / "releases.yaml"

Format = Literal["rss-2.0", "rss-1.0", "atom", "json-feed", "listing"]
"""How a feed is written; a listing is an HTML page of titles, links and days."""

_FOLD = re.compile(r"(?<=[\u2e80-\uffef]) (?=[\u2e80-\uffef])")


def _unfolded(text: str) -> str:
    """YAML folds a line break into a space, which Chinese does not have between its characters."""
    return _FOLD.sub("", text)


Prose = Annotated[Text, AfterValidator(_unfolded)]


class SampleFeed(Strict):
    """A feed of our own writing in the manner of a ministry; `slug` is its path, `encoding` that of all it serves.

    From the first to the last step of `down` its server is out of order and answers 500.
    """

    slug: Slug
    title: Text
    publisher: Text
    side: Text
    lang: Literal["en", "zh"]
    format: Format
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    timezone: Timezone
    down: tuple[PositiveInt, PositiveInt] | None = None

    def out_of_order(self, step: int) -> bool:
        return self.down is not None and self.down[0] <= step <= self.down[1]


class Correction(Strict):
    """The words that stand in a release from `step` on; `at` is when its publisher would have changed them."""

    step: PositiveInt
    at: AwareDatetime
    summary: Prose


class Expected(Strict):
    """What a careful reader flags in a release: a channel, a signal, and the event's last day as far as it is said."""

    channel: Slug
    signal: Signal
    date: When | None = None


class SampleRelease(Strict):
    """A release of a sample feed, shown from `step` on. `published` carries the publisher's zone."""

    id: Slug
    feed: Slug
    step: NonNegativeInt
    published: AwareDatetime
    title: Prose
    summary: Prose
    correction: Correction | None = None
    expect: tuple[Expected, ...] = ()

    @model_validator(mode="after")
    def _corrected_later(self) -> SampleRelease:
        if self.correction and (self.correction.step <= self.step or self.correction.at <= self.published):
            raise ValueError("a correction comes before what it corrects; give it a later step and a later `at`")
        return self

    def corrected(self, step: int) -> bool:
        return self.correction is not None and self.correction.step <= step

    def words(self, step: int) -> str:
        """The summary as it reads at a step of the story."""
        return self.correction.summary if self.corrected(step) else self.summary

    def updated(self, step: int) -> datetime:
        """When it was last changed, as seen at a step of the story."""
        return self.correction.at if self.corrected(step) else self.published


class Story(Strict):
    """The feeds, and the releases in the order in which they appear."""

    feeds: tuple[SampleFeed, ...]
    releases: tuple[SampleRelease, ...]

    @model_validator(mode="after")
    def _coherent(self) -> Story:
        feeds, ids = [feed.slug for feed in self.feeds], [release.id for release in self.releases]
        for name in (*feeds, *ids):
            if feeds.count(name) + ids.count(name) > 1:
                raise ValueError(f'"{name}" stands here twice; give each feed and each release a name of its own')
        for release in self.releases:
            if release.feed not in feeds:
                raise ValueError(f'release "{release.id}" names the feed "{release.feed}"; describe it under feeds')
        return self

    @property
    def last_step(self) -> int:
        corrections = (release.correction.step for release in self.releases if release.correction)
        return max((*(release.step for release in self.releases), *corrections), default=0)

    def shown(self, step: int, feed: str | None = None) -> tuple[SampleRelease, ...]:
        """The releases that are out at a step, of all feeds or of one, newest first."""
        out = (release for release in self.releases if release.step <= step and feed in (None, release.feed))
        return tuple(sorted(out, key=lambda release: release.published, reverse=True))


def load_story(path: Path = SHIPPED) -> Story:
    """The story in a file. Raises ConfigError for the first mistake in it."""
    return read_yaml(path, Story)
