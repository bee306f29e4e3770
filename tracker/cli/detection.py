"""Commands that try detection without a database: what releases say, why, and how well that is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TextIO

import click
from rich.console import Console

from config.errors import suggest
from config.load import RelationshipPack, load_lexicon, load_relationships
from tracker.cli.common import Day, settings
from tracker.cli.explain import show
from tracker.detect import Detector, examine
from tracker.errors import Refused
from tracker.measuring.evaluate import as_json, compare, evaluate, release_from_case, render, render_differences
from tracker.model import THIRD_PARTY, PartialDate, Release, Sighting, Signal
from tracker.service import utc_now

Examine = Callable[[Release], list[Sighting]]


@click.command()
@click.argument("file", type=click.File(encoding="utf-8-sig", errors="surrogateescape"), default="-")
@click.option("--all", "everything", is_flag=True, help="Tell also what is probably nothing, under that name.")
@click.option("--explain", is_flag=True, help="Show each step on each text, in colour on a terminal.")
@click.option("--side", default="third-party", show_default=True, help="With --explain: who speaks in a plain text.")
@click.option("--published", type=Day(), help="With --explain: the day of a plain text; today when left out.")
def detect(file: TextIO, everything: bool, explain: bool, side: str, published: date | None) -> None:
    """Read releases as JSON Lines (id, title, summary, side, lang, published, url); write what each reports.

    With --explain a plain text will do too; its first line is the title.
    """
    packs = _packs()
    detectors, known = _detectors(packs), _Known(packs)
    if side not in known.sides:
        raise Refused(f"side {side!r} is none that there is.", f"Use one of {', '.join(known.sides)}.", field="side")
    if explain:
        console = Console(highlight=False, soft_wrap=True)
        for release in _texts(file, side, published, known):
            for detector in detectors:
                show(release, detector, console)
        return
    examine_all = _examining(detectors)
    for where, case in _cases(file):
        release = _release(where, case, known)
        seen = examine_all(release)
        told = as_json(release.id, [s for s in seen if s.flagged])
        if everything:
            told["probably_nothing"] = as_json(None, [s for s in seen if not s.flagged])["candidates"]
        click.echo(json.dumps(told, ensure_ascii=False))


@click.command(name="evaluate")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option(
    "--compare",
    "other",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another lexicon.yaml: what it would gain and lose, case by case.",
)
def evaluate_command(file: TextIO, other: Path | None) -> None:
    """Compare detection with labelled cases (JSON Lines): precision, recall, channels, dates, and every miss."""
    packs, cases = _packs(), []
    known = _Known(packs)
    for where, case in _cases(file):
        _release(where, case, known)
        _check_labels(where, case, known)
        cases.append(case)
    if not cases:
        raise Refused(f"{file.name} holds no case: there is nothing to evaluate.", "Write one labelled case a line.")
    detectors = _detectors(packs)
    report = evaluate(cases, _examining(detectors))
    if other is None:
        click.echo(render(report))
        return
    changed = _examining(_with(other, detectors))
    found = compare(cases, _examining(detectors), changed)
    click.echo(render_differences(found, report, evaluate(cases, changed)))


class _Known:
    """The sides and languages that a release may have, and the channels of labels: those of any relationship."""

    def __init__(self, packs: Sequence[RelationshipPack]) -> None:
        pairs = [pack.relationship for pack in packs]
        self.sides = list(dict.fromkeys([*(party.code for pair in pairs for party in pair.parties), THIRD_PARTY]))
        self.languages = list(dict.fromkeys(code for pair in pairs for code in pair.languages))
        self.channels = [channel.slug for pack in packs for channel in pack.channels]


def _packs() -> tuple[RelationshipPack, ...]:
    return load_relationships(settings().config)


def _detectors(packs: Iterable[RelationshipPack]) -> list[Detector]:
    return [pack.detector for pack in packs]


def _with(path: Path, detectors: list[Detector]) -> list[Detector]:
    """The detectors with another lexicon for its relationship. Raises ConfigError."""
    lexicon = load_lexicon(path, settings().config)
    return [
        Detector(lexicon, detector.weights) if detector.lexicon.relationship == lexicon.relationship else detector
        for detector in detectors
    ]


def _examining(detectors: list[Detector]) -> Examine:
    return lambda release: [found for detector in detectors for found in examine(release, detector)]


def _texts(file: TextIO, side: str, published: date | None, known: _Known) -> Iterator[Release]:
    """The releases of JSON Lines, or the one of a plain text. Raises Refused."""
    text = _readable(file.read(), file.name)
    if text.lstrip().startswith("{"):
        for where, case in _cases(text.split("\n"), file.name):
            yield _release(where, case, known)
        return
    if not text.strip():
        raise Refused(f"{file.name} holds no text;", "give a release as plain text or as JSON Lines.")
    title, _, summary = text.strip().partition("\n")
    yield Release(None, side, "", "", title, summary.strip(), published or utc_now().date())


def _cases(lines: TextIO | list[str], name: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object with where it stands. Raises Refused naming file and line."""
    name = name or lines.name
    try:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"{name}, line {number}"
            try:
                case = json.loads(_readable(line, where))
            except (ValueError, RecursionError) as error:
                raise Refused(f"{where} is not JSON ({error});", "write one object a line.") from error
            if not isinstance(case, dict):
                raise Refused(f"{where} is no object;", "write one object a line.")
            yield where, case
    except UnicodeDecodeError as error:
        raise Refused(f"{name} is not UTF-8;", "save it as UTF-8.") from error


def _readable(text: str, where: str) -> str:
    """A text read with `surrogateescape`: bytes that are not UTF-8 become U+FFFD, which is said on standard error."""
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        click.echo(
            f"{where} is not UTF-8 throughout; what cannot be read stands as U+FFFD. Save it as UTF-8.", err=True
        )
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _release(where: str, case: dict[str, Any], known: _Known) -> Release:
    """The release of a line. Raises Refused naming file, line and field."""
    try:
        release = release_from_case(case)
    except ValueError as error:
        raise Refused(f"{where}: {error}") from error
    for name, words in (("side", known.sides), ("lang", known.languages)):
        if case[name] not in words:
            raise Refused(f"{where}: the field {name!r} holds {case[name]!r};", f"write one of {', '.join(words)}.")
    return release


def _check_labels(where: str, case: dict[str, Any], known: _Known) -> None:
    """Raises Refused naming file, line and label: what is not read as it was meant would count as a miss."""
    if not isinstance(case.get("relevant"), bool):
        raise Refused(f"{where}: the label 'relevant' is {case.get('relevant')!r};", "write true or false.")
    updates = case.get("updates")
    if not isinstance(updates, list) or not all(isinstance(update, dict) for update in updates):
        raise Refused(f"{where}: the label 'updates' is no list of objects;", "write [] where there is none.")
    for update in updates:
        for name, words in (("channel", known.channels), ("signal", [*Signal])):
            if update.get(name) not in words:
                near = suggest(str(update.get(name)), words, "write one that there is")
                raise Refused(f"{where}: an update has the {name} {update.get(name)!r}, which is none;", near)
        _check_date(where, update.get("date"))


def _check_date(where: str, told: Any) -> None:
    try:
        if told is not None:
            PartialDate(told)
    except (TypeError, ValueError):
        raise Refused(
            f"{where}: an update has the date {told!r}, which is none;", "write YYYY-MM-DD, YYYY-MM, YYYY or null."
        ) from None
