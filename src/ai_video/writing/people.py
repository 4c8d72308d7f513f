"""The people of a script: who they are, and what the text says of their gender, age and looks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ai_video.domain.entities import Lang
from ai_video.filmwords import fold
from ai_video.writing.plan import Age, CharacterDraft, Gender
from ai_video.writing.script import ScriptContent
from ai_video.writing.speech import sentences_of

_FEMALE_ZH: Final = (
    "奶奶|外婆|姥姥|婆婆|老太太|老太|大妈|大娘|大婶|妈妈|母亲|妈|娘|阿姨|姨|姑姑|姐姐|姐|妹妹|妹|女儿|女孩|少女|女士|小姐|太太|夫人|"
    "王后|皇后|公主|妃|女|妻子|老婆|媳妇|嫂|婶|姑娘|丫头|丫鬟|护士|空姐|女王|闺女|孙女|师姐|师妹|太后|格格"
)
_MALE_ZH: Final = (
    "爷爷|外公|姥爷|老头|老汉|大爷|大伯|老伯|爸爸|父亲|爸|爹|叔叔|叔|舅舅|舅|哥哥|哥|弟弟|弟|儿子|男孩|少年|先生|公子|国王|皇帝|皇上|"
    "王子|男|丈夫|老公|和尚|道士|将军|伯伯|伯|小伙|孙子|师兄|师弟|太监|王爷|少爷"
)
_OLD_ZH: Final = "爷爷|奶奶|外婆|外公|姥|婆婆|老太|老头|老汉|老人|大爷|大娘|老伯|老奶奶|老先生|老者|老爷子|白发|苍老|年迈|花甲|古稀|太后|退休"
_CHILD_ZH: Final = (
    "小女孩|小男孩|女孩|男孩|孩子|小孩|儿童|小朋友|宝宝|娃|小学生|幼儿|童年的|孙女|孙子|小姑娘"
)
_YOUNG_ZH: Final = (
    "少女|少年|青年|年轻|小伙|姑娘|大学生|中学生|高中生|学生|实习|小姐|女郎|男生|女生"
)
_ADULT_ZH: Final = "中年|妈妈|爸爸|母亲|父亲|叔叔|阿姨|大妈|大叔|医生|护士长|教授|经理|总裁|老板|老师|警察|队长|主任|妈|爸|爹|娘"
_FEMALE_EN: Final = (
    "woman|girl|lady|mother|mom|mum|grandmother|grandma|granny|aunt|auntie|sister|daughter|wife|queen|princess|mrs|ms|miss|madam|"
    "actress|waitress|nun|female|niece|bride|heroine|widow|nurse"
)
_MALE_EN: Final = (
    "man|boy|gentleman|father|dad|grandfather|grandpa|uncle|brother|son|husband|king|prince|mr|sir|actor|waiter|monk|male|nephew|"
    "groom|guy|lad|sailor|fisherman|priest"
)
_OLD_EN: Final = r"old (?:man|woman|lady|gentleman|sailor|fisherman|captain|farmer|couple|priest|king|queen)|old(?=\s*，)|^old|elderly|grandmother|grandfather|grandma|grandpa|granny|aged|white-haired|gray-haired|grey-haired|wrinkled|retired|seventies|eighties|sixties"
_CHILD_EN: Final = "boy|girl|child|kid|little|toddler|schoolboy|schoolgirl"
_YOUNG_EN: Final = (
    "young|teenage|teenager|teen|student|twenties|youth|twenty-something|intern|apprentice"
)
_ADULT_EN: Final = "middle-aged|thirties|forties|fifties|mother|father|mom|dad|doctor|professor|captain|detective|officer|boss|manager"
_NAMES_F: Final = frozenset(
    [
        "anna",
        "mary",
        "maria",
        "sarah",
        "emma",
        "olivia",
        "sophia",
        "mia",
        "ava",
        "amelia",
        "lily",
        "grace",
        "ella",
        "chloe",
        "zoe",
        "lucy",
        "alice",
        "jane",
        "kate",
        "katie",
        "helen",
        "laura",
        "julia",
        "rose",
        "ruth",
        "nora",
        "clara",
        "eva",
        "eve",
        "iris",
        "ivy",
        "ada",
        "mara",
        "maya",
        "nina",
        "lena",
        "lisa",
        "linda",
        "susan",
        "karen",
        "nancy",
        "betty",
        "carol",
        "diane",
        "donna",
        "amy",
        "rachel",
        "rebecca",
        "jessica",
        "jennifer",
        "elizabeth",
        "margaret",
        "martha",
        "hannah",
        "leah",
        "abigail",
        "claire",
        "diana",
        "elena",
        "fiona",
        "gwen",
        "holly",
        "irene",
        "joan",
        "june",
        "lila",
        "lola",
        "luna",
        "marie",
        "molly",
        "naomi",
        "pam",
        "paula",
        "penny",
        "priya",
        "rosa",
        "sally",
        "sandra",
        "sofia",
        "stella",
        "tara",
        "tessa",
        "theresa",
        "vera",
        "victoria",
        "wendy",
        "yasmin",
        "edith",
        "ellen",
        "sunny",
        "hazel",
        "daisy",
        "violet",
        "mei",
        "ling",
    ]
)
_NAMES_M: Final = frozenset(
    [
        "john",
        "james",
        "robert",
        "michael",
        "william",
        "david",
        "richard",
        "joseph",
        "thomas",
        "charles",
        "daniel",
        "matthew",
        "mark",
        "paul",
        "steven",
        "andrew",
        "george",
        "kevin",
        "brian",
        "edward",
        "ronald",
        "tim",
        "timothy",
        "jason",
        "jeff",
        "ryan",
        "jacob",
        "gary",
        "nick",
        "nicholas",
        "eric",
        "jonathan",
        "steve",
        "larry",
        "justin",
        "scott",
        "brandon",
        "ben",
        "benjamin",
        "sam",
        "samuel",
        "frank",
        "greg",
        "raymond",
        "alex",
        "alexander",
        "patrick",
        "jack",
        "dennis",
        "jerry",
        "tyler",
        "aaron",
        "jose",
        "adam",
        "henry",
        "nathan",
        "peter",
        "zach",
        "kyle",
        "walter",
        "ethan",
        "jeremy",
        "harold",
        "keith",
        "chris",
        "christian",
        "roger",
        "noah",
        "gerald",
        "carl",
        "terry",
        "sean",
        "arthur",
        "austin",
        "jesse",
        "joe",
        "albert",
        "bob",
        "bill",
        "tom",
        "ned",
        "max",
        "leo",
        "luke",
        "oscar",
        "felix",
        "hugo",
        "ivan",
        "victor",
        "martin",
        "simon",
        "elias",
        "omar",
        "ali",
        "hassan",
        "raj",
        "tomas",
        "theo",
        "eli",
        "silas",
        "amos",
        "otto",
        "finn",
        "owen",
        "ray",
        "dan",
        "mike",
        "jim",
    ]
)
_LAST_F: Final = frozenset(
    "婷娜芳丽娟燕玲霞兰莉静颖雪梅香艳蓉芸莹婉嫣媛娇娥姗妮妍婧琳瑶薇萍蕾菲倩茜茹荷莲菊红珍秀"
)
_LAST_M: Final = frozenset("强刚伟勇军磊涛斌峰杰鹏飞龙虎雄健明辉浩毅亮波彬栋国武胜林山海豪威")
_YEARS_ZH: Final = re.compile(
    r"(?P<years>[0-9]{1,3}|[一二三四五六七八九十百两]{1,4})(?:多|来)?岁|(?P<dozens>[二三四五六七八九])十(?:多岁|出头|来岁|几岁|岁)"
)
_YEARS_EN: Final = re.compile(r"\b(?P<years>[0-9]{1,3})s?\b|\b(?P<word>ten|eleven|twelve|thirteen|fifteen|sixteen|eight|nine|seven|six|five)[- ]year[- ]old|(?:early|mid|late)[- ](?P<decade>[2-9])0s|\b(?P<tens>twenties|thirties|forties|fifties|sixties|seventies|eighties)\b", re.IGNORECASE)  # fmt: skip
_LOOKS_ZH: Final = re.compile(
    r"[穿戴披]着?|短发|长发|马尾|辫|卷发|白发|银发|光头|胡子|胡须|眼镜|外套|衬衫|毛衣|裙|大褂|袍|制服|西装|西服|校服|围裙|帽|风衣|棉袄|夹克|旗袍|长袍|工装|皱纹|消瘦|高大|瘦高|微胖|背着|围巾|雨衣|头发|身材"
)
_LOOKS_EN: Final = re.compile(
    r"\b(?:wear|wears|wearing|dressed|hair|haired|beard|bearded|glasses|coat|jacket|shirt|dress|suit|uniform|hat|cap|scarf|sweater|oilskin|apron|tall|thin|slim|(?:blue|green|brown|dark|gr[ae]y|bright|kind|tired) eyes|braid|braids|ponytail|bald|wrinkled|freckles|boots|overalls|cardigan|hoodie|raincoat|gown|robe|weathered)\b",
    re.IGNORECASE,
)
_INTRO_EN: Final = re.compile(
    r"\b(?P<name>[A-Z][A-Z'’-]{1,20}(?: [A-Z][A-Z'’-]{1,20}){0,2})\s*(?:,|\()\s*(?P<about>[^).\n]{1,120})"
)
_SPEECH: Final = re.compile(r"[“「\"][^“”「」\"]{1,300}[”」\"]")
_KIN: Final = re.compile(
    r"爷爷|奶奶|外婆|外公|姥姥|姥爷|妈妈?|爸爸?|母亲|父亲|叔叔|阿姨|女儿|儿子|孙女|孙子"
)
_DIGITS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
# Only where it begins a clause (zh) or is a subject (en): an object is usually somebody else.
_PRONOUN: Final = re.compile(
    r"(?:(?<=[，。；！？、…])|^)(?:他(?!们|人|乡|日)|她(?!们))|\b(?:he|she)\b", re.IGNORECASE
)


# Beyond this many people, only speakers are told apart: no story has so large a cast.
CAST_LIMIT: Final = 200


@dataclass(slots=True)
class _Person:
    """What has been heard of one person so far."""

    name: str
    about: list[str] = field(default_factory=list[str])
    pronouns: Counter[Gender] = field(default_factory=Counter[Gender])


def find_people(
    script: ScriptContent, known: Sequence[CharacterDraft]
) -> tuple[CharacterDraft, ...]:
    """The characters of a script in the order they appear; the same text gives the same people.

    Speakers are characters, so are people of the cast list who are named in the action and people
    whom a screenplay introduces in capitals with a description. Crowds and narrators are none.

    Args:
        script: the structure.
        known: the project's characters; a name or alias of theirs means them, and what they have
            already stays.
    """
    entries = _cast_entries(script)
    speakers = _speakers(script, known)
    names = list(dict.fromkeys([*speakers, *_named(script, entries, known)]))
    aliases = _as_spoken(_aliases(names, known), speakers, known)
    aliases |= {role: name for role, name in _called_roles(script).items() if name in names}
    people = {name: _Person(name) for name in names if name not in aliases}
    for name, about in entries.items():
        owner = people.get(aliases.get(name, name))
        if owner is not None:
            owner.about.append(about)
    _listen(script, people, aliases)
    drafts = [_draft(person, aliases, script.lang) for person in people.values()]
    return tuple(_known_first(draft, known) for draft in drafts)


def _speakers(script: ScriptContent, known: Sequence[CharacterDraft]) -> list[str]:
    spoken = [
        item.speaker.strip()
        for item in script.elements
        if item.kind == "dialogue" and item.voice in ("on", "off") and item.speaker.strip()
    ]
    return [canonical_name(name, known) for name in dict.fromkeys(spoken)]


def canonical_name(name: str, known: Sequence[CharacterDraft]) -> str:
    """The known character's name for one of the aliases, else the name itself."""
    for person in known:
        if name == person.name or name in person.aliases:
            return person.name
    return name


