"""Where what was asked for stands in a text as it was written, and the part of it that is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.search import read_query
from tracker.search.excerpt import LONGEST, excerpt, marks, met, without
from tracker.web.reviewing.marks import highlighted


def marked(text, typed):
    return [text[start:end] for start, end in marks(text, read_query(typed))]


@pytest.mark.parametrize(
    ("text", "typed", "words"),
    [
        ("The talks coordinated defence.", "talk coordination", ["talks", "coordinated"]),
        ("Coordination of coordinators", "coord", ["Coordination", "coordinators"]),
        ("第十七次中美國防部工作會晤", "工作会晤", ["工作會晤"]),
        ("会晤与会晤", "会晤", ["会晤", "会晤"]),
        ("ＤＰＣＴ　is held", "dpct", ["ＤＰＣＴ"]),
        ("the U.S.-PRC talks", "us-prc", ["U.S.-PRC"]),
        ("a [d]efense talk", "defense", ["d]efense"]),
        ("国防部 DPCT 会晤", '"国防部 DPCT"', ["国防部 DPCT"]),
        ("defense talks and talks on defense", '"talks on"', ["talks on"]),
        ("no match", "absent", []),
        ("talks", "-talks", []),
    ],
)
def test_the_words_are_marked_as_they_were_written(text, typed, words):
    assert marked(text, typed) == words


def test_the_excerpt_shows_where_most_of_the_words_stand_and_cuts_no_word():
    text = f"{'Something else was said. ' * 30}The defense policy talks were held. {'And more followed. ' * 30}"
    shown = excerpt(text, read_query("defense talks"))
    assert shown.text.startswith("The defense policy talks were held.")
    assert [shown.text[start:end] for start, end in shown.marks] == ["defense", "talks"]
    assert (shown.opens, shown.closes) == (False, False)
    assert len(shown.text) <= LONGEST
    assert text[text.index(shown.text) + len(shown.text)] == " "


def test_what_stands_already_in_the_title_is_not_asked_of_the_rest():
    left = without("Defense talks", read_query("talks Pentagon"))
    assert [met("The Pentagon", left), met("talks", left)] == [1, 0]


@given(st.text(max_size=600), st.text(max_size=30))
def test_marks_lie_within_the_text_in_order_and_the_page_shows_the_text_unchanged(text, typed):
    query = read_query(typed)
    spans = marks(text, query)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(text) for edge in edges)
    shown = excerpt(text, query)
    assert shown.text in text
    dots = ("" if shown.opens else "… ", "" if shown.closes else " …")
    assert highlighted(shown).replace("<mark>", "").replace("</mark>", "").unescape() == shown.text.join(dots)


@given(st.lists(st.sampled_from(["defense", "talks", "U.S.", "会晤", "國防部", "Beijing"]), min_size=1), st.data())
def test_every_word_of_a_text_is_marked_when_it_is_asked_for(words, data):
    text, word = " ".join(words), data.draw(st.sampled_from(words))
    assert word.rstrip(".") in "".join(marked(text, word))
