"""Words by which readouts are compared: from the folder or the product's own, and each mistake as one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.pairs import read_pairs
from tests.config.conftest import SHIPPED, Folder
from tests.readouts.conftest import SAMPLES, readout

TERMS = """\
topics:
  fish: {names: {en: fish, zh: 鱼}, terms: [herring*]}
  sea-talks: {}
gloss:
  peace: {names: {en: lasting peace, zh: 持久和平}}
"""


@pytest.fixture
def with_terms(folder: Folder) -> Folder:
    folder.write("readouts.yaml", TERMS)
    return folder


def test_a_relationship_without_terms_of_its_own_has_those_of_its_languages(folder: Folder) -> None:
    found = folder.load().comparer.compare(readout("north", "A candid talk on climate."), readout("south", "坦诚。"))
    assert [(point.kind, point.key, point.only) for point in found.points] == [
        ("topic", "climate", "north"),
        ("tone", "candid", None),
    ]


def test_a_topic_of_its_own_may_be_a_channel_under_that_ones_names(with_terms: Folder) -> None:
    comparer = with_terms.load().comparer
    found = comparer.compare(readout("north", "They spoke of herrings."), readout("south", "鱼。持久和平。"))
    assert [(point.key, point.only) for point in found.points] == [("fish", None)]
    assert [(term.names["en"], list(term.said)) for term in found.gloss] == [("lasting peace", ["south"])]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{names: {en: fish, zh: 鱼}, terms", "{names: {en: fish}, terms", 'the key "zh" is missing'),
        ("sea-talks: {}", "sea-talk: {}", 'did you mean "sea-talks"?'),
        ("zh: 持久和平", "fr: paix", '"fr" is no language of this relationship'),
        ("herring*", "(herring", "unbalanced bracket"),
        ("gloss:", "offices: {north-cook: [cook]}\ngloss:", 'no office is called "north-cook" in lexicon.yaml'),
        ("gloss:", "glos:", 'did you mean "gloss"?'),
    ],
)
def test_a_mistake_in_them_is_a_sentence(with_terms: Folder, old: str, new: str, said: str) -> None:
    with_terms.replace("readouts.yaml", old, new)
    refusal = with_terms.refusal()
    assert refusal.startswith("readouts.yaml, line ")
    assert said in refusal


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  candid: ", "  frank: ", '"candid" is missing, which stands in zh.yaml; say it in this language too.'),
        ("language: en", "language: fr", '"fr" is not the name of this file; write "en".'),
        ("  video:\n", "  telegram:\n", '"telegram"'),
    ],
)
def test_a_subject_that_one_language_lacks_is_refused(folder: Folder, old: str, new: str, said: str) -> None:
    shutil.copytree(SHIPPED / "readouts", "config/readouts")
    own = Path("config/readouts/en.yaml")
    own.write_text(own.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    refusal = folder.refusal()
    assert refusal.startswith("config/readouts/en.yaml, line ")
    assert said in refusal


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("date: [January 8 and 9,", "date: [January 7,", 'us does not say "January 7"'),
        ("    place: [at the Pentagon,", "    palace: [at the Pentagon,", '"palace" is no kind of point'),
        ("topic.competition: [competition, null]", "topic.competition: [null, null]", "neither side says it"),
        ("  cn:\n", "  kr:\n", 'the side "cn" is missing'),
    ],
)
def test_a_label_that_its_text_does_not_bear_out_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (SAMPLES / "held.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "pairs.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read_pairs(path)
    assert said in str(error.value)