def _cast_entries(script: ScriptContent) -> dict[str, str]:
    """Name to description from the cast list; `人物：A，B` gives names without descriptions."""
    found: dict[str, str] = {}
    for item in script.elements:
        if item.kind != "cast":
            continue
        if item.name:
            found[item.name.strip()] = item.text[item.text.find(item.name) + len(item.name) :]
        else:
            for piece in re.split(r"[、,，;；\n]+(?![^（(]{0,40}[）)])", item.text):
                match = re.match(r"\s*([^\s（(：:]{1,12})(.*)", piece)
                if match:
                    found[match[1]] = match[2]
    return found


def _named(
    script: ScriptContent, entries: dict[str, str], known: Sequence[CharacterDraft]
) -> list[str]:
    """People who do not speak but are seen: of the cast list, known, or introduced in capitals."""
    found: list[str] = []
    candidates = [*list(entries)[:CAST_LIMIT], *(person.name for person in known[:CAST_LIMIT])]
    for item in script.elements:
        if item.kind not in ("action", "narration"):
            continue
        found += [name for name in candidates if name in item.text]
        if script.mode == "drama" and script.lang == "en":
            for match in _INTRO_EN.finditer(item.text):
                if _YEARS_EN.search(match["about"]) or re.match(r"(?:an?|the)\b", match["about"]):
                    found.append(match["name"].title())
    if script.mode == "narration":
        found += _heroes(script)
    return list(dict.fromkeys(found))


