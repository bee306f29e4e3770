"""The proof of a claim as one zip: the claim, what it rests on, the chain up to its head, and what checks it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker import verifier
from tracker.record.chain import Link
from tracker.verifier import canonical, sha256, zipped

_README = """\
Open Lines: proof of the claim {claim}

{address}

    python verify.py                        unpacked: check what is in this folder
    python verify.py PROOF.zip              or the zip as it came
    python verify.py PROOF.zip CHECKPOINT   and against a head of the chain that somebody else has kept

It needs Python alone and no network. What is here:

    claim.json        the entries of the record that make the claim: the row, its sources with their quotes, the
                      decisions behind it (role, time, note), what was taken back and what replaced it
    releases/         the words that were cited, as title.txt and summary.txt, and the page from which they were read,
                      byte for byte, where a copy was kept; releases/7.2 is revision 2 of release 7
    chain.txt         each link from the first of those entries on: its number, the hash of its entry, its own hash;
                      first of all the link before. Entries of others are there as hashes alone
    checkpoint.json   the head of the chain when the proof was made
    manifest.json     the SHA-256 of each part
    verify.py         the check

Of a zip verify.py also checks what stands around the parts: made again from them (nothing compressed, all times 1980),
it must have the same bytes. Unpacked, there is nothing around them.

How it is reckoned. An entry is JSON in UTF-8, names sorted, no blanks; its hash is its SHA-256. The hash of a link is
the SHA-256 of the hash of the link before followed by that of its entry, as hexadecimal text (before the first: 64
zeros). A quote begins at `quote_start` characters (code points) of the part that `quote_field` names. `words_sha256` is
of the title, a zero byte, and the summary. Names of people are not shown: `seal` is the SHA-256 of a secret and a name.

What it proves. The record held these entries, with these words, before any link that follows them was made. If a head
of the chain is met that was published on some day, and kept by somebody who has no reason to lie, then these entries
were there on that day and have not been changed since.

What it does not prove. That the claim is true. That a page said so: only that these bytes were kept and cited. That
nothing else was recorded about it: entries that are not shown might withdraw it; {address} says what stands now.
Without a head from elsewhere, that the whole was not made up yesterday. That verify.py is honest, if you have it from
the same hand: it is short; read it, or take it from the project's source.
"""


_VERIFIER = Path(verifier.__file__).read_bytes()

FORM = sha256(_README.encode() + _VERIFIER)
"""Changes whenever the same claim would get another proof though nothing was recorded."""


@dataclass(frozen=True)
class Cited:
    """The words of a release in one revision, and the bytes of the page from which they were read, if it was kept."""

    release: int
    revision: int
    title: str
    summary: str
    page: bytes | None


def cited_revisions(entries: Iterable[Link]) -> list[tuple[int, int, str | None]]:
    """Release, revision and the SHA-256 of its page (or None) of what the entries of a claim cite; each once."""
    cited: dict[tuple[int, int], str | None] = {}
    for fields in (json.loads(link.payload)["fields"] for link in entries if link.kind == "citation"):
        if fields["release"] is not None:
            which = fields["release"], fields["revision"]
            cited[which] = cited.get(which) or fields["page_sha256"]
    return [(*which, page) for which, page in sorted(cited.items())]


def proof(
    claim: str,
    address: str,
    entries: Sequence[Link],
    before: str,
    hashes: Sequence[tuple[int, str, str]],
    cited: Iterable[Cited],
) -> bytes:
    """The zip. `hashes`: number, hash of entry and hash of every link from the first of `entries` up to the head;
    `before`: the hash of the link before those.
    """
    first, (last, _, head) = hashes[0][0], hashes[-1]
    told = {"claim": claim, "entries": [json.loads(link.payload) for link in entries]}
    lines = [f"{first - 1} - {before}", *(f"{seq} {entry} {hashed}" for seq, entry, hashed in hashes)]
    parts = {
        "README.txt": _README.format(claim=claim, address=address).encode(),
        "claim.json": json.dumps(told, ensure_ascii=False, indent=1).encode(),
        "chain.txt": "\n".join([*lines, ""]).encode(),
        "checkpoint.json": canonical({"seq": last, "hash": head}),
        "verify.py": _VERIFIER,
    }
    for one in cited:
        folder = f"releases/{one.release}.{one.revision}"
        parts[f"{folder}/title.txt"] = one.title.encode("utf-8", "surrogatepass")
        parts[f"{folder}/summary.txt"] = one.summary.encode("utf-8", "surrogatepass")
        if one.page is not None:
            parts[f"{folder}/page"] = one.page
    files = {name: sha256(data) for name, data in parts.items()}
    parts["manifest.json"] = canonical({"files": files, "sha256": sha256(canonical(files))}) + b"\n"
    return zipped(parts)
