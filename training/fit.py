"""Fit the three scorecards of detection to labelled cases, and write them with their reliability curve.

    python -m training.fit [--development CASES] [--write]

The cases are JSON Lines as `evaluate` reads them: training/cases, of our own writing, and others where they are kept.
Figures are cross-validated (each case is judged by weights that were fitted without it) or taken on cases that were
held out. Needs scikit-learn (requirements-fit.txt); the product itself does not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import click
import numpy as np
from scipy.optimize import minimize
from sklearn.feature_extraction import DictVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from config.load import load_relationships
from tracker.detect import Detector, Weights, examine
from tracker.detect.findings import findings
from tracker.detect.grounds import ground, grounds
from tracker.detect.match import Index
from tracker.detect.reading import read
from tracker.detect.scope import scope
from tracker.detect.sentence import Sentence
from tracker.detect.settle import events_of
from tracker.detect.ties import Tie
from tracker.detect.weigh import Scorecard, features, is_word, words
from tracker.detect.when import options
from tracker.measuring.evaluate import Report, date_agrees, evaluate, release_from_case, reliability, render
from tracker.model import Release, Sighting, Signal
from training.drills import drills
from training.figures import DOCUMENT, rewritten

CASES = Path(__file__).parent / "cases"
WEIGHTS, MEASURED = Path("config/detection/weights.json"), Path("config/detection/measured.json")

FOLDS, INNER_FOLDS = 11, 4
"""Parts into which cases are split for judging, and again within each fit for its curve."""

STRENGTH, SIGNAL_STRENGTH = 0.45, 0.9
"""Inverse of the penalty on large weights (scikit-learn's C) of the scorecard for news, and of that for signals."""

CROSSED = 0.5
"""How much a ground together with the kind of its tie may say, beside the ground alone."""

DATE_STRENGTH = 1.0
"""The same of the scorecard for dates."""

SMALLEST = 0.015
"""Weights smaller than this are left out."""

STEPS = 12
"""Steps of the reliability curve."""

COMMON = 8
"""Cases that must say a word before it may count."""

COMMON_DATES = 10
"""Dates of which a ground must hold before it may count."""

DRILL = 0.4
"""What a drill counts beside a case."""

LIKENESS = 8.0
"""What a development case counts beside one of our own: what is read every day is more like those."""

GRAVE = 1.5
"""What a case of a line cut, refused, restored or closed counts beside one of a contact: to miss it is worse, and they
are few.
"""

FLAG, BESIDE = 0.31, 0.6
"""The shares right from which a finding is flagged: the surest of a release, and each further one. One more beside a
right one costs the reviewer more than it finds.
"""

_BROKEN = {"cancelled": "suspended", "postponed": "suspended"}


@dataclass(frozen=True)
class Row:
    """One tie of one case. `news` is None where the case does not say whether this very sentence carries its update.

    `lot` says with which others it is left out: that of the case's id, so that a change elsewhere moves no case.
    """

    case: int
    lot: int
    channel: str
    found: dict[str, float]
    news: bool | None
    signal: str | None
    weight: float


def rows_of(number: int, case: dict[str, Any], detector: Detector, weight: float) -> list[Row]:
    reading = read(release_from_case(case), detector.lexicon, detector.index)
    if reading is None:
        return []
    whole = ground(reading, detector.lexicon)
    tied: dict[str, list[tuple[int, Any]]] = {}
    for position, ties in enumerate(whole.ties):
        for tie in ties:
            tied.setdefault(tie.channel, []).append((position, tie))
    rows, lot = [], crc32(case["id"].encode())
    for channel, places in tied.items():
        updates = [u for u in case["updates"] if u["channel"] == channel]
        carried = [_carried(tie, reading.all[position], case, updates) for position, tie in places]
        anywhere = any(carried)
        for (position, tie), update in zip(places, carried, strict=True):
            onward = tie.kind == "onward"
            told = update or (updates[0] if updates and not anywhere and not onward else None)
            found = dict.fromkeys(features(tie, grounds(tie, position, whole)), 1.0)
            found |= {feature: CROSSED for feature in found if _lesser(feature)}
            found |= dict.fromkeys(words(tie, reading.all[position], reading.title), CROSSED)
            news = bool(told) if told or onward or not updates else None
            signal = _BROKEN.get(told["signal"], told["signal"]) if told else None
            grave = GRAVE if signal not in (None, "held", "announced") else 1.0
            rows.append(Row(number, lot, channel, found, news, signal, weight * grave))
    return rows


def _carried(
    tie: Tie, sentence: Sentence, case: dict[str, Any], updates: Iterable[dict[str, Any]]
) -> dict[str, Any] | None:
    """The update whose evidence stands in the sentence, best in the clauses of the tie.

    A clause that goes on from another carries only what is told from there on.
    """
    elsewhere = None
    clauses = [sentence.folded.span(*sentence.clauses[number]) for number in sorted(scope(tie, sentence).clauses)]
    (start, _), (_, end) = clauses[0], clauses[-1]
    first, last = sentence.folded.span(sentence.start, sentence.end)
    for update in updates:
        words = update.get("evidence") or ""
        at = case[sentence.field].find(words) if words else -1
        if at < 0 or at >= last or at + len(words) <= first:
            continue
        if start <= at < end or (tie.kind != "onward" and at < end and start < at + len(words)):
            return update
        elsewhere = elsewhere or update
    return None if tie.kind == "onward" else elsewhere


def _lesser(feature: str) -> bool:
    """Is it a ground together with the kind of its tie, or a plain word?"""
    return is_word(feature) or (feature.startswith("by ") and ": " in feature)


def common(rows: Sequence[Row]) -> list[Row]:
    """The rows without words that fewer than COMMON cases say: those would only be learnt by heart."""
    cases: dict[str, set[int]] = {}
    for row in rows:
        for feature in row.found:
            if is_word(feature):
                cases.setdefault(feature, set()).add(row.case)
    rare = {feature for feature, said in cases.items() if len(said) < COMMON}
    return [replace(row, found={f: v for f, v in row.found.items() if f not in rare}) for row in rows]


def _card(vectorizer: DictVectorizer, base: float, weights: Sequence[float]) -> Scorecard:
    """A scorecard for features that count one each: the crossed ones' share is taken into their weights."""
    found = {}
    for name, weight in zip(vectorizer.get_feature_names_out(), weights, strict=True):
        weight *= CROSSED if _lesser(name) else 1.0
        if abs(weight) >= SMALLEST:
            found[str(name)] = round(float(weight), 3)
    return Scorecard(round(float(base), 3), found)


def scorecards(rows: Sequence[Row]) -> tuple[Scorecard, dict[Signal, Scorecard]]:
    known = [row for row in rows if row.news is not None]
    vectorizer = DictVectorizer()
    table = vectorizer.fit_transform([row.found for row in known])
    news = LogisticRegression(C=STRENGTH, max_iter=5000).fit(
        table, [row.news for row in known], sample_weight=[row.weight for row in known]
    )
    told = [row for row in known if row.signal]
    signals = LogisticRegression(C=SIGNAL_STRENGTH, max_iter=5000).fit(
        vectorizer.transform([row.found for row in told]),
        [row.signal for row in told],
        sample_weight=[row.weight for row in told],
    )
    cards = {
        Signal(str(name)): _card(vectorizer, base, weights)
        for name, base, weights in zip(signals.classes_, signals.intercept_, signals.coef_, strict=True)
    }
    return _card(vectorizer, news.intercept_[0], news.coef_[0]), cards


@dataclass(frozen=True)
class Choice:
    """The dates that an update of a case may have, by their grounds, and which of them are right: one at least."""

    lot: int
    options: Sequence[tuple[str, ...]]
    right: Sequence[bool]
    weight: float


def choices_of(case: dict[str, Any], detector: Detector, weight: float) -> list[Choice]:
    """The choices of dates that a case teaches: of each channel of which it has one update."""
    reading = read(release_from_case(case), detector.lexicon, detector.index)
    if reading is None:
        return []
    events: dict[str, list[tuple[Signal, list[Any]]]] = {}
    for signal, told in events_of(findings(reading, detector.lexicon, detector.weights), detector.weights):
        events.setdefault(told[0].tie.channel, []).append((signal, told))
    choices = []
    for channel, happened in events.items():
        updates = [update for update in case["updates"] if update["channel"] == channel]
        if len(updates) != 1:
            continue
        (update,) = updates
        as_labelled = (told for signal, told in happened if _BROKEN.get(signal, signal) == update["signal"])
        told = next(as_labelled, happened[0][1])
        offered = options(told, Signal(update["signal"]), reading)
        days = [option.date.value if option.date else None for option in offered]
        right = [day == update["date"] for day in days]
        if not any(right):
            right = [date_agrees(update["date"], day) for day in days]
        if any(right):
            choices.append(Choice(crc32(case["id"].encode()), [option.grounds for option in offered], right, weight))
    return choices


def date_card(choices: Sequence[Choice]) -> Scorecard:
    """The weights with which the right date of each choice is most likely to be taken (a conditional logit)."""
    offered = [grounds for choice in choices for grounds in choice.options]
    held = Counter(ground for grounds in offered for ground in grounds)
    vectorizer = DictVectorizer()
    table = vectorizer.fit_transform([{g: 1.0 for g in grounds if held[g] >= COMMON_DATES} for grounds in offered])
    right = np.array([is_right for choice in choices for is_right in choice.right], dtype=float)
    sizes = [len(choice.options) for choice in choices]
    starts = np.cumsum([0, *sizes[:-1]])
    count = np.array([choice.weight for choice in choices])
    each = np.repeat(count, sizes)

    def shares(odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sums = np.add.reduceat(odds, starts)
        return odds / np.repeat(sums, sizes), sums

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = table @ weights
        odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
        (every, all_sums), (good, right_sums) = shares(odds), shares(odds * right)
        missed = float(count @ (np.log(all_sums) - np.log(right_sums)))
        slope = table.T @ (each * (every - good))
        return missed + weights @ weights / (2 * DATE_STRENGTH), slope + weights / DATE_STRENGTH

    found = minimize(loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return _card(vectorizer, 0.0, found.x)


def curve(scores: Sequence[float], right: Sequence[bool]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The steps of the reliability curve: mean score and share right of groups of like scores, never falling."""
    order = np.argsort(scores)
    ordered, hits = np.array(scores)[order], np.array(right, dtype=float)[order]
    smooth = IsotonicRegression(out_of_bounds="clip").fit(ordered, hits)
    middles = [float(np.mean(group)) for group in np.array_split(ordered, STEPS)]
    groups = [float(np.mean(group)) for group in np.array_split(smooth.predict(ordered), STEPS)]
    shares = np.maximum.accumulate(np.clip(groups, 0.01, 0.99))
    return tuple(round(m, 3) for m in middles), tuple(round(float(s), 3) for s in shares)


def _parted(rows: Sequence[Row], parts: int) -> Iterator[tuple[list[Row], list[Row]]]:
    """By turns a part of the rows that is left out, and all others before it."""
    for part in range(parts):
        yield [row for row in rows if row.lot % parts != part], [row for row in rows if row.lot % parts == part]


def fitted(rows: Sequence[Row], expected: Sequence[set[str]], judged: int) -> Weights:
    """Weights from all rows, with a curve from scores that each row got without its own case.

    Cases from number `judged` on are drills: they are learnt from, and do not count for the curve.
    """
    best: dict[tuple[int, str], float] = {}
    for others, left_out in _parted(rows, INNER_FOLDS):
        card, _ = scorecards(others)
        for row in left_out:
            key = row.case, row.channel
            best[key] = max(best.get(key, -99.0), card.score(row.found))
    best = {key: score for key, score in best.items() if key[0] < judged}
    scores, shares = curve(list(best.values()), [channel in expected[case] for case, channel in best])
    news, signals = scorecards(rows)
    return Weights(news, signals, Scorecard(0.0, {}), scores, shares, FLAG, BESIDE)


def as_json(weights: Weights, cases: int) -> dict[str, Any]:
    return {
        "cases": cases,
        "flag": weights.flag,
        "beside": weights.beside,
        "scores": weights.scores,
        "shares": weights.shares,
        "news": {"base": weights.news.base, "weights": dict(sorted(weights.news.weights.items()))},
        "signals": {
            signal.value: {"base": card.base, "weights": dict(sorted(card.weights.items()))}
            for signal, card in weights.signals.items()
        },
        "dates": {"base": weights.dates.base, "weights": dict(sorted(weights.dates.weights.items()))},
    }


def load(paths: Iterable[Path]) -> list[dict[str, Any]]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


class Judge:
    """Weights for each case that were fitted without it, and the final ones, over one lexicon."""

    def __init__(self, own: Sequence[dict[str, Any]], development: Sequence[dict[str, Any]]) -> None:
        (pack,) = load_relationships(Path("config"))
        self._lexicon, self._index = pack.lexicon, Index(pack.lexicon)
        self._cases, drilled = [*own, *development], list(drills())
        everything = [*self._cases, *drilled]
        self._counts = [*[1.0] * len(own), *[LIKENESS] * len(development), *[DRILL] * len(drilled)]
        none = Scorecard(0.0, {})
        bare = self._detector(Weights(none, {Signal.HELD: none}, none, (0.0,), (0.5,), FLAG, BESIDE))
        weighed = zip(everything, self._counts, strict=True)
        self.rows = common([row for n, (case, weight) in enumerate(weighed) for row in rows_of(n, case, bare, weight)])
        self._expected = [{update["channel"] for update in case["updates"]} for case in everything]
        self._without: dict[int, Detector] = {}

    def cross_validate(self) -> None:
        """Fit anew for each part of the cases, without it, and last to all of them."""
        parts = self.weights_of_parts()
        lots = {row.case: row.lot % FOLDS for row in self.rows if row.case < len(self._cases)}
        # A date is chosen for what detection finds, which is of each case what weights find that do not know it.
        detectors = [self._detector(weights) for weights in parts]
        choices = [
            choice
            for n, part in lots.items()
            for choice in choices_of(self._cases[n], detectors[part], self._counts[n])
        ]
        for part, weights in enumerate(parts):
            dates = date_card([choice for choice in choices if choice.lot % FOLDS != part])
            detector = self._detector(replace(weights, dates=dates))
            self._without |= {number: detector for number, lot in lots.items() if lot == part}
        self.final = replace(fitted(self.rows, self._expected, len(self._cases)), dates=date_card(choices))

    def weights_of_parts(self) -> list[Weights]:
        """For each part of the cases weights that were fitted without it, but for those of dates."""
        return [fitted(others, self._expected, len(self._cases)) for others, _ in _parted(self.rows, FOLDS)]

    def unseen(self, number: int, release: Release) -> list[Sighting]:
        """What is made of a case by weights that do not know it."""
        return examine(release, self._without[number]) if number in self._without else []

    def known(self, release: Release) -> list[Sighting]:
        return examine(release, self._detector(self.final))

    def _detector(self, weights: Weights) -> Detector:
        return Detector(self._lexicon, weights, self._index)


def report_on(cases: Sequence[dict[str, Any]], numbers: Sequence[int], judge: Judge) -> Report:
    at = iter(numbers)
    return evaluate([cases[n] for n in numbers], lambda release: judge.unseen(next(at), release))


def measured(name: str, how: str, report: Report) -> dict[str, Any]:
    """The figures of one set of cases, whole and by language and side."""
    parts = {"all": report.total} | {p: t for p, t in report.parts.items() if p.startswith(("lang ", "side "))}
    return {
        "name": name,
        "how": how,
        "parts": {
            part: {"cases": tally.counts["releases"]}
            | {figure: None if value is None else round(value, 3) for figure, value in tally.figures().items()}
            for part, tally in sorted(parts.items())
        },
    }


@click.command()
@click.option("--development", type=click.Path(exists=True, path_type=Path), help="Labelled cases kept elsewhere.")
@click.option("--misses", is_flag=True, help="Print each case that was not read as labelled.")
@click.option("--write", is_flag=True, help=f"Write {WEIGHTS} and {MEASURED}.")
def main(development: Path | None, misses: bool, write: bool) -> None:
    """Fit to training/cases (and --development), judge by cross-validation and on the cases held out."""
    own = load(sorted(CASES.glob("[0-9]*.jsonl")))
    others = load([development]) if development else []
    held = load(sorted(CASES.glob("held-*.jsonl")))
    cases = [*own, *others]
    judge = Judge(own, others)
    judge.cross_validate()
    numbers = range(len(cases))
    by_cross = "each judged by weights that were fitted without it"
    reports = {"own": (by_cross, report_on(cases, numbers[: len(own)], judge))}
    if others:
        reports["development"] = (by_cross, report_on(cases, numbers[len(own) :], judge))
    reports["held out"] = ("never fitted or tuned on", evaluate(held, judge.known))
    for name, (how, report) in reports.items():
        lines = render(report).splitlines()
        click.echo(f"{name}: {how}")
        click.echo(
            "\n".join(
                lines if misses else [line for line in lines[:60] if not line.startswith(("channel", "kind"))][:8]
            )
        )
    if write:
        steps = reliability([pair for _, report in reports.values() for pair in report.reliability])
        WEIGHTS.write_text(as_text(as_json(judge.final, len(cases))), encoding="utf-8")
        told = {
            "measured": f"{datetime.now(UTC).date()}",
            "fitted to": len(cases),
            "sets": [measured(name, how, report) for name, (how, report) in reports.items()],
            "reliability": [asdict(step) for step in steps],
        }
        MEASURED.write_text(as_text(told), encoding="utf-8")
        DOCUMENT.write_text(rewritten(DOCUMENT.read_text(encoding="utf-8"), told), encoding="utf-8")
        click.echo(f"wrote {WEIGHTS}, {MEASURED} and the table of {DOCUMENT.name}")


def as_text(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
