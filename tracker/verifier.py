"""Checks a proof of Open Lines: one claim, what it rests on, and the hash chain that it is a part of.

    python verify.py [PROOF.zip, or the folder where it was unpacked] [CHECKPOINT.json]

Needs Python alone: no package and no network. CHECKPOINT.json is a head of the chain that somebody published or kept;
with it, a chain that was rewritten since is found. What this proves, and what it does not, says README.txt.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

START = "0" * 64
"""The hash before the first link."""

CLAIMS = {"change": "status_change", "contact": "contact"}
"""What a claim is called, and the kind of entry that it is."""


def canonical(value):
    """The one way to write an entry as bytes: JSON in UTF-8, names sorted, no blanks."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def link_hash(before, entry_hash):
    """The hash of a link: over the hash of the link before and that of its entry, both as hexadecimal text."""
    return sha256((before + entry_hash).encode())


def words_hash(title, summary):
    """The hash of a release's words in one revision."""
    return sha256((title + "\0" + summary).encode("utf-8", "surrogatepass"))


def zipped(parts):
    """The one zip of parts (bytes by name): nothing is compressed, no clock or machine leaves a mark in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, data in sorted(parts.items()):
            part = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            part.create_system, part.external_attr = 3, 0o644 << 16
            bundle.writestr(part, data, zipfile.ZIP_STORED)
    return buffer.getvalue()


def check_zip(body, published=None):
    """As `check`, of a proof as the zip that it came in; the bytes of the zip around its parts are checked, too.

    Raises zipfile.BadZipFile for what is no zip.
    """
    with zipfile.ZipFile(io.BytesIO(body)) as bundle:
        faults = check(bundle.read, published)
        return faults + list(_guarded("the zip", lambda read: _container(read, body), bundle.read))


def _container(read, body):
    """What stands in a zip besides its parts: made again from them, it has to have the same bytes."""
    names = ["manifest.json", *json.loads(read("manifest.json"))["files"]]
    if zipped({name: read(name) for name in names}) != body:
        yield "the zip", "its bytes are not those that its parts make: something stands around them, or was compressed"


def check(read, published=None):
    """Every fault of a proof as (place, what is wrong), in order; none: the proof holds.

    `read` answers the bytes of a part by its name; `published` is a checkpoint held elsewhere.
    """
    parts = [("manifest.json", _parts), ("chain.txt", _chain), ("claim.json", _claim), ("claim.json", _sources)]
    parts += [("checkpoint.json", lambda read: _head(read, published))]
    return [fault for place, part in parts for fault in _guarded(place, part, read)]


def _guarded(place, part, read):
    try:
        yield from part(read)
    except Exception as error:  # Whatever stands in a tampered part, it is a fault of that part.
        yield place, f"cannot be read as it should be ({type(error).__name__}: {error})"


def _parts(read):
    raw = read("manifest.json")
    manifest = json.loads(raw)
    if manifest["sha256"] != sha256(canonical(manifest["files"])) or raw != canonical(manifest) + b"\n":
        yield "manifest.json", "is not the one that was made with the proof"
    for name, expected in manifest["files"].items():
        try:
            if sha256(read(name)) != expected:
                yield name, "its bytes are not those that manifest.json lists"
        except Exception as error:  # Missing, or damaged inside the zip.
            yield name, f"cannot be read ({type(error).__name__}: {error})"


def _links(read):
    """The number and hash of the link before the first, and the links as (number, hash of entry, hash)."""
    rows = [line.split(" ") for line in read("chain.txt").decode().splitlines()]
    return (int(rows[0][0]), rows[0][2]), [(int(seq), entry, hashed) for seq, entry, hashed in rows[1:]]


def _chain(read):
    (number, before), links = _links(read)
    for seq, entry, hashed in links:
        if seq != number + 1:
            yield "chain.txt", f"link {seq} follows link {number}"
        if hashed != link_hash(before, entry):
            yield "chain.txt", f"link {seq} does not follow from the link before and its entry"
        number, before = seq, hashed


def _claim(read):
    claim, (_, links) = json.loads(read("claim.json")), _links(read)
    hashes, own = {seq: entry for seq, entry, _ in links}, claim["claim"].split("-")
    if [CLAIMS[own[0]], int(own[1])] not in [[entry["kind"], entry["id"]] for entry in claim["entries"]]:
        yield "claim.json", f"the entry of {claim['claim']} itself is missing"
    for entry in claim["entries"]:
        if sha256(canonical(entry)) != hashes.get(entry["seq"]):
            yield "claim.json", f"entry {entry['seq']}, {entry['kind']} {entry['id']}, is not the one in the chain"


def _sources(read):
    cited = [entry for entry in json.loads(read("claim.json"))["entries"] if entry["kind"] == "citation"]
    for fields in (entry["fields"] for entry in cited if entry["fields"]["release"] is not None):
        folder = f"releases/{fields['release']}.{fields['revision']}"
        words = {name: read(f"{folder}/{name}.txt").decode("utf-8", "surrogatepass") for name in ("title", "summary")}
        if words_hash(**words) != fields["words_sha256"]:
            yield folder, "its words are not those that were cited"
        if fields["page_sha256"] and sha256(read(f"{folder}/page")) != fields["page_sha256"]:
            yield f"{folder}/page", "is not the page that was cited"
        quote, start = fields["quote"], fields["quote_start"]
        if start is not None and not words[fields["quote_field"]].startswith(quote, start):
            yield f"{folder}/{fields['quote_field']}.txt", f"the quote does not stand at character {start}"


def _head(read, published):
    head, (before, links) = json.loads(read("checkpoint.json")), _links(read)
    hashes = dict([before] + [(seq, hashed) for seq, _, hashed in links])
    if head != {"seq": links[-1][0], "hash": links[-1][2]}:
        yield "checkpoint.json", "is not the last link of chain.txt"
    if published is not None and hashes.get(published["seq"]) != published["hash"]:
        if published["seq"] in hashes:
            yield "chain.txt", f"link {published['seq']} is not the published one: the chain was rewritten"
        else:
            reach = f"{min(hashes)} to {max(hashes)}"
            yield "chain.txt", f"link {published['seq']} is not in it ({reach}); compare a checkpoint of these"


def _checkpoint(body):
    told = json.loads(body)
    return {"seq": int(told["seq"]), "hash": str(told["hash"])}


def main(arguments, published=None):
    """Check the proof named first (this file's folder else) against the checkpoint named second; 0: it holds.

    `published`: a checkpoint that is held already.
    """
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0
    place = Path(arguments[0]) if arguments else Path(__file__).parent
    try:
        if len(arguments) > 1:
            published = _checkpoint(Path(arguments[1]).read_bytes())
        body = place.read_bytes() if place.is_file() else None
        read = zipfile.ZipFile(io.BytesIO(body)).read if body is not None else lambda name: (place / name).read_bytes()
    except (OSError, ValueError, LookupError, TypeError, NotImplementedError, zipfile.BadZipFile) as error:
        print(f"This is no proof with its checkpoint ({error}).", file=sys.stderr)
        return 2
    faults = check(read, published) if body is None else check_zip(body, published)
    for where, what in faults:
        print(f"BROKEN {where}: {what}.")
    if not faults:
        claim, head = json.loads(read("claim.json")), json.loads(read("checkpoint.json"))
        print(f"HOLDS {claim['claim']}: {len(claim['entries'])} entries, chain unbroken up to link {head['seq']}.")
        met = "It meets the checkpoint given." if published else "Compare it with a head that was published elsewhere."
        print(f"Its head is {head['hash']}. {met}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
