"""A stream of releases of our own writing to measure detection on: English and Chinese by turns, 1,000 characters each.

Of twenty releases one is relevant (a labelled case among neutral sentences), three speak of both parties in routine
matters, eight of one party, eight of neither. The same number gives the same release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from tracker.measuring.evaluate import release_from_case
from tracker.model import Release

CASES = Path(__file__).parent.parent / "training/cases"
LENGTH = 1000
"""Characters of a release's text; a Chinese one has three times as many bytes."""

KINDS = ("relevant", *["both"] * 3, *["one"] * 8, *["neither"] * 8)
_DAY = date(2024, 1, 10)

NEITHER = {
    "en": (
        "The county council approved a budget for roads and bridges after a debate that ran late into the night.",
        "Farmers along the lower valley expect a good harvest of wheat, although rain delayed the first cutting.",
        "A cold front will bring snow to the hills and strong winds to the coast before the weekend.",
        "The museum of the harbor town reopened its west wing with a show of maps and ship models.",
        "Engineers inspected forty wells and found the water fit to drink in all but two of them.",
        "The mayor met residents of the old quarter and promised new lamps for its narrow lanes.",
        "Ticket prices on regional trains rise by three percent in spring, the operator announced on Tuesday.",
        "The home side won by two goals to one, and its keeper was named player of the match.",
        "A jury of five writers agreed on a prize for a first novel about a family of beekeepers.",
        "The hospital has postponed the move to its new building because the lifts were not ready.",
        "Volunteers planted six hundred trees beside the canal and will water them through the summer.",
        "The school board suspended lessons for two days so that the heating could be repaired.",
        "Researchers counted more storks than last year in the wetlands north of the river.",
        "The library held a reading for children, and a baker brought bread in the shape of animals.",
    ),
    "zh": (
        "今年秋粮收购进展顺利，各地农业部门组织农机抢收，确保颗粒归仓。",
        "受冷空气影响，未来三天北部山区将有小到中雪，沿海风力增大。",
        "市图书馆举行读书会，邀请多位作家与小读者见面交流。",
        "新建的地铁三号线预计明年春季通车，沿线将设二十一座车站。",
        "水利部门对四十口水井进行了检查，除两口外水质全部合格。",
        "主队以二比一获胜，守门员当选本场最佳球员。",
        "县里召开会议，研究部署乡村道路养护和桥梁加固工作。",
        "志愿者在运河边种下六百棵树苗，并将轮流浇水养护。",
        "博物馆西馆经过修缮重新开放，展出一批古代地图和船模。",
        "由于电梯尚未安装完毕，医院推迟了搬迁新楼的时间。",
        "学校宣布停课两天，以便检修供暖管道。",
        "研究人员在河口湿地观察到的白鹳数量比去年有所增加。",
        "铁路部门表示，春季起区域列车票价将上调百分之三。",
        "评委会一致同意把今年的新人奖授予一部描写养蜂人家庭的小说。",
    ),
}
ONE = {
    "us": {
        "en": (
            "The U.S. Army Corps of Engineers opened a repaired lock on the upper river to barges.",
            "The Pentagon announced contracts for the maintenance of engines and for winter clothing.",
            "Congress returned on Monday to debate the farm bill, and the Senate held three hearings.",
            "The Secretary of State thanked the staff of the embassy for their work after the storm.",
            "American wheat growers met in Kansas and agreed on a common standard for storage.",
        ),
        "zh": (
            "美国农业部公布了最新的小麦产量预测，并说明了统计方法。",
            "美军工程兵部队修复了上游一座船闸，驳船恢复通行。",
            "美国国会参议院本周举行三场听证会，讨论农业法案。",
            "五角大楼公布了发动机维修和冬季被服的采购合同。",
            "美国中西部遭遇暴风雪，多个机场取消航班。",
        ),
    },
    "cn": {
        "en": (
            "China opened a rail line through the western mountains, with tunnels of more than ninety kilometers.",
            "The Ministry of National Defense in Beijing said that recruits began their training this week.",
            "Chinese customs officers at the river port introduced a faster check for fresh fruit.",
            "The State Council held a meeting on the care of the elderly and on rural clinics.",
            "A hospital ship of the Chinese navy returned to its home port after a voyage of seven months.",
        ),
        "zh": (
            "中国西部山区一条新铁路开通运营，隧道总长超过九十公里。",
            "国务院召开常务会议，研究养老服务和乡村卫生工作。",
            "国防部新闻发言人介绍了新兵入营训练的有关情况。",
            "中国海关在内河口岸推出鲜果快速查验措施。",
            "海军医院船完成七个月的航行任务返回母港。",
        ),
    },
}
BOTH = {
    "en": (
        "A U.S. destroyer sailed in the South China Sea, and a Chinese spokesperson called the passage a provocation.",
        "China's exports to the United States fell by three percent in March, customs figures showed.",
        "Students from the United States and China shared a prize for the design of a solar kitchen.",
        "The Commerce Department added nine Chinese companies to a list, and Beijing said it firmly opposed the step.",
        "Analysts in Washington and Beijing expect that demand for soybeans will be weak this season.",
    ),
    "zh": (
        "发言人表示，中方坚决反对美方对台军售，敦促美方停止提升美台军事联系。",
        "海关数据显示，三月份中国对美国出口同比下降百分之三。",
        "美国一艘驱逐舰在南海航行，中国军队对其进行了跟踪监视。",
        "美国商务部把九家中国企业列入清单，商务部新闻发言人对此表示强烈不满。",
        "中美两国学生设计的太阳能厨房在比赛中并列第一。",
    ),
}


