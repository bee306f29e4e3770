"""The proof of a claim: what is in it, that it holds, and that no byte of it changes unnoticed."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chain.conftest import NAME, PAGE, opened, rewrite
from tracker import verifier
from tracker.record.chain import linked, seal
from tracker.record.proof import proof
from tracker.service import Service
from tracker.verifier import canonical, check, sha256
from tracker.web.app import create_app

Parts = dict[str, bytes]

SMALL = 2_000
"""Bytes of a part up to which every one of them is tried."""


def parts_of(body: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(body)) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def reader(parts: Parts) -> Callable[[str], bytes]:
    return parts.__getitem__


def accepted(service: Service) -> str:
    """A claim that rests on kept words and on a page, and that was replaced."""
    with service.store.reading() as db:
        changes, _ = db.record.entries_of("dpct")
    return f"change-{next(c.id for c in changes if c.decision and any(later.replaces == c.id for later in changes))}"


def proof_from(service: Service) -> bytes:
    answer = create_app(service).test_client().get(f"/claims/{accepted(service)}/proof")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    return answer.data


@pytest.fixture(scope="module")
def body(lived_product: Service) -> bytes:
    return proof_from(lived_product)


@pytest.fixture
def parts(body: bytes) -> Parts:
    return parts_of(body)


def flipped(parts: Parts, name: str, at: int, by: int) -> Parts:
    data = bytearray(parts[name])
    data[at] ^= by
    return parts | {name: bytes(data)}


def remade(parts: Parts) -> Parts:
    """With a manifest that fits, as a forger would make it."""
    files = {name: sha256(data) for name, data in parts.items() if name != "manifest.json"}
    return parts | {"manifest.json": canonical({"files": files, "sha256": sha256(canonical(files))}) + b"\n"}


def test_it_has_the_claim_with_its_decisions_words_and_page_and_holds(parts):
    assert check(reader(parts)) == []
    claim = json.loads(parts["claim.json"])
    told = [(entry["kind"], entry["role"]) for entry in claim["entries"]]
    assert told[0] == ("decision", "reviewer")
    assert [kind for kind, _ in told].count("status_change") == 2, "the claim, and the row that replaced it"
    (cited,) = [entry["fields"] for entry in claim["entries"] if entry["kind"] == "citation"]
    folder = f"releases/{cited['release']}.{cited['revision']}"
    start, quote = cited["quote_start"], cited["quote"]
    assert parts[f"{folder}/{cited['quote_field']}.txt"].decode()[start : start + len(quote)] == quote == "A summary."
    assert parts[f"{folder}/page"] == PAGE
    assert (cited["page_url"], cited["page_content_type"]) == ("https://us.example/1", "text/html")
    assert cited["page_fetched_at"].startswith("2024-02-02T")


def test_it_names_nobody_and_shows_no_entry_of_others(parts):
    assert not [name for name, data in parts.items() if NAME.encode() in data]
    claim = json.loads(parts["claim.json"])
    assert len(parts["chain.txt"].splitlines()) > len(claim["entries"]) + 1
    assert {part for line in parts["chain.txt"].decode().split() for part in [line] if len(part) != 64} <= {
        "-", *map(str, range(1, 1000))
    }  # fmt: skip


def test_it_has_the_same_bytes_each_time(lived_product, body):
    assert proof_from(lived_product) == body


def test_every_byte_of_its_smaller_parts_is_watched(parts):
    small = [name for name, data in parts.items() if len(data) <= SMALL]
    assert {"checkpoint.json", "manifest.json"} < set(small)
    for name in small:
        for at in range(len(parts[name])):
            assert name in places(flipped(parts, name, at, 1 << at % 8)), (name, at)


def test_any_byte_of_any_part_is_watched(parts):
    @given(data=st.data())
    @settings(max_examples=300)
    def holds(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(parts)))
        at, by = data.draw(st.integers(0, len(parts[name]) - 1)), data.draw(st.integers(1, 255))
        assert name in places(flipped(parts, name, at, by))

    holds()


def found_in(zip_file: Path, body: bytes) -> bool:
    """Whether the verifier refuses these bytes as it is run by hand, whatever it calls them."""
    zip_file.write_bytes(body)
    return verifier.main([str(zip_file)]) != 0


def test_every_byte_of_the_zip_around_its_parts_is_watched(body, parts, tmp_path, capsys):
    file, around = tmp_path / "proof.zip", set(range(len(body)))
    assert not found_in(file, body)
    for data in parts.values():
        at = body.index(data)
        around -= set(range(at, at + len(data)))
    assert len(around) > 50 * len(parts), "headers, directory and end"
    unnoticed = [at for at in sorted(around) if not found_in(file, flipped_at(body, at, 1 << at % 8))]
    assert unnoticed == []
    assert "the zip: its bytes are not those that its parts make" in capsys.readouterr().out


def test_no_flipped_bit_of_a_proof_goes_unnoticed(body, tmp_path, capsys):
    @given(at=st.integers(0, len(body) - 1), bit=st.integers(0, 7))
    @settings(max_examples=500)
    def holds(at: int, bit: int) -> None:
        assert found_in(tmp_path / "proof.zip", flipped_at(body, at, 1 << bit))

    holds()


@pytest.mark.parametrize(
    "more", [lambda body: body + b"\0", lambda body: b"#!/bin/sh\n" + body, lambda body: with_part(body)]
)
def test_nothing_can_be_added_to_a_proof(body, tmp_path, capsys, more):
    assert found_in(tmp_path / "proof.zip", more(body))


def flipped_at(body: bytes, at: int, by: int) -> bytes:
    return body[:at] + bytes([body[at] ^ by]) + body[at + 1 :]


def with_part(body: bytes) -> bytes:
    """With one part more, as any program that zips adds it."""
    buffer = io.BytesIO(body)
    with zipfile.ZipFile(buffer, "a") as bundle:
        bundle.writestr("more.txt", b"More.")
    return buffer.getvalue()


def test_a_manifest_made_to_fit_hides_no_change_of_what_is_proved(parts):
    proved = [name for name in parts if name not in ("README.txt", "verify.py", "manifest.json")]

    @given(data=st.data())
    @settings(max_examples=300)
    def holds(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(proved))
        at, by = data.draw(st.integers(0, len(parts[name]) - 1)), data.draw(st.integers(1, 255))
        forged = remade(flipped(parts, name, at, by))
        assert check(reader(forged)) or meaning(forged) == meaning(parts)

    holds()


def meaning(parts: Parts) -> object:
    """What is proved, whatever blanks stand in it."""
    texts = [json.loads(parts[name]) for name in ("claim.json", "checkpoint.json")]
    rows = [row.split(" ") for row in parts["chain.txt"].decode().splitlines()]
    sources = {name: data for name, data in parts.items() if name.startswith("releases/")}
    return texts, [rows[0][::2], *rows[1:]], sources


def places(parts: Parts) -> set[str]:
    return {place for place, _ in check(reader(parts))}


@pytest.mark.parametrize("name", ["README.txt", "verify.py", "chain.txt", "claim.json", "manifest.json"])
def test_a_part_that_is_missing_is_named(parts, name):
    del parts[name]
    assert name in places(parts)


def test_another_entry_in_the_place_of_the_claim_is_found(parts):
    claim = json.loads(parts["claim.json"])
    parts["claim.json"] = json.dumps(claim | {"claim": "contact-1"}).encode()
    assert ("claim.json", "the entry of contact-1 itself is missing") in check(reader(remade(parts)))


def test_what_an_entry_says_cannot_be_changed_with_its_hash(parts):
    claim = json.loads(parts["claim.json"])
    entry = claim["entries"][0]
    entry["fields"]["note"] = "Never said."
    before = parts["chain.txt"]
    parts["claim.json"] = json.dumps(claim).encode()
    lines = before.decode().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"{entry['seq']} "))
    parts["chain.txt"] = before.replace(lines[at].split()[1].encode(), sha256(canonical(entry)).encode())
    found = check(reader(remade(parts)))
    assert found == [("chain.txt", f"link {entry['seq']} does not follow from the link before and its entry")]


def test_a_published_head_is_met_and_another_is_told(parts):
    (number, before), links = verifier._links(reader(parts))
    for seq, hashed in [(number, before), *((seq, hashed) for seq, _, hashed in links)]:
        assert check(reader(parts), {"seq": seq, "hash": hashed}) == []
    ((place, what),) = check(reader(parts), {"seq": links[0][0], "hash": "0" * 64})
    assert (place, what) == ("chain.txt", f"link {links[0][0]} is not the published one: the chain was rewritten")
    ((place, what),) = check(reader(parts), {"seq": links[-1][0] + 1, "hash": "0" * 64})
    assert what.startswith(f"link {links[-1][0] + 1} is not in it ({number} to {links[-1][0]})")


def test_a_chain_rewritten_on_the_server_meets_the_published_head_no_more(lived_service, parts):
    published = json.loads(parts["checkpoint.json"])
    with closing(opened(lived_service.store.path)) as raw:
        rewrite(raw, "UPDATE contact SET date = '2024-01-07' WHERE id = 5")
    forged = parts_of(proof_from(lived_service))
    assert check(reader(forged)) == []
    assert "the chain was rewritten" in dict(check(reader(forged), published))["chain.txt"]


def page_of(folder: Path) -> Path:
    return next(folder.rglob("page"))


def run(script: Path, *arguments: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-I", "-S", str(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_verifier_in_the_proof_runs_with_python_alone(body, parts, tmp_path):
    whole, folder, head = tmp_path / "proof.zip", tmp_path / "proof", tmp_path / "head.json"
    whole.write_bytes(body)
    head.write_bytes(parts["checkpoint.json"])
    zipfile.ZipFile(whole).extractall(folder)
    told = run(folder / "verify.py")
    assert (told.returncode, told.stdout.splitlines()[0].split()[0], told.stderr) == (0, "HOLDS", "")
    for wrong in (page_of(folder), tmp_path / "absent"):
        told = run(folder / "verify.py", whole, wrong)
        assert (told.returncode, told.stdout) == (2, "")
        assert told.stderr.startswith("This is no proof with its checkpoint")
    told = run(folder / "verify.py", whole, head)
    assert (told.returncode, "It meets the checkpoint given." in told.stdout) == (0, True)
    page = page_of(folder)
    page.write_bytes(PAGE.replace(b"summary", b"Summary"))
    told = run(folder / "verify.py")
    assert told.returncode == 1
    assert told.stdout.startswith(f"BROKEN {page.relative_to(folder)}: its bytes are not those")


@pytest.mark.parametrize("asked", [["--help"], ["-h"]])
def test_the_verifier_says_how_it_is_used(asked, capsys):
    assert verifier.main(asked) == 0
    told = capsys.readouterr().out
    assert "python verify.py [PROOF.zip" in told
    assert "BROKEN" not in told


def test_the_verifier_imports_the_standard_library_alone_and_nothing_that_reaches_out():
    tree = ast.parse(Path(verifier.__file__).read_text())
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names] if isinstance(node, ast.Import)
            else [node.module] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported == {"__future__", "hashlib", "io", "json", "sys", "zipfile", "pathlib"}


def test_a_value_that_could_be_written_in_two_ways_is_not_chained():
    with pytest.raises(ValueError, match="share of contact 1 is float"):
        linked(None, "contact", 1, at="2024", fields={"share": 0.5}, name=None, salt="s")


def test_a_link_is_never_before_the_one_before_it():
    before = linked(None, "contact", 1, at="2024-02-02", fields={}, name="ana", salt="s")
    link = linked(before, "contact", 2, at="2024-02-01", fields={}, name="seed", salt="s")
    assert (before.seq, link.seq, link.at) == (1, 2, "2024-02-02")
    told = json.loads(before.payload)
    assert (told["role"], told["seal"]) == ("reviewer", seal("ana", "s"))
    assert json.loads(link.payload)["role"] == "seed"


def test_a_proof_from_the_very_first_link_on_holds():
    link = linked(None, "contact", 1, at="2024", fields={"note": "有 — “q”\n"}, name="ana", salt="s")
    body = proof("contact-1", "https://x/claims/contact-1", [link], "0" * 64, [(1, link.payload_hash, link.hash)], [])
    assert check(reader(parts_of(body))) == []
