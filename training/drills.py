"""Plain sentences made from patterns: what any reader would take for news, and what nobody would.

Labelled cases are told in newsmen's words; these keep the weights honest about the bare grammar: a verb makes news, and
`if`, `no plans` or another country beside it does not. Composed, about no real event.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

_NAMES = {
    "dpct": ("the Defense Policy Coordination Talks", "中美国防部工作会晤"),
    "mmca": ("talks under the Military Maritime Consultative Agreement", "中美海上军事安全磋商机制会议"),
    "theater-commanders": ("the theater commanders' phone call", "中美两军战区领导通话"),
    "crisis-communications-wg": ("the Crisis Communications Working Group", "中美危机沟通工作组会议"),
    "nuclear-arms-control": ("consultations on arms control", "中美军控磋商"),
    "ai-dialogue": ("the intergovernmental dialogue on artificial intelligence", "中美人工智能政府间对话"),
    "counternarcotics": ("the counternarcotics working group", "中美禁毒合作工作组会议"),
    "climate": ("climate talks", "中美气候变化磋商"),
    "maritime-affairs": ("consultations on maritime affairs", "中美海洋事务磋商"),
    "asia-pacific": ("Asia-Pacific consultations", "中美亚太事务磋商"),
    "consular": ("consular consultations", "中美领事磋商"),
    "economic-financial": ("the Economic Working Group", "中美经济工作组会议"),
    "trade-consultation": ("trade talks", "中美经贸磋商"),
    "agriculture": ("the Joint Committee on Agriculture", "中美农业合作联委会会议"),
    "repatriation": ("cooperation on the repatriation of illegal migrants", "中美非法移民遣返合作"),
    "legal-assistance": ("cooperation on legal assistance in criminal matters", "中美刑事司法协助合作"),
    "transnational-crime": ("cooperation against transnational crime", "中美打击跨国犯罪合作"),
}
_ENDED = {
    "science-technology": ("the science and technology agreement", "中美科技合作协定"),
    "people-to-people": ("the people-to-people exchange mechanism", "中美人文交流机制"),
    "dpct": _NAMES["dpct"],
    "ai-dialogue": _NAMES["ai-dialogue"],
}
_PERSONS = {
    "defense-ministers": ("Secretary Austin", "Dong Jun", "奥斯汀", "董军"),
    "joint-staff": ("Gen. Charles Q. Brown", "Gen. Liu Zhenli", "布朗", "刘振立"),
    "strategic-channel": ("Jake Sullivan", "Wang Yi", "沙利文", "王毅"),
    "leaders": ("President Biden", "President Xi Jinping", "拜登", "习近平"),
}
_OTHERS = [
    ("Japan", "日本"),
    ("India", "印度"),
    ("Russia", "俄罗斯"),
    ("the European Union", "欧盟"),
    ("Vietnam", "越南"),
]

_TOLD = {
    "held": (
        [
            "China and the United States held {n} {d}.",
            "American and Chinese officials met {d} for {n}.",
            "{N} took place {d} between the United States and China.",
        ],
        ["{d}，{n}在北京举行。", "中美双方{d}举行了{n}。", "{n}{d}结束，双方坦诚交换意见。"],
    ),
    "announced": (
        [
            "China and the United States will hold {n} {f}.",
            "{N} between Washington and Beijing is scheduled for {f2}.",
            "The United States and China plan to convene {n} {f}.",
        ],
        ["{n}将于{f}举行。", "经双方商定，{n}定于{f}召开。", "中美将在{f}举行{n}。"],
    ),
    "resumed": (
        [
            "China and the United States agreed to resume {n}.",
            "Beijing and Washington have restored {n}.",
            "{N} with China will be reopened, both sides declared.",
        ],
        ["中美同意恢复{n}。", "双方宣布重启{n}。", "{n}已经恢复，中美双方均予确认。"],
    ),
    "suspended": (
        [
            "China suspended {n} with the United States.",
            "Beijing has halted {n} with Washington.",
            "China cancelled {n} with the United States.",
            "China postponed {n} with the United States.",
            "The United States put {n} with China on hold {d}.",
        ],
        [
            "中方宣布暂停{n}。",
            "中方{d}决定取消{n}，美方表示遗憾。",
            "美方宣布中止{n}，中方提出抗议。",
            "中方推迟{n}，美方表示失望。",
        ],
    ),
    "refused": (
        [
            "China refused a U.S. request for {n}.",
            "Beijing has turned down Washington's invitation to {n}.",
            "China did not answer an American request for {n} {d}.",
            "Washington asked Beijing {d} to resume {n}, and was turned down.",
        ],
        ["中方拒绝了美方关于举行{n}的请求。", "美方提议举行{n}，中方没有答应。", "美方{d}要求中方恢复{n}，遭到回绝。"],
    ),
    "ended": (
        [
            "China terminated {n} with the United States.",
            "{N} between the United States and China expired {d}.",
            "Washington withdrew from {n} with China {d}.",
        ],
        ["中方宣布终止{n}。", "{n}{d}到期失效。"],
    ),
}
_NOTHING = (
    [
        "If China and the United States held {n}, tension would fall.",
        "There are no plans for {n} between China and the United States.",
        "The United States hopes that China will hold {n}.",
        "China and the United States had last met for {n} in {y}.",
        "China and the United States should hold {n} soon, the authors argue.",
        "Beijing and Washington may hold {n} some day, a scholar said.",
        "Asked whether {n} with the United States would be held, the spokesperson said that she had no information.",
        "Reports that the United States and China will hold {n} are false.",
        "In {y} the United States and China held {n}; much has changed since.",
        "The anniversary of {n}, which the United States and China first held in {y}, was marked.",
        "Will China and the United States hold {n} {f}? There is nothing to announce.",
        "Reports say that China refused a U.S. request for {n} {d}. That is not true, the spokesperson said.",
        "A bill would require the Pentagon to report on {n} with China.",
        "The spokesperson stressed the importance of {n} with the United States.",
        "China and {o} held {b} {d}; the United States took note.",
        "The United States and {o} held {b} {d} and discussed China.",
        "The United States hopes to hold {n} with China next week.",
    ],
    [
        "如果中美举行{n}，紧张局势会缓和。",
        "目前没有举行{n}的安排。",
        "美方希望中方举行{n}。",
        "{n}上一次举行是在{y}年。",
        "专家认为，中美应当举行{n}。",
        "对于{n}是否举行，发言人表示没有可以提供的信息。",
        "有关中美将举行{n}的报道不实。",
        "{y}年，{n}曾在北京举行，此后形势大变。",
        "记者问，{n}是否将于{f}举行？发言人回答：没有可以宣布的消息。",
        "记者：据报道，中方{d}拒绝了美方举行{n}的请求。发言人：报道不属实。",
        "发言人强调{n}的重要性，希望美方相向而行。",
        "中国和{o}{d}举行{b}，美方表示关注。",
        "美国同{o}{d}举行{b}，并谈及中国。",
    ],
)
_MET = {
    "held": (
        ["{a} met {b} {d}.", "{a} spoke by phone with {b} {d}.", "{b} held talks with {a} {d}."],
        ["{b}{d}同美方的{a}通话。", "{d}，{b}在北京会见{a}。", "{a}与{b}{d}举行会谈。"],
    ),
    "announced": (
        ["{a} will meet {b} {f}.", "{b} is to hold talks with {a} {f}."],
        ["{b}将于{f}会见{a}。", "{a}定于{f}与{b}会谈。"],
    ),
    "refused": (
        ["{b} refused to meet {a}, the Pentagon said.", "{b} declined an American invitation to talk with {a} {d}."],
        ["{b}拒绝与{a}会面，美方表示遗憾。", "美方请求{a}同{b}通话，中方没有回应。"],
    ),
}
_NOT_MET = (
    [
        "{a} may meet {b} this year.",
        "{a} had last met {b} in {y}.",
        "If {a} meets {b}, much could change.",
        "There are no plans for {a} to meet {b}.",
        "{a} said that he hopes to meet {b} one day.",
        "{a} and {b} have each spoken of the relationship between the United States and China.",
    ],
    [
        "{a}可能与{b}会面。",
        "{a}上一次会见{b}是在{y}年。",
        "如果{a}与{b}会面，局面或会不同。",
        "目前没有{a}与{b}会面的计划。",
        "{a}表示希望有机会与{b}会面。",
    ],
)


def drills(seed: int = 1, each: int = 7) -> Iterator[dict[str, Any]]:
    """Cases in the form of labelled ones, `each` of a kind, language and pattern group; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - sentences, not secrets
    number = 0
    for zh in (False, True):
        for signal, patterns in _TOLD.items():
            for pattern in patterns[zh]:
                for _ in range(each):
                    names = _ENDED if signal == "ended" else _NAMES
                    channel = rng.choice(sorted(names))
                    number += 1
                    yield _case(number, pattern, zh, rng, channel, names[channel][zh], signal)
        for pattern in _NOTHING[zh]:
            for _ in range(each + 1):
                channel = rng.choice(sorted(_NAMES))
                number += 1
                yield _case(number, pattern, zh, rng, channel, _NAMES[channel][zh], None)
        for signal, patterns in _MET.items():
            for pattern in patterns[zh]:
                for _ in range(each):
                    channel = rng.choice(sorted(_PERSONS) if signal != "refused" else ["defense-ministers"])
                    number += 1
                    yield _case(number, pattern, zh, rng, channel, "", signal)
        for pattern in _NOT_MET[zh]:
            for _ in range(each + 1):
                channel = rng.choice(sorted(_PERSONS))
                number += 1
                yield _case(number, pattern, zh, rng, channel, "", None)


