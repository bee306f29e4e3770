"""What is typed, as it is read: words, phrases, exclusions, and Chinese without spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.detect.normalise import fold
from tracker.search import Term, read_query
from tracker.search.words import indexed, pieces, stems


def entries(text):
    return [term.entries for term in read_query(text).wanted]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Defense talks", [("defense",), ("talks",)]),
        ('"Defense talks" held', [("defense", "talks"), ("held",)]),
        ("会晤", [("会晤",)]),
        ("國防部", [("国防", "防部")]),
        ("国防部DPCT会晤", [("国防", "防部"), ("dpct",), ("会晤",)]),
        ('"国防部 DPCT"', [("国防", "防部", "部", "dpct")]),
        ("“防务 政策”", [("防务", "务", "政策")]),
        ("U.S.-PRC", [("us", "prc")]),
        ("ＤＰＣＴ", [("dpct",)]),
        ("dpct dpct dpct", [("dpct",), ("dpct",)]),  # the last one may go on
        ("mil-mil", [("mil", "mil")]),
        ("talks AND OR NEAR(x)", [("talks",), ("and",), ("or",), ("near", "x")]),
        ('" - * ()', []),
        ("", []),
    ],
)
def test_words_stand_for_themselves_and_a_run_of_chinese_for_its_pairs(typed, asked):
    assert entries(typed) == asked


def test_a_minus_excludes_a_word_or_a_phrase_and_is_no_operator_alone():
    query = read_query('talks -Japan -"press release" - –会晤')
    assert [term.entries for term in query.wanted] == [("talks",)]
    assert [term.entries for term in query.unwanted] == [("japan",), ("press", "release"), ("会晤",)]


def test_only_the_last_word_may_be_the_beginning_of_a_longer_one_and_none_in_quotes():
    assert [term.prefix for term in read_query("defense coord").wanted] == [False, True]
    assert [term.prefix for term in read_query('defense "coord"').wanted] == [False, False]
    assert not any(read_query(typed).wanted[0].prefix for typed in ("us", "2024", "会晤"))
    assert Term((("晤", True),)).open_ended


@given(st.text())
def test_any_text_is_a_query_of_terms_that_have_entries(text):
    query = read_query(text)
    assert all(term.entries and all(term.entries) for term in (*query.wanted, *query.unwanted))
    assert not any('"' in entry for term in query.wanted for entry in term.entries)


@given(st.text(alphabet="中美国防部會晤 Defense.U-\n"))
def test_what_is_indexed_are_the_words_of_the_text_as_a_query_would_have_them(text):
    told = [entry for piece in pieces(fold(text)) for entry in _alone(piece)]
    assert indexed(text).lower().replace(".", " ").replace("-", " ").split() == told


def _alone(piece):
    run = piece.form
    return [*(run[i : i + 2] for i in range(len(run) - 1)), run[-1]] if piece.unspaced else [run]


def test_names_are_compared_whatever_form_their_words_have():
    assert stems("Defense Policy Coordination Talks") == stems("defense policy coordinating talk")
    assert stems("國防部工作會晤") == stems("国防部工作会晤")