_CALLED: Final = re.compile(
    r"(?:名叫|名字叫|叫做|叫作|唤作|(?<=[人孩娘夫子他她个位])叫|[叫唤][他她])[“「]?([\u4e00-\u9fff]{2,3}?)[”」]?(?=[，。、的；]|$)|\b(?:named|called)\s+([A-Z][a-z]+)"
)
_SAYS: Final = re.compile(
    r"(?:^|[。！？”」，\n])([\u4e00-\u9fff]{2,3}?)(?:[低轻大高柔]声|笑着|哭着)?(?:说道|说|问道|问|喊道|喊|答道|回答|笑道|叹道)[：:，。]"
)
_DOES: Final = (
    r"(?=[站坐走跑看望说问喊笑哭推拉拿抱提举打低抬转停躺蹲冲追]|正|独自|慢慢|静静|忽然|突然)"
)
_FAMILIAR: Final = re.compile(
    rf"(?:^|[，。！？；”」\n])((?:小(?![孩狗猫鸟船偷心区镇河路巷屋店车朋])|阿|老(?![人师板鼠虎家伯]))[\u4e00-\u9fff]){_DOES}"
)
_FULL_NAME: Final = re.compile(
    rf"(?:^|[，。！？；”」\n])([赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张曹严金魏姜谢邹苏潘范彭鲁马方任袁柳史唐薛雷贺汤罗郝安于傅齐康余顾孟黄萧尹姚邵汪毛戴宋庞熊董梁杜阮蓝贾江郭梅林徐邱高夏蔡田胡霍万柯管卢莫丁邓洪石崔龚程邢裴陆翁侯段焦白叶宁甘厉武刘龙][\u4e00-\u9fff]{{1,2}}?){_DOES}"
)
_ROLES: Final = re.compile(
    r"爷爷|奶奶|外婆|外公|妈妈|爸爸|老人|小女孩|小男孩|女孩|男孩|渔夫|国王|王后|公主|王子|老师|医生|\b(?:the )?(old man|old woman|little girl|little boy|girl|boy|fisherman|king|queen|grandmother|grandfather)\b"
)


