"""Pages that list releases, of our own writing in the layouts of real ministries, each with selectors written by hand.

Around each list stands what stands around it on a real site: menus, a list of topics, what others have read, pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from tracker.model import Selectors

ENGLISH = (
    "Readout of Secretary's Call With the People's Republic of China's Minister of National Defense",
    "Department Announces the Next Round of Defense Policy Coordination Talks",
    "Statement on the Military Maritime Consultative Agreement Working Group",
    "Contracts for the Week",
    "Joint Statement of the Trilateral Ministerial Meeting on Regional Security",
    "Remarks to the Press After the Signing of an Agreement on Crisis Communications",
    "Deputy Secretary Hosts Allies and Partners at the Annual Logistics Forum",
    "A Visit to the Shipyard by the Service Chiefs of Two Nations",
)
CHINESE = (
    "国防部新闻发言人就中美两军工作会晤答记者问",
    "国防部：坚决反对美方对台军售",
    "2024年1月5日外交部发言人主持例行记者会",
    "中方代表团出席海上军事安全磋商机制工作小组会议",
    "国防部新闻发言人就南海问题发表谈话",
    "中俄两军举行联合巡航",
    "国防部举行例行记者会",
    "我军代表团赴马来西亚参加防务展",
)


@dataclass(frozen=True)
class Layout:
    """A page and how a person would read it."""

    page: str
    select: Selectors
    date_format: str | None


def day(number: int) -> date:
    return date(2024, 1, 9) - timedelta(days=number)


def menu(words: str) -> str:
    links = "".join(
        f'<li class="menu-item menu-item-{800 + n}"><a href="/m{n}/">{w}</a></li>' for n, w in enumerate(words.split())
    )
    return f'<header><a href="/"><img src="seal.png"></a><nav><ul class="main-menu">{links}</ul></nav></header>'


def around(lang: str, title: str, content: str, *, others: bool = True) -> str:
    """A whole page: menus in bars and in plain boxes, the content, an undated box of popular pages, a footer.

    `others`: with the box of popular pages.
    """
    titles = CHINESE if lang == "zh" else ENGLISH
    popular = "".join(
        f'<li><a href="/popular/{n}.html">{title}</a></li>' for n, title in enumerate(reversed(titles[:6]))
    )
    topics = "".join(f'<li><a href="/topic/{n}/">Bureau of Topic Number {n}</a></li>' for n in range(12))
    return f"""<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<style>li {{ color: red }}</style></head><body class="page-id-4711">
{menu("Home About Releases Contact")}
<div class="crumbs"><a href="/">Home</a> &gt; <a href="/news/">{title}</a></div>
{f'<div class="side"><ul class="topics">{topics}</ul></div>' if others else ""}
<main>{content}</main>
{f'<div class="popular"><h4>Most read</h4><ul>{popular}</ul></div>' if others else ""}
<footer><ul><li><a href="/privacy">Privacy policy and notices</a></li><li><a href="/foia">Freedom of information</a>
</li><li><a href="/site">Accessibility</a></li><li><a href="/a">Another of our many sites</a></li></ul></footer>
</body></html>"""


def war() -> Layout:
    items = "".join(
        f"""<div class="item alist-item">
        <div class="thumb"><a href="/News/Releases/Article/{n}/"><img src="{n}.jpg"></a></div>
        <div class="info"><span class="tag"><a href="/News/Releases/">Release</a></span>
        <h2 class="title"><a href="/News/Releases/Article/{n}/">{title}</a></h2>
        <time class="date" datetime="{day(n)}T16:30:00-05:00">{day(n):%b. %-d, %Y}</time>
        <p class="teaser">The department said on {day(n):%B %-d, %Y} that it would tell more.</p></div></div>"""
        for n, title in enumerate(ENGLISH)
    )
    pager = '<div class="pager"><a href="?page=2">2</a><a href="?page=3">Next</a></div>'
    page = around(
        "en", "Releases", f'<form id="Form"><div class="alist-inner"><h1>Releases</h1>{items}{pager}</div></form>'
    )
    return Layout(page, Selectors("div.alist-item", "h2.title a", "h2.title a", "time.date"), None)


def state() -> Layout:
    items = "".join(
        f"""<li class="collection-result"><p class="collection-result__date">Media Note</p>
        <a class="collection-result__link" href="https://www.state.example/{n}/" target="_self">{title}</a>
        <div class="collection-result-meta">
        <span dir="ltr"><a href="/bureau/eap/">Bureau of East Asian and Pacific Affairs</a></span>
        <span dir="ltr">{day(n):%B %-d, %Y}</span></div></li>"""
        for n, title in enumerate(ENGLISH)
    )
    page = around(
        "en",
        "Press Releases",
        f'<div class="collection-results"><ul class="collection-results__list">{items}</ul></div>',
    )
    select = Selectors(
        "li.collection-result",
        "a.collection-result__link",
        "a.collection-result__link",
        "div.collection-result-meta span:last-child",
    )
    return Layout(page, select, "%B %d, %Y")


def whitehouse() -> Layout:
    items = "".join(
        f"""<li class="wp-block-post post-{4000 + n} type-post category-{"remarks" if n % 2 else "fact-sheets"}">
        <div class="wp-block-group"><h2 class="wp-block-post-title has-heading-font-size">
        <a href="/r/2024/{n}/" target="_self">{title}</a>
        </h2><div class="wp-block-group meta">
        <div class="taxonomy-category wp-block-post-terms"><a href="/news/remarks/">Remarks</a></div>
        <div class="wp-block-post-date">
        <time datetime="{day(n)}T09:00:00-05:00">{day(n):%B %-d, %Y}</time></div></div></div></li>"""
        for n, title in enumerate(ENGLISH)
    )
    page = around("en", "News", f'<ul class="wp-block-post-template is-layout-flow">{items}</ul>')
    item = "ul.wp-block-post-template li.wp-block-post"
    return Layout(page, Selectors(item, "h2.wp-block-post-title a", "h2.wp-block-post-title a", "time[datetime]"), None)


def mod() -> Layout:
    items = "".join(
        f'<li><a href="./2024{n:04}.html" target="_blank">{title}</a><small class="time">{day(n)}</small></li>'
        for n, title in enumerate(CHINESE)
    )
    page = around(
        "zh", "例行记者会", f'<div class="main-news"><ul id="main-news-list" class="list-unstyled">{items}</ul></div>'
    )
    return Layout(page, Selectors("ul#main-news-list li", "a", "a", "small.time"), "%Y-%m-%d")


def mfa() -> Layout:
    items = "".join(
        f'<li><a href="./202401/t{n}.shtml" target="_blank">{title}</a>（{day(n)}）</li>'
        for n, title in enumerate(CHINESE)
    )
    content = f'<div class="newsList"><div class="newsBd"><ul class="list1">{items}</ul></div></div>'
    page = around("zh", "发言人表态", content)
    return Layout(page, Selectors("div.newsBd ul.list1 li", "a", "a"), "（%Y-%m-%d）")


def fives() -> Layout:
    """Lists of five with a line between them, in a table of the old kind, the date in brackets."""
    row = '<tr><td>·</td><td><a href="a_{n}.html">{title}</a></td><td class="day">[{day:%Y/%m/%d}]</td></tr>'
    rows = [row.format(n=n, title=title, day=day(n)) for n, title in enumerate(CHINESE * 2)]
    tables = "<hr>".join(f'<table class="news">{"".join(rows[n : n + 5])}</table>' for n in range(0, len(rows), 5))
    return Layout(around("zh", "要闻", tables), Selectors("table.news tr", "a", "a", "td.day"), "%Y/%m/%d")


def cards() -> Layout:
    """Each card is one link, its title a heading within."""
    items = "".join(
        f'<a class="card" href="/en/{n}"><h3>{title}</h3><span class="meta">Posted {day(n):%-d %B %Y}, Bonn</span></a>'
        for n, title in enumerate(ENGLISH)
    )
    page = around("en", "News", f'<div class="cards">{items}</div>')
    return Layout(page, Selectors("a.card", "a.card", "h3", "span.meta"), "%d %B %Y")


LAYOUTS = {make.__name__: make for make in (war, state, whitehouse, mod, mfa, fives, cards)}