def stream(count: int, first: int = 0) -> Iterator[Release]:
    """So many releases, from the number `first` on."""
    return (_release(number) for number in range(first, first + count))


def _release(number: int) -> Release:
    rng, kind = Random(number), KINDS[number % len(KINDS)]
    lang = ("en", "zh")[(number + number // len(KINDS)) % 2]
    if kind == "relevant":
        return _relevant(number, lang, rng)
    party = rng.choice(("us", "cn"))
    matter = {"neither": (), "one": ONE[party][lang], "both": BOTH[lang]}[kind]
    lead = [rng.choice(matter)] if matter else []
    told = _filled(lead, NEITHER[lang] + matter, rng, LENGTH)
    side = rng.choice((party, "third-party"))
    return Release(number, side, lang, "", told[0][:60], _text(told, lang), _DAY + timedelta(number % 300))


def _relevant(number: int, lang: str, rng: Random) -> Release:
    """A labelled case that goes on with neutral sentences."""
    cases = _relevant_cases(lang)
    case = cases[number // len(KINDS) % len(cases)]
    told = _filled([case["summary"]], NEITHER[lang], rng, LENGTH)
    return release_from_case(case | {"id": number, "summary": _text(told, lang)})


@cache
def _relevant_cases(lang: str) -> list[dict]:
    files = sorted(CASES.glob("[0-9]*.jsonl"))
    cases = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [c for c in cases if c["relevant"] and c["lang"] == lang and len(c["summary"]) < LENGTH]


def _filled(told: list[str], more: tuple[str, ...], rng: Random, length: int) -> list[str]:
    """Sentences until they have the length together."""
    told, so_far = list(told), sum(map(len, told))
    while so_far < length:
        told.append(rng.choice(more))
        so_far += len(told[-1])
    return told


def _text(told: list[str], lang: str) -> str:
    return (" " if lang == "en" else "").join(told)


def long_text(size: int, told: Iterator[str]) -> str:
    """What is told, one after another, up to a size in bytes."""
    pieces, so_far = [], 0
    while so_far < size:
        pieces.append(next(told))
        so_far += len(pieces[-1].encode())
    return "".join(pieces)