def _heroes(script: ScriptContent) -> list[str]:
    """The people a story tells of: named ones, else the roles that come back most often."""
    text = "\n".join(item.text for item in script.elements if item.kind == "narration")
    named = [match[1] or match[2] for match in _CALLED.finditer(text)]
    says = Counter(match[1] for match in _SAYS.finditer(text))
    named += [
        name for name, count in says.items() if count >= 2 and name[0] not in "他她它我你这那"
    ]
    named += [match[1] for match in _FAMILIAR.finditer(text)]
    full = Counter(match[1] for match in _FULL_NAME.finditer(text))
    named += [name for name, count in full.items() if count >= 2]
    capitals = Counter(re.findall(r"(?<=[a-z,;] )[A-Z][a-z]{2,12}\b", text))
    if script.lang == "en":
        named += [
            name for name, count in capitals.items()
            if count >= 2 and (name.lower() in _NAMES_F or name.lower() in _NAMES_M)
        ]  # fmt: skip
    roles = Counter(match[0].removeprefix("the ") for match in _ROLES.finditer(text))
    called = _called_roles(script)
    named += [
        role for role, count in roles.most_common(3)
        if count >= 2 and len(named) < 4 and role not in called
    ]  # fmt: skip
    return list(dict.fromkeys(named))[:8]


def _called_roles(script: ScriptContent) -> dict[str, str]:
    """Role to name where a story says once who it is: 女孩名叫阿宁, a girl named Poppy."""
    if script.mode != "narration":
        return {}
    text = "\n".join(item.text for item in script.elements if item.kind == "narration")
    found: dict[str, str] = {}
    twice: set[str] = set()
    for match in _ROLES.finditer(text):
        role = match[0].removeprefix("the ")
        name = _CALLED.match(text, match.end() + (text[match.end() : match.end() + 1] in " ，"))
        if name is None:
            continue
        if role in found:
            twice.add(role)
        found[role] = name[1] or name[2]
    return {role: name for role, name in found.items() if role not in twice}


