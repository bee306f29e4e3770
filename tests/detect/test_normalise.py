"""Folding keeps every character's place; sentences and clauses are cut where a reader would."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.detect.normalise import clauses, fold, sentences


@given(st.text())
def test_every_folded_character_knows_its_origin(text: str):
    folded = fold(text)
    assert len(folded.text) == len(folded.lower) == len(folded.origin)
    assert all(0 <= place < len(text) for place in folded.origin)
    assert list(folded.origin) == sorted(folded.origin)


@given(st.text())
def test_sentences_and_clauses_cover_the_text_in_order(text: str):
    end = 0
    for start, stop in sentences(text):
        assert end <= start < stop <= len(text)
        assert not text[end:start].strip()
        parts = clauses(text, start, stop)
        assert [parts[0][0], parts[-1][1]] == [start, stop]
        assert all(a[1] == b[0] for a, b in pairwise(parts))
        end = stop
    assert not text[end:].strip()


def test_traditional_wide_and_curly_forms_fold_to_one():
    assert fold("兩軍舉行會談，Ｕ．Ｓ．“talks” – 8–9").text == '两军举行会谈,U.S."talks" - 8-9'


def test_a_span_leads_back_to_the_original():
    text = "U.S. talks on [artificial intelligence] 會談"
    folded = fold(text)
    at = folded.lower.index("artificial intelligence")
    start, end = folded.span(at, at + len("artificial intelligence"))
    assert text[start:end] == "artificial intelligence"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Gen. Brown met Adm. Dong on Jan. 8 at 3 p.m. in Washington. They talked.", 2),
        ("The U.S. delegation left. It was late.", 2),
        ("He spoke to the U.S. The talks ended.", 2),
        ("会谈结束。双方满意!下次再谈?", 3),
    ],
)
def test_abbreviations_do_not_end_a_sentence(text: str, count: int):
    assert len(sentences(text)) == count
