"""`python -m tracker verify`, as an operator runs it."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chain.conftest import opened
from tests.commands import run
from tests.site import Site
from tracker.service import Service
from tracker.web.app import create_app


@dataclass
class Place:
    """A folder of the product with a copy of the record in it."""

    database: Path

    def verify(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output; nothing may be said beside it."""
        done = run(("verify", *arguments), env={"OPENLINES_VAR": str(self.database.parent)})
        assert done.stderr == b""
        return done.returncode, done.stdout.decode()


@pytest.fixture
def place(lived: Path, tmp_path: Path) -> Place:
    return Place(Path(shutil.copy(lived, tmp_path / "openlines.db")))


def test_it_says_that_all_holds_and_meets_the_head_at_an_address(place: Place, lived_product: Service, site: Site):
    with lived_product.store.reading() as db:
        head = db.chain.head()
    published = json.dumps({"seq": head.seq, "hash": head.hash, "at": head.at.isoformat()})
    code, said = place.verify("--checkpoint", site.serve("/checkpoint", body=published.encode()))
    assert code == 0
    assert re.match(rf"All is as it was recorded: {head.seq} links, \d+ wordings of releases, 2 pages, ", said)
    assert said.endswith(f"{head.hash}. It meets the checkpoint of link {head.seq}.\n")


def test_it_names_the_first_broken_link_and_tells_how_many_more(place: Place):
    with closing(opened(place.database)) as raw:
        raw.execute("UPDATE contact SET place = 'Elsewhere' WHERE id < 20")
        raw.commit()
    code, said = place.verify()
    first, *_, last = said.splitlines()
    assert code == 1
    assert re.fullmatch(r"BROKEN contact 1 \(link \d+\): its place is 'Elsewhere', recorded was .*\.", first)
    assert last == "9 more; --json tells of 19."


@pytest.mark.parametrize(
    ("where", "why"), [("/nope", "No such file or directory"), ("http://127.0.0.1:1/head", "127.0.0.1 refused")]
)
def test_a_checkpoint_that_cannot_be_read_is_one_sentence_that_names_it_once(place: Place, where: str, why: str):
    done = run(("verify", "--checkpoint", where), env={"OPENLINES_VAR": str(place.database.parent)})
    said = done.stderr.decode()
    assert (done.returncode, done.stdout, said.count("\n"), said.count(where)) == (2, b"", 1, 1), said
    assert f"{where}: {why}" in said
    assert "Errno" not in said
    assert "(" not in said


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (b"", "it is not JSON"),
        (b"\xff\x00", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "it is no object with seq and hash"),
        (b'{"seq": 9}', "it is no object with seq and hash"),
        (b'{"seq": "9", "hash": "0"}', "its seq is no number of a link"),
        (b'{"seq": 9, "hash": 64}', "its hash is not 64 hexadecimal digits in small letters"),
        (b'{"seq": 9, "hash": "%s"}' % (b"x" * 64), "its hash is not 64 hexadecimal digits in small letters"),
    ],
)
def test_what_is_no_checkpoint_is_told_in_our_words(place: Place, tmp_path: Path, held: bytes, why: str):
    file = tmp_path / "head.json"
    file.write_bytes(held)
    done = run(("verify", "--checkpoint", str(file)), env={"OPENLINES_VAR": str(place.database.parent)})
    said = done.stderr.decode()
    assert (done.returncode, done.stdout, said.count("\n")) == (2, b"", 1), said
    assert f"{file} is no checkpoint: {why}. Give what /api/v1/checkpoint answered." in said


def test_a_checkpoint_that_names_nothing_is_not_passed_over(place: Place):
    done = run(("verify", "--checkpoint", ""), env={"OPENLINES_VAR": str(place.database.parent)})
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--checkpoint names nothing." in done.stderr


def test_a_proof_is_checked_as_it_came_and_one_flipped_bit_of_its_zip_is_refused(
    place: Place, lived_product: Service, tmp_path: Path
):
    client = create_app(lived_product).test_client()
    head, file = tmp_path / "head.json", tmp_path / "proof.zip"
    head.write_bytes(client.get("/api/v1/checkpoint").data)
    body = client.get("/claims/contact-1/proof").data
    file.write_bytes(body)
    code, said = place.verify("--proof", str(file), "--checkpoint", str(head))
    assert (code, said.split(",")[0][:15]) == (0, "HOLDS contact-1")
    assert "It meets the checkpoint given." in said
    file.write_bytes(body[:-2] + bytes([body[-2] ^ 1]) + body[-1:])
    code, _ = place.verify("--proof", str(file))
    assert code != 0
    file.write_bytes(body[:10] + bytes([body[10] ^ 1]) + body[11:])
    code, said = place.verify("--proof", str(file))
    assert (code, said.partition(":")[0]) == (1, "BROKEN the zip")
    assert said.endswith("its parts make: something stands around them, or was compressed.\n")


def test_the_result_can_be_had_as_json(place: Place, tmp_path: Path):
    (tmp_path / "head.json").write_text(json.dumps({"seq": 9, "hash": "0" * 64}))
    code, said = place.verify("--json", "--checkpoint", str(tmp_path / "head.json"))
    answer = json.loads(said)
    assert (code, answer["ok"], answer["found"]) == (1, False, 1)
    assert answer["findings"][0]["place"] == "link 9"
