"""What differs between two wordings, and how like they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make import release
from tracker.releases.difference import Change, difference
from tracker.releases.likeness import likeness, same_words, words_of

TEXTS = st.text(alphabet="ab 磋商。.\n", max_size=40)


def told(before: str, after: str) -> str:
    signs = {Change.SAME: "{}", Change.OLD: "[-{}-]", Change.NEW: "[+{}+]"}
    return "".join(signs[piece.change].format(piece.text) for piece in difference(before, after))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("The talks were held.", "The talks were held.", "The talks were held."),
        (
            "The talks will be held.",
            "The talks were postponed.",
            "The talks [-will-][+were+] [-be held-][+postponed+].",
        ),
        ("双方将举行会晤。", "双方未举行会晤。", "双方[-将-][+未+]举行会晤。"),
        ("on Jan. 8-9", "on Jan. 9-10", "on Jan. [-8-][+9+]-[-9-][+10+]"),
        ("", "New.", "[+New.+]"),
        ("Old.", "", "[-Old.-]"),
    ],
)
def test_words_and_chinese_characters_that_changed_are_told(before, after, words):
    assert told(before, after) == words


@given(TEXTS, TEXTS)
def test_the_pieces_make_up_both_wordings(before, after):
    pieces = difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.NEW) == before
    assert "".join(piece.text for piece in pieces if piece.change is not Change.OLD) == after


def test_long_texts_without_anything_in_common_are_compared_in_time():
    before, after = "一二。" * 7_000, "三四" * 10_000
    pieces = difference(before, after)
    assert [piece.change for piece in pieces] == [Change.OLD, Change.NEW]
    assert "".join(piece.text for piece in pieces if piece.change is Change.NEW) == after


def test_texts_of_a_few_words_over_and_over_are_compared_in_time():
    before, after = "的一" * 749 + "是", "一的国" * 499 + "和"
    assert difference(before, after)


LONG = " ".join(one + other for one in "abcdefghij" for other in "klmnopqrst")


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_a_share_and_has_no_direction(one, other):
    one, other = (words_of(release(title="T", summary=text)) for text in (one, other))
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
    assert likeness(one, one) in (0, 1)


def test_nearly_the_same_words_share_a_key():
    one = words_of(release(summary=LONG))
    for word in LONG.split():
        other = words_of(release(summary=LONG.replace(word, "else", 1)))
        assert set(one.keys) & set(other.keys)
        assert "nearly the same words (9" in same_words(one, other)


def test_other_numbers_make_another_text():
    one, other = (words_of(release(summary=f"On 3 March {LONG} {n}")) for n in (3, 4))
    assert likeness(one, other) > 0.9
    assert same_words(one, other) is None
