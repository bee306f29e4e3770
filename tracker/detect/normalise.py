"""Text as the matcher reads it: folded for comparison, with every character's place in the original kept."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

# Pairs of a traditional character and its simplified form, for the characters that the subject's vocabulary uses.
# One character stands for one character, so that offsets survive.
_TRADITIONAL = (
    "國国會会談谈話话議议電电視视訊讯訪访問问應应與与對对雙双軍军陸陆華华頓顿務务長长區区戰战領领導导員员總总統统機机構构協协調调級级終终結结開开關关閉闭復复啟启動动進进續续絕绝辦办舉举辭辞決决爭争維维護护衛卫際际處处習习爾尔該该"
    "報报紀纪錄录說说認认為为無无風风險险氣气變变遷迁農农業业經经貿贸財财製制稅税術术學学藝艺觀观遊游歷历聯联參参謀谋東东島岛灣湾臺台舊旧聖圣龍龙範范執执違违緝缉獲获審审數数網网絡络擊击資资據据駭骇腦脑軌轨測测驗验約约條条擴扩縮缩"
    "減减備备殲歼艦舰飛飞彈弹鄰邻簽签訂订屆届輪轮時时間间週周內内來来這这個个們们後后從从將将當当場场還还過过達达運运邊边選选連连遠远適适門门閱阅隊队階阶隨随雖虽難难靜静頭头題题願愿類类顯显驚惊體体點点黨党齊齐併并佔占僅仅價价優优"
    "傳传債债傷伤僑侨儀仪億亿創创劃划劉刘別别勞劳勵励勝胜卻却單单厲厉嚴严圍围圓圆堅坚壓压壞坏壯壮夠够夾夹奪夺婦妇媽妈孫孙寧宁實实寫写寶宝專专尋寻層层屬属岡冈幣币帶带幾几庫库廣广廢废廳厅張张強强彌弥彙汇徑径徵征懇恳慮虑慶庆憂忧懷怀"
    "戲戏戶户拋抛掛挂採采揮挥損损換换擁拥擇择擔担擬拟攜携攝摄敗败敵敌斷断昇升晉晋曉晓暫暂暢畅書书棄弃極极榮荣樂乐標标樣样樹树橋桥權权歐欧歡欢殘残殺杀況况洩泄湊凑溝沟滅灭滿满漢汉潔洁澤泽濟济濱滨災灾熱热燈灯燒烧營营爛烂牆墙獎奖獨独"
    "現现環环產产畫画異异療疗癒愈發发盜盗監监盤盘眾众確确礎础禮礼種种稱称穩稳積积競竞筆笔節节築筑簡简籌筹粵粤糧粮純纯紅红納纳紐纽紛纷細细紹绍組组給给絲丝綁绑綜综綠绿緊紧線线緩缓編编緣缘縣县繼继罰罚羅罗義义聞闻聲声職职聽听肅肃脅胁"
    "脫脱膚肤臨临興兴艱艰蘇苏蘭兰號号虧亏衝冲補补裡里複复襲袭規规覺觉覽览觸触計计討讨訓训託托記记訴诉診诊註注評评詞词試试詢询詳详誌志誠诚誤误課课請请論论諾诺謝谢識识譯译讀读讓让豐丰貝贝負负貨货責责貴贵買买費费貼贴賀贺賓宾賠赔賣卖"
    "質质賴赖購购贊赞趙赵趨趋躍跃車车軟软載载輔辅輕轻輯辑輸输轄辖轉转迴回遞递遲迟遺遗郵邮鄧邓釋释針针釣钓鈞钧鋼钢錢钱錯错鎖锁鎮镇鏈链鐘钟鐵铁鑒鉴閣阁闆板陳陈陰阴陣阵陽阳隱隐雜杂離离雲云靈灵響响項项順顺須须頒颁預预頻频顧顾額额養养"
    "館馆駁驳駐驻駕驾騙骗騰腾驅驱髮发鬆松鬥斗鬧闹魯鲁鮑鲍鳥鸟鴻鸿麗丽麥麦齡龄羈羁峇巴裏里妳你佈布贏赢凍冻證证馬马萬万漁渔韓韩賽赛貫贯緬缅係系藍蓝盧卢儘尽繫系準准蓋盖墊垫恆恒鋪铺嶄崭臉脸嗆呛憑凭鍵键竄窜訃讣詐诈謠谣舖铺彥彦偉伟傑杰"
    "鵬鹏銘铭濤涛嶺岭勳勋兩两吳吴亞亚萊莱裝装團团攔拦諮咨礙碍檢检樓楼烏乌獻献碼码禦御籲吁羣群蔣蒋衆众譴谴踐践邁迈鄭郑銀银銳锐闊阔闡阐顆颗飯饭鮮鲜黃黄歸归擋挡誰谁嗎吗溫温慣惯錦锦諸诸謹谨輩辈隸隶閒闲駛驶濃浓煉炼殼壳滾滚輿舆葉叶艙舱"
    "鈾铀鑽钻瑪玛傢家俠侠倫伦側侧偵侦偽伪傭佣儲储兌兑兇凶剛刚劇剧匯汇吶呐唄呗啞哑喬乔嘆叹噸吨墜坠塊块塢坞壇坛夥伙宮宫嶼屿帥帅幫帮悶闷慘惨懸悬掃扫搶抢摯挚撐撑撥拨撫抚擾扰攤摊敘叙斃毙棧栈槍枪檔档櫃柜歲岁殞殒滲渗滯滞潛潜澀涩濫滥瀾澜"
    "煩烦爐炉牽牵狀状猶犹獄狱瓊琼疊叠痺痹癥症睞睐矚瞩礦矿祕秘窮穷紮扎絆绊縱纵績绩織织繞绕繳缴聰聪聳耸脹胀膽胆臟脏艷艳莊庄蓮莲藥药蘊蕴蝦虾蠻蛮詮诠誇夸謊谎豎竖貪贪賦赋贖赎軸轴較较輝辉輾辗辯辩逕径遼辽鄉乡醫医鉗钳鉤钩銜衔鋒锋鍋锅鎂镁"
    "鏡镜闖闯陝陕霧雾韌韧頌颂頗颇顛颠飾饰馮冯騷骚驕骄髒脏鬱郁鯊鲨麼么擱搁滬沪拚拼徹彻齒齿魚鱼淨净諜谍砲炮遙遥繕缮於于廈厦奧奥並并鳳凤楊杨鷹鹰緒绪綫线頁页圖图傾倾禍祸繩绳籠笼籤签窺窥碩硕盡尽疇畴畢毕漲涨渦涡涼凉沒没汙污橫横憲宪峽峡"
    "奮奋夢梦墻墙嚇吓嘗尝喚唤啓启劍剑冊册凱凯兒儿亂乱乾干瑩莹賈贾讚赞"
)
_FORMS = {
    **{ord(_TRADITIONAL[i]): _TRADITIONAL[i + 1] for i in range(0, len(_TRADITIONAL) - 1, 2)},
    **dict.fromkeys(map(ord, "[]"), ""),  # editors' brackets within quotations
    **dict.fromkeys(map(ord, "‘’‚‛′＇"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″「」『』"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-"),
    **dict.fromkeys(map(ord, "\t\r\u00a0\u2003\u3000"), " "),
}

_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|U\.S|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Gen|Lt|Maj|Brig|Col|Capt|Cmdr|Cpl|Sgt|Adm|Sen|Rep"
    r"|Gov|Dr|Mr|Mrs|Ms|Jr|Sr|St|No|vs|etc|[ap]\.m|Amb|Prof|Hon|Vice|approx|Ret))$"
)
_STOP = re.compile(r"[。!?！？\n]+[\"')]*|\.(?=[\"')\]]*(?:\s|$))[\"')\]]*")
_CLAUSE = re.compile(r"\.\.\.|…|[,;:，；：]+(?:\s|(?=\D))|\s-+\s|--+|[()]")


LONGEST = 1000
"""Characters of the longest sentence; a longer one is cut."""


@dataclass(frozen=True)
class Folded:
    """`text` is compared; `lower` too, in lower case, of equal length; `origin[i]` is where character i came from."""

    text: str
    lower: str
    origin: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's half-open span of the folded characters [start, end), which must not be empty."""
        return self.origin[start], self.origin[end - 1] + 1


