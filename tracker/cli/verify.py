"""The command that says whether the record is still what was recorded."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from config.settings import Settings
from db.store import open_store
from tracker import verifier
from tracker.cli.common import settings
from tracker.errors import Refused
from tracker.feeds.failure import FetchFailed
from tracker.feeds.fetch import fetch
from tracker.operating.verify import Verified, read_checkpoint, verify
from tracker.record.chain import Checkpoint

SHOWN = 10


@click.command(name="verify")
@click.option("--checkpoint", help="A file or address: a head of the chain that somebody kept, to compare with.")
@click.option("--proof", help="Check the proof of a claim, a zip as it came or its folder, and no database.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON, with up to 100 findings.")
def verify_command(checkpoint: str | None, proof: str | None, as_json: bool) -> None:
    """Check the hash chain, every row, page and quote; exit code 1 where something is not as it was recorded."""
    read = settings()
    published = None if checkpoint is None else _published(checkpoint, read)
    if proof is not None:
        if not proof.strip():
            raise Refused("--proof names nothing.", "Name a zip, or the folder of one.")
        if not Path(proof).exists():
            raise Refused(f"{proof}: there is no such file or folder.", "Name a zip, or the folder of one.")
        if as_json:
            raise Refused("A proof is told in words alone.", "Leave --json out.")
        sys.exit(verifier.main([proof], published and {"seq": published.seq, "hash": published.hash}))
    store = open_store(read.database_url)
    store.check_schema()
    result = verify(store, published, _watched)
    click.echo(_as_json(result) if as_json else _in_words(result, published))
    sys.exit(1 if result.found else 0)


def _published(where: str, read: Settings) -> Checkpoint:
    """The checkpoint of a file or an address. Raises Refused."""
    if not where.strip():
        raise Refused("--checkpoint names nothing.", "Name a file, or an address that answers.")
    try:
        if where.startswith(("http://", "https://")):
            body = fetch(where, allow_private=True, contact=read.contact).body
        else:
            body = Path(where).read_bytes()
    except FetchFailed as failed:
        raise Refused(failed.about(where)) from None
    except OSError as error:
        raise Refused(f"{where}: {error.strerror}.", "Name a file, or an address that answers.") from None
    return read_checkpoint(body, where)


def _watched(rows: Iterable, words: str, number: int) -> Iterable:
    console = Console(stderr=True)
    return track(rows, words, total=number, console=console, transient=True) if console.is_terminal else rows


def _in_words(result: Verified, published: Checkpoint | None) -> str:
    if result.found:
        told = [f"BROKEN {finding}" for finding in result.findings[:SHOWN]]
        more = result.found - len(told)
        return "\n".join([*told, *([f"{more} more; --json tells of {len(result.findings)}."] if more else [])])
    checked, head = result.checked, result.head
    met = f" It meets the checkpoint of link {published.seq}." if published else ""
    return (
        f"All is as it was recorded: {checked['links']} links, {checked['revisions']} wordings of releases, "
        f"{checked['pages']} pages, {checked['quotes']} quotes, the evidence of {checked['sightings']} sightings, what "
        f"the decisions on {checked['decided']} candidates rest on.\n"
        f"Head: link {head.seq}, {head.hash}.{met}"
    )


def _as_json(result: Verified) -> str:
    head = {"seq": result.head.seq, "hash": result.head.hash}
    told = {"ok": not result.found, "head": head, "checked": result.checked, "found": result.found}
    return json.dumps(told | {"findings": [asdict(one) for one in result.findings]}, ensure_ascii=False, indent=2)
