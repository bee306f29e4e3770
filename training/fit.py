"""Fit the two scorecards of detection to labelled cases, and write them with their reliability curve.

    python -m training.fit CASES… [--write config/detection/weights.json]

The cases are JSON Lines as `evaluate` reads them. Figures are cross-validated: each case is judged by weights that were
fitted without it. Needs scikit-learn (requirements-fit.txt); the product itself does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from config.load import load_relationships
from tracker.detect import Detector, Weights, detect
from tracker.detect.grounds import ground, grounds
from tracker.detect.reading import Sentence, read
from tracker.detect.weigh import Scorecard, features, words
from training.drills import drills
from tracker.evaluate import evaluate, release_from_case, render
from tracker.model import Signal

FOLDS = 10
STRENGTH = 0.3
"""Inverse of the penalty on large weights (scikit-learn's C)."""

CROSSED = 0.5
"""How much a ground together with the kind of its tie may say, beside the ground alone."""

SMALLEST = 0.015
"""Weights smaller than this are left out."""

STEPS = 12
"""Steps of the reliability curve."""

COMMON = 8
"""Cases that must say a word before it may count."""

DRILL = 0.3
"""What a drill counts beside a case."""

FLAG = 0.5
_BROKEN = {"cancelled": "suspended", "postponed": "suspended"}


@dataclass(frozen=True)
class Row:
    """One tie of one case. `news` is None where the case does not say whether this very sentence carries its update."""

    case: int
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
    rows = []
    for channel, places in tied.items():
        updates = [u for u in case["updates"] if u["channel"] == channel]
        carried = [_carried(reading.all[position], case, updates) for position, _ in places]
        anywhere = any(carried)
        for (position, tie), update in zip(places, carried, strict=True):
            told = update or (updates[0] if updates and not anywhere else None)
            found = dict.fromkeys(features(tie, grounds(tie, position, whole)), 1.0)
            found |= {feature: CROSSED for feature in found if _lesser(feature)}
            found |= dict.fromkeys(words(reading.all[position]), CROSSED)
            news = bool(told) if told or not updates else None
            signal = _BROKEN.get(told["signal"], told["signal"]) if told else None
            rows.append(Row(number, channel, found, news, signal, weight))
    return rows


def _carried(sentence: Sentence, case: dict[str, Any], updates: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The update whose evidence stands in the sentence."""
    first, last = sentence.folded.span(sentence.start, sentence.end)
    for update in updates:
        words = update.get("evidence") or ""
        at = case[sentence.field].find(words) if words else -1
        if at >= 0 and first < at + len(words) and at < last:
            return update
    return None


def _lesser(feature: str) -> bool:
    """Is it a ground together with the kind of its tie, or a plain word?"""
    return feature.startswith('says "') or (feature.startswith("by ") and ": " in feature)


def common(rows: Sequence[Row]) -> list[Row]:
    """The rows without words that fewer than COMMON cases say: those would only be learnt by heart."""
    cases: dict[str, set[int]] = {}
    for row in rows:
        for feature in row.found:
            if feature.startswith('says "'):
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
    signals = LogisticRegression(C=STRENGTH, max_iter=5000).fit(
        vectorizer.transform([row.found for row in told]),
        [row.signal for row in told],
        sample_weight=[row.weight for row in told],
    )
    cards = {
        Signal(str(name)): _card(vectorizer, base, weights)
        for name, base, weights in zip(signals.classes_, signals.intercept_, signals.coef_, strict=True)
    }
    return _card(vectorizer, news.intercept_[0], news.coef_[0]), cards


def curve(scores: Sequence[float], right: Sequence[bool]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The steps of the reliability curve: mean score and share right of groups of like scores, never falling."""
    order = np.argsort(scores)
    ordered, hits = np.array(scores)[order], np.array(right, dtype=float)[order]
    smooth = IsotonicRegression(out_of_bounds="clip").fit(ordered, hits)
    middles = [float(np.mean(group)) for group in np.array_split(ordered, STEPS)]
    groups = [float(np.mean(group)) for group in np.array_split(smooth.predict(ordered), STEPS)]
    shares = np.maximum.accumulate(np.clip(groups, 0.01, 0.99))
    return tuple(round(m, 3) for m in middles), tuple(round(float(s), 3) for s in shares)


def fitted(rows: Sequence[Row], expected: Sequence[set[str]], judged: int) -> Weights:
    """Weights from all rows, with a curve from scores that each row got without its own case.

    Cases from number `judged` on are drills: they are learnt from, and do not count for the curve.
    """
    groups = np.array([row.case for row in rows])
    best: dict[tuple[int, str], float] = {}
    for train, test in GroupKFold(FOLDS).split(rows, groups=groups):
        card, _ = scorecards([rows[i] for i in train])
        for i in test:
            key = rows[i].case, rows[i].channel
            best[key] = max(best.get(key, -99.0), card.score(rows[i].found))
    best = {key: score for key, score in best.items() if key[0] < judged}
    scores, shares = curve(list(best.values()), [channel in expected[case] for case, channel in best])
    news, signals = scorecards(rows)
    return Weights(news, signals, scores, shares, FLAG)


def as_json(weights: Weights, cases: int) -> dict[str, Any]:
    return {
        "cases": cases,
        "flag": weights.flag,
        "scores": weights.scores,
        "shares": weights.shares,
        "news": {"base": weights.news.base, "weights": dict(sorted(weights.news.weights.items()))},
        "signals": {
            signal.value: {"base": card.base, "weights": dict(sorted(card.weights.items()))}
            for signal, card in weights.signals.items()
        },
    }


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--write", type=click.Path(path_type=Path), help="Write the weights there.")
@click.option("--misses", is_flag=True, help="Print each case that was not read as labelled.")
@click.option("--flags", is_flag=True, help="Print the figures for other thresholds too.")
@click.option("--only", help="Report on cases whose file's name holds this.")
def main(files: tuple[Path, ...], write: Path | None, misses: bool, flags: bool, only: str | None) -> None:
    cases, origin = [], []
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            cases.append(json.loads(line))
            origin.append(path.stem)
    (pack,) = load_relationships(Path("config"))
    blank = Weights(Scorecard(0.0, {}), {Signal.HELD: Scorecard(0.0, {})}, (0.0,), (0.5,), FLAG)
    bare = Detector(pack.lexicon, blank)
    judged_cases = len(cases)
    cases += list(drills())
    rows = [
        row
        for number, case in enumerate(cases)
        for row in rows_of(number, case, bare, 1.0 if number < judged_cases else DRILL)
    ]
    rows = common(rows)
    expected = [{u["channel"] for u in case["updates"]} for case in cases]
    groups = np.array([row.case for row in rows])
    judged: dict[int, Weights] = {}
    for train, test in GroupKFold(FOLDS).split(rows, groups=groups):
        weights = fitted([rows[i] for i in train], expected, judged_cases)
        judged.update({int(groups[i]): weights for i in test})
    detectors = {id(w): Detector.__new__(Detector) for w in judged.values()}
    for weights in judged.values():
        made = detectors[id(weights)]
        made.lexicon, made.index, made.weights = pack.lexicon, bare.index, weights
    for name in ("", *dict.fromkeys(origin)):
        if only is not None and only not in name:
            continue
        chosen = [i for i, stem in enumerate(origin) if not name or stem == name]
        at = iter(chosen)
        report = evaluate(
            [cases[i] for i in chosen],
            lambda release, at=at: detect(release, detectors[id(judged[i])]) if (i := next(at)) in judged else [],
        )
        if flags:
            for flag in (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
                for made in detectors.values():
                    made.weights = replace(made.weights, flag=flag)
                at = iter(chosen)
                again = evaluate(
                    [cases[i] for i in chosen],
                    lambda release, at=at: (
                        detect(release, detectors[id(judged[i])]) if (i := next(at)) in judged else []
                    ),
                )
                click.echo(
                    f"{name or 'all'} flag {flag}: "
                    + " ".join(f"{k} {v:.3f}" for k, v in again.total.figures().items() if v is not None)
                )
            for made in detectors.values():
                made.weights = replace(made.weights, flag=FLAG)
        text = render(report)
        click.echo(f"== {name or 'all'}, cross-validated")
        click.echo(
            text if misses else "\n".join(l for i, l in enumerate(text.splitlines()) if i < 2 or l.startswith("lang"))
        )
    final = fitted(rows, expected, judged_cases)
    click.echo(
        f"{judged_cases} cases and {len(cases) - judged_cases} drills, {len(rows)} ties, {len(final.news.weights)} weights"
    )
    click.echo("curve " + " ".join(f"{a:.2f}:{b:.2f}" for a, b in zip(final.scores, final.shares, strict=True)))
    if write:
        write.write_text(
            json.dumps(as_json(final, judged_cases), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