def _case(
    number: int, pattern: str, zh: bool, rng: random.Random, channel: str, name: str, signal: str | None
) -> dict[str, Any]:
    published = date(2024, 2, 1) + timedelta(days=rng.randrange(220))
    day = published - timedelta(days=rng.randrange(0, 3))
    ahead = published + timedelta(days=rng.randrange(3, 20))
    other = rng.choice(_OTHERS)
    bare = name.removeprefix("中美").removeprefix("the ")
    persons = _PERSONS.get(channel, ("", "", "", ""))
    words = {
        "n": name,
        "N": name[:1].upper() + name[1:],
        "b": persons[3 if zh else 1] or bare,
        "a": persons[2 if zh else 0],
        "o": other[zh],
        "y": rng.choice(("2019", "2021", "2022")),
        "d": f"{day.month}月{day.day}日" if zh else rng.choice((f"on {day:%B} {day.day}", f"on {day:%A}")),
        "f": f"{ahead.month}月{ahead.day}日" if zh else f"on {ahead:%B} {ahead.day}",
        "f2": f"{ahead:%B} {ahead.day}",
    }
    sentence = pattern.format(**words)
    title = rng.choice(("报道", "简讯", "消息") if zh else ("Report", "News in Brief", "Statement"))
    if rng.random() < 0.3:
        title, sentence = (
            sentence.rstrip(".。"),
            rng.choice(("双方就此发表声明。", "记者获悉。") if zh else ("A notice says so.", "No more was said.")),
        )
    told = (
        title
        if sentence in ("双方就此发表声明。", "记者获悉。", "A notice says so.", "No more was said.")
        else sentence
    )
    return {
        "id": f"drill-{number}",
        "lang": "zh" if zh else "en",
        "side": rng.choice(("us", "cn", "third-party")),
        "publisher": "composed",
        "published": published.isoformat(),
        "title": title,
        "summary": sentence,
        "relevant": signal is not None,
        "kind": signal or "nothing",
        "updates": [{"channel": channel, "signal": signal, "date": None, "evidence": told}] if signal else [],
    }