def _aliases(names: Sequence[str], known: Sequence[CharacterDraft]) -> dict[str, str]:
    """Short form to full name, where exactly one longer name ends or begins with it."""
    kept = {person.name for person in known}
    found: dict[str, str] = {}
    for name in names if len(names) <= CAST_LIMIT else ():
        if len(name) < 2 or name in kept:
            continue
        longer = [
            other for other in names
            if other != name and other not in found and _shortens(name, other)
        ]  # fmt: skip
        if len(longer) == 1:
            found[name] = longer[0]
    return found


def _as_spoken(
    aliases: dict[str, str], speakers: Sequence[str], known: Sequence[CharacterDraft]
) -> dict[str, str]:
    """The form that speaks names the person; a full name that only the action uses is an alias."""
    kept = {person.name for person in known}
    found: dict[str, str] = {}
    for short, full in aliases.items():
        rivals = [other for other, owner in aliases.items() if owner == full]
        if short in speakers and full not in speakers and full not in kept and len(rivals) == 1:
            found[full] = short
        else:
            found[short] = full
    return found


def _shortens(short: str, full: str) -> bool:
    if short.isascii():
        return short in full.split(" ")
    return (
        len(full) == len(short) + 1
        and full.endswith(short)
        and not full.startswith(("小", "老", "大"))
    )


def _listen(script: ScriptContent, people: dict[str, _Person], aliases: dict[str, str]) -> None:
    """Collect what stands beside each name, and the pronoun that follows it."""
    forms = {**{name: name for name in list(people)[:CAST_LIMIT]}, **aliases}
    if not forms:
        return
    pattern = re.compile(
        "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)), re.IGNORECASE
    )
    lower = {form.lower(): owner for form, owner in forms.items()}
    for item in script.elements:
        if item.kind not in ("action", "narration"):
            continue
        last: str | None = None
        for whole in sentences_of(item.text[:4000]):
            sentence = _SPEECH.sub("", whole)
            mentioned = [match for match in pattern.finditer(sentence) if match[0].lower() in lower]
            owners = list(dict.fromkeys(lower[match[0].lower()] for match in mentioned))
            for match in mentioned[:6]:
                person = people.get(lower[match[0].lower()])
                if person is not None and len(person.about) < 12:
                    person.about.append(_beside(sentence, match, single=len(owners) == 1))
            if owners:
                last = owners[0] if len(owners) == 1 else None
            if last is not None and last in people:
                said = sentence[mentioned[0].end() :] if mentioned else sentence.strip()
                _count_pronouns(said, people[last])


def _count_pronouns(text: str, person: _Person) -> None:
    for match in _PRONOUN.finditer(text):
        person.pronouns["female" if match[0].lower() in ("她", "she") else "male"] += 1


def _beside(sentence: str, match: re.Match[str], *, single: bool) -> str:
    """The description at a name: a bracket right after it, or the sentence where it stands alone."""
    after = sentence[match.end() : match.end() + 160]
    bracket = re.match(r"\s*[（(]([^）)]{1,120})[）)]", after)
    if bracket:
        rest = after[bracket.end() :] if single else ""
        return f"{bracket[1]}，{rest}" if rest else bracket[1]
    return f"{sentence[max(0, match.start() - 16) : match.start()]}，{after}" if single else ""


def _draft(person: _Person, aliases: dict[str, str], lang: Lang) -> CharacterDraft:
    short = tuple(alias for alias, owner in aliases.items() if owner == person.name)
    about = "，".join(piece.strip(" \t：:，,（()）—–-") for piece in person.about if piece.strip())
    gender = _gender(person, about, lang)
    age = _age(person.name, about, lang)
    return CharacterDraft(person.name, short, gender, age, _appearance(person.about, lang))


def _gender(person: _Person, about: str, lang: Lang) -> Gender | None:
    name = fold(person.name)
    told = _word_gender(name, lang, whole=True) or _word_gender(
        fold(about.split("。")[0][:60]), lang, whole=False
    )
    if told:
        return told
    if person.pronouns:
        (first, count), *others = person.pronouns.most_common()
        if not others or others[0][1] < count:
            return first
    first_name = person.name.split(" ")[0].lower()
    if first_name in _NAMES_F:
        return "female"
    if first_name in _NAMES_M:
        return "male"
    if name[-1] in _LAST_F and len(name) >= 2:
        return "female"
    return "male" if name[-1] in _LAST_M and len(name) >= 2 else None


