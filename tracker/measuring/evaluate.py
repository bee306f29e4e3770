"""How well detection does on labelled cases.

A case is a JSON object with `id, title, summary, side, lang, published` (ISO date), perhaps `url` and `publisher`,
and its labels: `relevant` (bool) and `updates`, a list of `{"channel", "signal", "date"}`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tracker.detect import STATE_SAID
from tracker.model import EARLIEST, LATEST, PartialDate, Release, Sighting

_REQUIRED = ("id", "title", "summary", "side", "lang", "published")
_Update = tuple[str, str, str | None]
_SAME = {"cancelled": "suspended", "postponed": "suspended"}


def release_from_case(case: dict[str, Any]) -> Release:
    """The release of a labelled case, or of one line handed to `detect`. Raises ValueError naming the field."""
    if not isinstance(case, dict):
        raise ValueError(
            f"a release is a JSON object with the fields {', '.join(_REQUIRED)}; got {type(case).__name__}"
        )
    for name in _REQUIRED:
        if name not in case:
            raise ValueError(f"the field {name!r} is missing; a release needs {', '.join(_REQUIRED)}")
    for name in _REQUIRED[1:]:
        if not isinstance(case[name], str):
            raise ValueError(f"the field {name!r} holds {case[name]!r}; write text")
    if isinstance(case["id"], bool) or not isinstance(case["id"], str | int):
        raise ValueError(f"the field 'id' holds {case['id']!r}; write text or a whole number")
    for name in ("url", "publisher"):
        if not isinstance(case.get(name), str | None):
            raise ValueError(f"the field {name!r} holds {case[name]!r}; write text or leave it out")
    try:
        published = date.fromisoformat(case["published"])
        if str(published) != case["published"]:
            raise ValueError("ISO 8601 has other ways to write a day")
    except ValueError:
        raise ValueError(f"the field 'published' holds {case['published']!r}; write a date as YYYY-MM-DD") from None
    if not EARLIEST <= published <= LATEST:
        raise ValueError(f"the field 'published' holds {case['published']!r}; write a day of 1900 to 2199")
    return Release(
        id=case["id"],
        side=case["side"],
        lang=case["lang"],
        publisher=case.get("publisher") or "",
        title=case["title"],
        summary=case["summary"],
        published=published,
        url=case.get("url"),
    )


def as_json(release_id: int | str | None, sightings: Iterable[Sighting]) -> dict[str, Any]:
    """What `detect` prints for one release."""
    return {
        "id": release_id,
        "candidates": [
            {
                "channel": s.channel,
                "signal": s.signal.value,
                "state": STATE_SAID[s.signal].value,
                "date": s.date.value if s.date else None,
                "confidence": s.confidence,
                "evidence": [
                    {"field": e.field, "start": e.start, "end": e.end, "text": e.text, "role": e.role}
                    for e in s.evidence
                ],
            }
            for s in sightings
        ],
    }


@dataclass
class Tally:
    """Counts over a set of cases. Shares are None where nothing was counted."""

    counts: Counter[str] = field(default_factory=Counter)

    def share(self, part: str, whole: str) -> float | None:
        return self.counts[part] / self.counts[whole] if self.counts[whole] else None

    def figures(self) -> dict[str, float | None]:
        """The figures of the report, by name; each is explained in `Report`."""
        return {
            "release precision": self.share("releases right", "releases flagged"),
            "release recall": self.share("releases right", "releases relevant"),
            "precision": self.share("channels found", "flagged"),
            "recall": self.share("channels found", "expected"),
            "channel right": self.share("channels found", "flagged in relevant"),
            "channel and signal": self.share("signals right", "expected"),
            "date within a day": self.share("dates right", "channels found"),
            "wrong channels": self.share("wrong channels", "flagged"),
        }


@dataclass(frozen=True)
class Miss:
    """A case that was not read as labelled: channel, signal and date of what was expected and what was found.

    `reasons` say of each update that was missed and of each false alarm how it came about.
    """

    id: int | str
    expected: list[tuple[str, str, str | None]]
    got: list[tuple[str, str, str | None]]
    reasons: tuple[str, ...] = ()


@dataclass
class Report:
    """Figures over all cases and by part ("lang en", "side us", "kind held", "channel dpct").

    - release precision: releases flagged (any sighting) that are relevant; release recall: relevant releases flagged.
    - precision: sightings whose channel is expected in that release, among all; recall: expected updates whose channel
      was sighted, among all. An update counts once, and so does a sighting.
    - channel right: the same precision within relevant releases alone.
    - channel and signal: expected updates found with channel and signal, among all expected; a cancelled or postponed
      contact counts as suspended.
    - date within a day: updates found whose date agrees, among those found. Days may differ by one; a month or year
      must be the same or hold the day found; no date agrees with none.
    - wrong channels: sightings of a channel that is not expected there, among all.

    The part of a channel counts its own updates and sightings alone. `reliability` pairs the confidence of each
    finding, flagged or not, with whether its channel was expected.
    """

    total: Tally = field(default_factory=Tally)
    parts: dict[str, Tally] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)
    reliability: list[tuple[float, bool]] = field(default_factory=list)


def evaluate(cases: Iterable[dict[str, Any]], examine: Callable[[Release], list[Sighting]]) -> Report:
    """Run `examine` over labelled cases; what it does not flag counts as not found, and explains what was missed.

    Raises ValueError naming the case and field that cannot be read.
    """
    report = Report()
    for number, case in enumerate(cases, 1):
        release, expected, relevant = labelled(number, case)
        seen = examine(release)
        got = [_update(s) for s in seen if s.flagged]
        counts, agrees = _count(relevant, expected, got)
        names = (f"lang {release.lang}", f"side {release.side}", f"kind {case.get('kind', '-')}")
        for tally in (report.total, *(report.parts.setdefault(name, Tally()) for name in names)):
            tally.counts.update(counts)
        for channel in {u[0] for u in (*expected, *got)}:
            own = [[u for u in updates if u[0] == channel] for updates in (expected, got)]
            part, _ = _count(any(u[0] == channel for u in expected), *own)
            report.parts.setdefault(f"channel {channel}", Tally()).counts.update(part)
        report.reliability += [(s.confidence, s.channel in {u[0] for u in expected}) for s in seen]
        if not agrees:
            report.misses.append(Miss(release.id or number, expected, got, _reasons(expected, seen)))
    return report


def labelled(number: int, case: dict[str, Any]) -> tuple[Release, list[_Update], bool]:
    """A case's release, its updates, and whether it is relevant. Raises ValueError naming the case and field."""
    try:
        expected = [(u["channel"], u["signal"], u.get("date")) for u in case["updates"]]
        return release_from_case(case), expected, bool(case["relevant"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"case {number}: the label {error} is missing or no list of objects") from None
    except ValueError as error:
        raise ValueError(f"case {number}: {error}") from None


def _update(sighting: Sighting) -> _Update:
    return sighting.channel, sighting.signal.value, sighting.date.value if sighting.date else None


def _reasons(expected: list[_Update], seen: list[Sighting]) -> tuple[str, ...]:
    """How each miss and each false alarm came about, in words."""
    flagged = [s for s in seen if s.flagged]
    pairs = _paired(expected, [_update(s) for s in flagged])
    found = []
    for update in expected:
        if any(e is update for e, _ in pairs):
            continue
        weak = next((s for s in seen if s.channel == update[0] and not s.flagged), None)
        if weak:
            doubts = "; ".join(weak.doubts) or "nothing in particular"
            found.append(f"missed {update[0]}: probably nothing ({weak.confidence:.2f}), for: {doubts}")
        else:
            found.append(f"missed {update[0]}: no word of it was found beside both parties")
    for expectation, got in pairs:
        if _signal(expectation) != _signal(got):
            found.append(f"{got[0]} was read as {got[1]}")
        elif not date_agrees(expectation[2], got[2]):
            found.append(f"{got[0]} was dated {got[2] or 'not at all'}")
    used = [g for _, g in pairs]
    for sighting in flagged:
        if _update(sighting) not in used:
            words = ", ".join(f"“{e.text}”" for e in sighting.evidence if e.role != "party")
            found.append(f"false alarm {sighting.channel} {sighting.signal} ({sighting.confidence:.2f}): {words}")
    return tuple(found)


def _count(relevant: bool, expected: list[_Update], got: list[_Update]) -> tuple[Counter[str], bool]:
    pairs = _paired(expected, got)
    signals = sum(_signal(e) == _signal(g) for e, g in pairs)
    dates = sum(date_agrees(e[2], g[2]) for e, g in pairs)
    flagged = bool(got)
    counts = Counter(
        {
            "releases": 1,
            "releases relevant": relevant,
            "releases flagged": flagged,
            "releases right": relevant and flagged,
            "expected": len(expected),
            "flagged": len(got),
            "flagged in relevant": len(got) if relevant else 0,
            "channels found": len(pairs),
            "signals right": signals,
            "dates right": dates,
            "wrong channels": len([g for g in got if g[0] not in {e[0] for e in expected}]),
        }
    )
    return counts, len(pairs) == len(expected) == len(got) == signals == dates


def _signal(update: _Update) -> str:
    return _SAME.get(update[1], update[1])


def _paired(expected: list[_Update], got: list[_Update]) -> list[tuple[_Update, _Update]]:
    """Each expected update with one sighting of its channel, best agreement first; nothing is used twice."""
    options = sorted(
        ((i, j) for i, e in enumerate(expected) for j, g in enumerate(got) if e[0] == g[0]),
        key=lambda ij: (
            _signal(expected[ij[0]]) != _signal(got[ij[1]]),
            not date_agrees(expected[ij[0]][2], got[ij[1]][2]),
            ij,
        ),
    )
    used_expected: set[int] = set()
    used_got: set[int] = set()
    pairs = []
    for i, j in options:
        if i not in used_expected and j not in used_got:
            used_expected.add(i)
            used_got.add(j)
            pairs.append((expected[i], got[j]))
    return pairs


def date_agrees(expected: str | None, got: str | None) -> bool:
    """Whether a date found is as labelled, as `Report` counts it; both as ISO texts, None for none."""
    if expected is None or got is None:
        return expected == got
    if len(expected) < 10:
        return got.startswith(expected)
    if len(got) < 10:
        return False
    return abs(PartialDate(expected).first - PartialDate(got).first) <= timedelta(days=1)


STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Where the groups of the reliability table end."""


@dataclass(frozen=True)
class Step:
    """Findings of a confidence from `low` to below `high`: how many, how many right, and what was said on average."""

    low: float
    high: float
    count: int
    right: int
    said: float


def reliability(pairs: Iterable[tuple[float, bool]]) -> list[Step]:
    """Confidence against the share that was right, in groups of a tenth; groups without findings are left out."""
    groups: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in pairs:
        groups.setdefault(bisect_right(STEPS, confidence), []).append((confidence, right))
    ends = (0.0, *STEPS, 1.0)
    return [
        Step(ends[i], ends[i + 1], len(group), sum(r for _, r in group), sum(c for c, _ in group) / len(group))
        for i, group in sorted(groups.items())
    ]


@dataclass(frozen=True)
class Difference:
    """What another lexicon would change in one case: channel, signal and date, by what becomes of them."""

    id: int | str
    gained: list[_Update]
    lost: list[_Update]
    new_alarms: list[_Update]
    gone_alarms: list[_Update]


def compare(
    cases: Iterable[dict[str, Any]],
    ours: Callable[[Release], list[Sighting]],
    other: Callable[[Release], list[Sighting]],
) -> list[Difference]:
    """Case by case what `other` would gain and lose against `ours`; cases where nothing changes are left out.

    Raises ValueError as `evaluate` does.
    """
    found = []
    for number, case in enumerate(cases, 1):
        release, expected, _ = labelled(number, case)
        (right, alarms), (other_right, other_alarms) = (
            _judged(expected, [_update(s) for s in examine(release) if s.flagged]) for examine in (ours, other)
        )
        difference = Difference(
            release.id or number,
            [u for u in other_right if u not in right],
            [u for u in right if u not in other_right],
            [u for u in other_alarms if u not in alarms],
            [u for u in alarms if u not in other_alarms],
        )
        if difference.gained or difference.lost or difference.new_alarms or difference.gone_alarms:
            found.append(difference)
    return found


def _judged(expected: list[_Update], got: list[_Update]) -> tuple[list[_Update], list[_Update]]:
    """The expected updates that were found with channel and signal, and what was found beside them."""
    pairs = [(e, g) for e, g in _paired(expected, got) if _signal(e) == _signal(g)]
    return [e for e, _ in pairs], [g for g in got if g not in [p for _, p in pairs]]


def render(report: Report) -> str:
    """The report as text: a table of figures, the reliability of confidence, then the misses with their reasons."""
    rows = [("all", report.total), *sorted(report.parts.items())]
    names = list(report.total.figures())
    width = max(len(name) for name, _ in rows) + 2
    lines = [" " * width + "  ".join(["cases", *names])]
    for part, tally in rows:
        cells = [f"{tally.counts['releases']:>5}"]
        for name, value in tally.figures().items():
            cells.append(("-" if value is None else f"{value:.3f}").rjust(len(name)))
        lines.append(part.ljust(width) + "  ".join(cells))
    lines += ["", "confidence said, and the share of findings that were right"]
    lines += [
        f"{step.low:.1f} to {step.high:.1f}  said {step.said:.2f}  right {step.right / step.count:.2f}"
        f"  ({step.right} of {step.count})"
        for step in reliability(report.reliability)
    ]
    lines += ["", f"{len(report.misses)} of {report.total.counts['releases']} cases not read as labelled"]
    for miss in report.misses:
        lines.append(f"{miss.id}: expected {_listed(miss.expected)}; got {_listed(miss.got)}")
        lines += [f"    {reason}" for reason in miss.reasons]
    return "\n".join(lines)


def render_differences(found: Sequence[Difference], before: Report, after: Report) -> str:
    """What another lexicon would change, as text: the figures of both, then each case."""
    names = before.total.figures()
    lines = [" " * 7 + "  ".join(names)]
    for title, report in (("now", before), ("other", after)):
        cells = (("-" if v is None else f"{v:.3f}").rjust(len(n)) for n, v in report.total.figures().items())
        lines.append(title.ljust(7) + "  ".join(cells))
    lines += ["", f"{len(found)} cases would be read otherwise"]
    for difference in found:
        parts = (
            ("gained", difference.gained),
            ("lost", difference.lost),
            ("new false alarm", difference.new_alarms),
            ("no more a false alarm", difference.gone_alarms),
        )
        lines.append(
            f"{difference.id}: " + "; ".join(f"{word} {_listed(updates)}" for word, updates in parts if updates)
        )
    return "\n".join(lines)


def _listed(updates: list[_Update]) -> str:
    return ", ".join(f"{channel} {signal} {day or 'undated'}" for channel, signal, day in updates) or "nothing"
