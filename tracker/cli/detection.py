"""Commands that try detection without a database: what releases say, and how well that is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import click

from config.load import load_relationships
from tracker.cli.common import settings
from tracker.detect import Detector
from tracker.detect import detect as detect_release
from tracker.errors import Refused
from tracker.evaluate import as_json, evaluate, release_from_case, render
from tracker.model import Release, Sighting


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
def detect(file: TextIO) -> None:
    """Read releases as JSON Lines (id, title, summary, side, lang, published, url); write what each reports."""
    detect_all = _detection()
    for where, case in _cases(file):
        release = _release(where, case)
        click.echo(json.dumps(as_json(release.id, detect_all(release)), ensure_ascii=False))


@click.command(name="evaluate")
@click.argument("file", type=click.File(encoding="utf-8"))
def evaluate_command(file: TextIO) -> None:
    """Compare detection with labelled cases (JSON Lines): precision, recall, channels, dates, and every miss."""
    cases = []
    for where, case in _cases(file):
        _release(where, case)
        cases.append(case)
    click.echo(render(evaluate(cases, _detection())))


def _detection() -> Callable[[Release], list[Sighting]]:
    detectors = [Detector(pack.lexicon, pack.weights) for pack in load_relationships(settings().config)]
    return lambda release: [found for detector in detectors for found in detect_release(release, detector)]


def _cases(file: TextIO) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object with where it stands. Raises Refused naming file and line."""
    try:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            where = f"{file.name}, line {number}"
            try:
                case = json.loads(line)
            except ValueError as error:
                raise Refused(f"{where} is not JSON ({error});", "write one object a line.") from error
            if not isinstance(case, dict):
                raise Refused(f"{where} is no object;", "write one object a line.")
            yield where, case
    except UnicodeDecodeError as error:
        raise Refused(f"{file.name} is not UTF-8;", "save it as UTF-8.") from error


def _release(where: str, case: dict[str, Any]) -> Release:
    try:
        return release_from_case(case)
    except ValueError as error:
        raise Refused(f"{where}: {error}") from error


commands = (detect, evaluate_command)