def _word_gender(text: str, lang: Lang, *, whole: bool) -> Gender | None:
    """Gender by the first word that tells it; in descriptions only whole statements such as 女，."""
    if lang == "en":
        female = re.search(rf"\b(?:{_FEMALE_EN})\b", text, re.IGNORECASE)
        male = re.search(rf"\b(?:{_MALE_EN})\b", text, re.IGNORECASE)
    elif whole:
        female, male = re.search(_FEMALE_ZH, text), re.search(_MALE_ZH, text)
    else:
        stated = r"(?:^|[，,、\s（(岁的])(?:{})(?=$|[，,、\s）)。]|性|孩|士|生)"
        female = re.search(stated.format("女"), text) or re.search(
            r"少女|女孩|姑娘|妇人|女人|老太|妻子|母亲|女医生|女子", text
        )
        male = re.search(stated.format("男"), text) or re.search(
            r"少年|男孩|小伙|老汉|男人|老头|丈夫|父亲|男子|老爷子", text
        )
    if female and male:
        return "female" if female.start() <= male.start() else "male"
    return "female" if female else "male" if male else None


def _age(name: str, about: str, lang: Lang) -> Age | None:
    years = _years(fold(about), lang)
    if years is not None:
        return (
            "child" if years < 14 else "young" if years < 30 else "adult" if years < 60 else "old"
        )
    return _word_age(fold(name), lang, is_name=True) or _word_age(
        _KIN.sub("", fold(about)[:80]), lang, is_name=False
    )


def _word_age(text: str, lang: Lang, *, is_name: bool) -> Age | None:
    tables: tuple[tuple[Age, str, str], ...] = (
        ("old", _OLD_ZH, _OLD_EN),
        ("young", _YOUNG_ZH, _YOUNG_EN),
        ("child", _CHILD_ZH, _CHILD_EN),
        ("adult", _ADULT_ZH, _ADULT_EN),
    )
    found: list[tuple[int, int, Age]] = []
    for rank, (age, chinese, english) in enumerate(tables):
        pattern = chinese if lang == "zh" else rf"\b(?:{english})\b"
        match = re.search(pattern, text, re.IGNORECASE)
        if match:
            found.append((0 if is_name else match.start(), rank, age))
    if found:
        return min(found)[2]
    if lang == "zh" and is_name and len(text) <= 3 and text.startswith("老"):
        return "old"
    return None


def _years(text: str, lang: Lang) -> int | None:
    if lang == "zh":
        match = _YEARS_ZH.search(text)
        if match is None:
            return None
        if match["dozens"]:
            return _DIGITS[match["dozens"]] * 10 + 2
        return _number_zh(match["years"])
    match = _YEARS_EN.search(text)
    if match is None:
        return None
    if match["years"]:
        return int(match["years"]) if 3 <= int(match["years"]) <= 110 else None
    if match["decade"]:
        return int(match["decade"]) * 10 + 5
    if match["tens"]:
        words = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties")
        return 25 + 10 * words.index(match["tens"].lower())
    return 10


def _number_zh(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _DIGITS.get(text[-1], 20)
    return 10 * _DIGITS.get(tens[-1:], 1) + _DIGITS.get(ones[:1], 0)


def _appearance(about: Iterable[str], lang: Lang) -> str:
    """The clauses of the first descriptions that speak of looks, at most 80 characters."""
    looks, years = (_LOOKS_ZH, _YEARS_ZH) if lang == "zh" else (_LOOKS_EN, None)
    found: list[str] = []
    for piece in list(about)[:4]:
        for clause in re.split(r"[，,。；;.（()）！!]|——|--| - ", piece[:200]):
            words = clause.strip(" \t：:—–-")
            folded = fold(words)
            told = looks.search(folded) or (years and years.search(folded))
            if 2 <= len(words) <= 60 and told:
                found.append(words)
    joined = ("，" if lang == "zh" else ", ").join(dict.fromkeys(found))
    return joined[:80]


def _known_first(draft: CharacterDraft, known: Sequence[CharacterDraft]) -> CharacterDraft:
    """What the project knows of a person stays; the text only fills gaps."""
    for person in known:
        if person.name == draft.name:
            return replace(
                person,
                gender=person.gender or draft.gender,
                age=person.age or draft.age,
                appearance=person.appearance or draft.appearance,
                aliases=tuple(dict.fromkeys((*person.aliases, *draft.aliases))),
            )
    return draft