def _fold_character(character: str) -> str:
    folded = character.translate(_FORMS)
    if folded == character and ord(character) > 0x7F:
        folded = unicodedata.normalize("NFKC", character).translate(_FORMS)
    return folded


def fold(text: str) -> Folded:
    """Width, quotation marks, dashes and traditional characters made alike. Offsets stay traceable."""
    if text.isascii() and "[" not in text:
        return Folded(text, text.lower(), tuple(range(len(text))))
    pieces = [_fold_character(character) for character in text]
    folded = "".join(pieces)
    origin = tuple(i for i, piece in enumerate(pieces) for _ in piece)
    lower = folded.lower()
    if len(lower) != len(folded):  # a few letters grow when lowered
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in folded)
    return Folded(folded, lower, origin)


def simplify(text: str) -> str:
    """A lexicon's term in the form in which texts are compared."""
    return fold(text).text


def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open spans of the sentences of a folded text; together they cover all but the white space between them."""
    spans = []
    start = 0
    for stop in _STOP.finditer(text):
        if stop.group()[0] == "." and _ABBREVIATION.search(text, max(start, stop.start() - 8), stop.start()):
            following = text[stop.end() : stop.end() + 2].strip()
            if not (
                text[stop.start() - 3 : stop.start()] == "U.S" and following.isupper() and _begins(text, stop.end())
            ):
                continue
        if text[start : stop.end()].strip():
            spans.append((start, stop.end()))
        start = stop.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return [part for span in spans for part in _bounded(text, *span)]


def _bounded(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """No sentence is longer than LONGEST; reading a longer one whole would take the square of its length."""
    cuts = [*range(start, end, LONGEST), end]
    return [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]


_OPENERS = re.compile(r"\s+(?:The|A|An|It|He|She|They|We|In|On|At|But|And|Both|This|That|Since|After|As|Beijing)\b")


def _begins(text: str, position: int) -> bool:
    """Does a new sentence open here, after an abbreviation that may also end one?"""
    return _OPENERS.match(text, position) is not None


def clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Half-open spans of the clauses of a sentence: cut at commas, semicolons, colons, brackets and dashes."""
    spans = []
    for cut in _CLAUSE.finditer(text, start, end):
        if cut.start() > start:
            spans.append((start, cut.end()))
            start = cut.end()
    if start < end:
        spans.append((start, end))
    return spans
