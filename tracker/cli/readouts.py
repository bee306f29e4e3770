"""How well two readouts are laid side by side, on pairs that were aligned by hand."""

from __future__ import annotations

from pathlib import Path

import click

from config.load import load_relationships
from config.pairs import read_pairs
from tracker.cli.common import settings
from tracker.errors import Refused
from tracker.readouts.measure import measure, render


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--misses", is_flag=True, help="Name each mark that is not right; not for pairs that are held out.")
def readouts(file: Path, misses: bool) -> None:
    """Measure the alignment of readouts on a file of pairs with labels (docs/readouts.md)."""
    pairs = read_pairs(file)
    sides = {side for pair in pairs for side in (pair.first.side, pair.second.side)}
    packs = load_relationships(settings().config)
    pack = next((pack for pack in packs if sides <= set(pack.relationship.sides)), None)
    if pack is None:
        raise Refused(
            f"No relationship is configured between {' and '.join(sorted(sides))}.",
            "Point OPENLINES_CONFIG at a folder that has one.",
        )
    measured = measure(pairs, pack.comparer)
    click.echo(render(measured))
    for line in measured.wrong if misses else ():
        click.echo(line)
