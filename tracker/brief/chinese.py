"""A brief in Chinese, as a desk writes it: the date first, the source in brackets at the end.

Causes, forms and places stand on the record in English and are not translated; forms have words of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tracker.brief.book import Looked, SidesRead, alike, holes_of, looked
from tracker.brief.news import News, NewsKind
from tracker.model import THIRD_PARTY, Contact, Outcome, Relationship, State, StatusChange
from tracker.record.coverage import Coverage
from tracker.tongue import name_of
from tracker.wording import date_words, has_planned_day, side_name, span_words

_STATES = {
    State.PLANNED: "列入计划",
    State.ACTIVE: "处于运作状态",
    State.SUSPENDED: "暂停",
    State.RESUMED: "恢复",
    State.ENDED: "终止",
}

_FORMS = {"in person": "面对面接触", "video": "视频接触", "phone": "电话接触", "message": "书面接触"}

_LINE = "渠道"


class Chinese:
    between = ""
    most = 300

    def size(self, text: str) -> int:
        """Characters, marks and digits included."""
        return len("".join(text.split()))

    def told(self, group: Sequence[News]) -> str:
        news = group[0]
        words, begins = _sentence(news.told, _listed(map(_name, group))), news.statement.begins
        if begins:
            words += f"，该渠道自{date_words(begins.effective)}起{_STATES[begins.state]}"
        match news.kind:
            case NewsKind.WITHDRAWN:
                return f"撤回：“{words}”一条不再列入记录。"
            case NewsKind.CONTESTED:
                return f"{words}，双方说法现有出入。"
            case NewsKind.CONFIRMED:
                return f"{words}，{_sides(news.confirmed_by, news.relationship)}现已证实。"
            case NewsKind.CORRECTED if news.before.withdrawn:
                return f"{words}{_word_of(news)}，现重新列入记录。"
            case NewsKind.CORRECTED if (earlier := _phrase(news.before.told)) != _phrase(news.told):
                return f"更正：{words}{_word_of(news)}，原记为“{earlier}”。"
            case NewsKind.CORRECTED | NewsKind.DETAIL:
                return f"{words}{_word_of(news)}，细节有更正。"
            case NewsKind.LAPSED:
                return f"{words}{_word_of(news)}，期限已过，未见后续报道。"
        return f"{words}{_kept(news)}{_word_of(news)}。"

    def opening(self, after: datetime, number: int) -> str:
        return f"{_instant(after)}以来，记录{f'有{number}项变动' if number else '没有变动'}。"

    def more(self, number: int) -> str:
        return f"另有{number}项变动。"

    def coverage(self, read: Sequence[SidesRead], after: datetime) -> str:
        since = _since(read, after)
        match alike(read):
            case Looked.WHOLE:
                return f"{since}双方来源均已读取，并无遗漏，截至{_instant(min(one.until for one in read))}。"
            case Looked.NOT_AT_ALL:
                return f"{since}双方来源均未读取，消息或有遗漏。"
            case Looked.NOT_AGAIN:
                return f"{since}双方来源均未到再次读取的时间。"
            case Looked.NO_SOURCE:
                return f"{since}双方均没有可读取的来源，消息或有遗漏。"
        told = "；".join(_pair_read(one, named=len(read) > 1) for one in read)
        return f"{since}来源读取情况：{told}；消息或有遗漏。"

    def coverage_in_short(self, *, whole: bool) -> str:
        return "其间各来源均已读取，并无遗漏。" if whole else "其间来源未能全部读取，消息或有遗漏。"


def _name(news: News) -> str:
    return name_of(news.channel.names)


def _listed(names: Iterable[str]) -> str:
    """Names beside one another, told apart also where one of them is a list itself."""
    names = list(names)
    return ("，" if any("、" in name for name in names) else "、").join(names)


def _sentence(entry: StatusChange | Contact, name: str) -> str:
    """What a row says of a channel, without the full stop."""
    if isinstance(entry, StatusChange):
        return f"{date_words(entry.effective)}起，{name}{_state(entry)}"
    when, what = _happened(entry)
    line = name if name.endswith(_LINE) else f"{name}{_LINE}"
    return f"{when}，{line}{what}" if when else f"{line}{what}"


def _phrase(entry: StatusChange | Contact) -> str:
    """The same without the name, as what stood there before."""
    if isinstance(entry, StatusChange):
        return f"{date_words(entry.effective)}起{_state(entry)}"
    return "".join(_happened(entry))


def _state(change: StatusChange) -> str:
    expected = f"，预计时间为{date_words(change.expected)}" if change.expected else ""
    return f"{_STATES[change.state]}{expected}"


def _happened(contact: Contact) -> tuple[str, str]:
    """With which day a sentence on a contact begins, and what became of it; of one to come that day is when it was
    announced.
    """
    what = _FORMS.get(contact.form or "", "接触")
    when = span_words(contact.date, contact.end) if contact.date else ""
    asked = date_words(contact.announced) if contact.announced else ""
    told, day = f"{asked}宣布" if asked else "", when or asked or "日期不详"
    match contact.outcome:
        case Outcome.HELD:
            return day, f"进行{what}"
        case Outcome.ANNOUNCED if when:
            return told, f"{'将' if told else '定'}于{when}进行{what}"
        case Outcome.ANNOUNCED:
            return told, f"将进行{what}，日期未定"
        case Outcome.REFUSED:
            return day, f"{what}请求遭拒"
        case Outcome.NO_ANSWER:
            return day, f"{what}请求未获回应"
        case Outcome.CANCELLED | Outcome.POSTPONED:
            off = "取消" if contact.outcome is Outcome.CANCELLED else "推迟"
            if has_planned_day(contact):
                return told, f"原定{when}的{what}{off}"
            return when or told, f"原定的{what}{off}"


def _kept(news: News) -> str:
    if news.promise is None:
        return ""
    return "，晚于原先宣布的时间" if news.promise.lapsed_on else "，与此前宣布相符"


def _word_of(news: News) -> str:
    if news.contested:
        return "（双方说法不一）"
    match news.statement.corroboration:
        case "both":
            return "（据双方消息）"
        case "none":
            return "（仅据后来发表的来源）"
        case side:
            return f"（仅据{_side(side, news.relationship)}消息）"


def _side(side: str, relationship: Relationship) -> str:
    name = side_name(side, relationship)
    return name if side == THIRD_PARTY else f"{name}方面"


def _sides(sides: Sequence[str], relationship: Relationship) -> str:
    return "、".join(_side(side, relationship) for side in sides)


def _clock(instant: datetime) -> str:
    at = instant.astimezone(UTC)
    return f"{date_words(at.date())}{at:%H:%M}"


def _instant(instant: datetime) -> str:
    """`2026年3月14日09:20（UTC）`."""
    return f"{_clock(instant)}（UTC）"


def _since(read: Sequence[SidesRead], after: datetime) -> str:
    begins = min(one.since for one in read)
    return "其间" if begins <= after else f"{_instant(begins)}以来"


def _pair_read(read: SidesRead, *, named: bool) -> str:
    told = "；".join(_side_read(_side(one.side, read.relationship), one) for one in read.sides)
    return f"{name_of(read.relationship.names)}：{told}" if named else told


def _side_read(side: str, read: Coverage) -> str:
    match looked(read):
        case Looked.WHOLE:
            return f"{side}来源已读至{_instant(read.read_until)}，并无遗漏"
        case Looked.NOT_AT_ALL:
            return f"{side}来源未读取"
        case Looked.NOT_AGAIN:
            return f"{side}来源尚未到再次读取的时间"
        case Looked.NO_SOURCE:
            return f"{side}没有可读取的来源"
    holes = holes_of(read)
    span = f"{side}来源在{_clock(holes[0][0])}至{_instant(holes[-1][1])}"
    return f"{span}未能全部读取" if len(holes) == 1 else f"{span}之间有{len(holes)}段未能全部读取"
