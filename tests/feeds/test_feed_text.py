"""Markup to words, and addresses to one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.feeds.address import MAX_URL, canonical_url, http_link
from tracker.feeds.text import one_line, plain


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("plain  words\n", "plain words"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("<ul>\n<li>One <b>and</b>\n more</li>\n\n<li>Two</li></ul>", "One and more\nTwo"),
        ("<div><div> <h2>T</h2></div>one&#10;two</div>three", "T\none two\nthree"),
        ("J<b>oin</b>t", "Joint"),
        ("中<span class='a'>美</span>磋商", "中美磋商"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("<a href='x?a>b' title=\"c>d\">link</a>", "link"),
        ("<p it's>word</p>", "word"),
        ("5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
        ("a<!-- <p>no</p> -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("<script>if (a < b) {}</script>c", "c"),
        ("<SCRIPT src=x>d</SCRIPT >e", "e"),
        ("f<style>never closed", "f"),
        ("<h1>T</h1><table><tr><td>1</td><td>2</td></tr><tr><th>3</th></tr></table>", "T\n1 2\n3"),
        ("one<img src=x>two", "one two"),
        ("&amp;&lt;&#20013;&#x7f8e;&nbsp;&mdash;&bogus;", "&<中美 —&bogus;"),
        ("&#0;&#xD800;x", "\ufffd\ufffdx"),
        ("<![CDATA[inner]]>", "inner"),
        ("<preface>x</preface>y", "xy"),
    ],
)
def test_markup_becomes_words(markup, words):
    assert plain(markup) == words


@given(st.text(alphabet="<>&;\"'/!-=[]apscript \n\u202e\u0085\u00a0\ud800", max_size=60))
def test_words_are_visible_lines_none_of_them_empty_whatever_the_markup(markup):
    words = plain(markup)
    assert all(line and line == one_line(line) for line in words.split("\n") if words)
    assert not set(words) & set("\u202e\u0085\u00a0\ud800")


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://x.example/a", "https://x.example/a"),
        ("/a", "https://base.example/a"),
        ("a b.html", "https://base.example/dir/a%20b.html"),
        ("//x.example/a", "https://x.example/a"),
        (" https://x.example/a\n", "https://x.example/a"),
        ("HTTP://X.example/A", "HTTP://X.example/A"),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        (" JavaScript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@x.example", None),
        ("http://", None),
        ("http://[x", None),
        ("http://x.example:99999/", None),
        ("http://x.example:port/", None),
        ("https://exa\u2100mple.example/", None),
        ("https://x.example:8443/a", "https://x.example:8443/a"),
        ("https://例子.example/a", "https://例子.example/a"),
        ("", None),
        (None, None),
        ("https://x.example/" + "a" * MAX_URL, None),
    ],
)
def test_only_links_to_pages_are_kept(link, kept):
    assert http_link(link, "https://base.example/dir/feed") == kept


@pytest.mark.parametrize(
    "same",
    [
        "https://x.example/a/b?id=7&p=2",
        "http://x.example/a/b?id=7&p=2",
        "HTTPS://X.Example:443/a/b?id=7&p=2",
        "http://x.example:80/a/b/?id=7&p=2#top",
        "https://x.example/a/b?utm_source=feed&id=7&UTM_Medium=x&p=2&fbclid=z&spm=1.2",
        "https://user:secret@x.example./a/%62?id=7&p=2",
        " https://x.example/a/b?id=7&&p=2 ",
        "https://www.x.example/a/b/index.html?id=7&p=2",
        "http://m.x.example/a/b/Index.shtml?id=7&p=2",
        "https://www2.x.example/a/b/default.aspx?id=7&p=2",
    ],
)
def test_addresses_of_one_page_are_one(same):
    assert canonical_url(same) == "https://x.example/a/b?id=7&p=2"


@pytest.mark.parametrize(
    "other",
    [
        "https://en.x.example/a",
        "https://mm.x.example/a",
        "https://x.example/a/index_1.html",
        "https://x.example/a/index.html/b",
        "https://x.example/A",
        "https://x.example:8443/a",
        "https://x.example/a?id=1",
        "https://x.example/a%2Fb",
        "https://x.example/a/b",
        "ftp://x.example/a",
    ],
)
def test_addresses_of_different_pages_stay_apart(other):
    assert canonical_url(other) != canonical_url("https://x.example/a")


def test_a_registered_name_is_never_taken_for_an_edition():
    assert canonical_url("https://www.example/a") == "https://www.example/a"
    assert canonical_url("https://m.example/a") == "https://m.example/a"


def test_names_and_paths_in_chinese_have_one_spelling():
    assert canonical_url("http://国防部.example/新闻?q=磋商") == canonical_url(
        "https://xn--vcsu16kbld.example/%e6%96%b0%e9%97%bb?q=%E7%A3%8B%E5%95%86"
    )


@given(st.text(max_size=60).map(lambda text: f"http://x.example/{text}"))
def test_the_canonical_form_of_a_canonical_form_is_itself(url):
    assert canonical_url(canonical_url(url)) == canonical_url(url)


@given(st.text(max_size=60))
def test_no_text_makes_an_address_function_fail(text):
    canonical_url(text)
    http_link(text, "https://base.example/")
