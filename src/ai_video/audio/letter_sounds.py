"""How an English word that no dictionary knows is likely to sound, letter by letter.

Rules in order: letters, what stands before (pattern), what stands after (pattern), ARPABET sounds.
A first rule that fits wins. Written for this project; meant for names and coinages, where any
clear reading is better than none.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

VOWELS: Final = frozenset(
    ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
)
_END: Final = "$"
_CONSONANT: Final = "[bcdfghjklmnpqrstvwxz]"
_MAGIC_E: Final = f"{_CONSONANT}(?:e$|e[sd]$|ing$|er$)"

# letters, before, after, sounds
_TABLE: Final = f"""
augh||t|AO
ough||t|AO
ough|r|$|AH F
ough|th|$|OW
ough||$|OW
eigh|||EY
igh|||AY
tion|||SH AH N
ssion|||SH AH N
sion|[aeiour]||ZH AH N
sion|||SH AH N
cial|||SH AH L
tial|||SH AH L
cious|||SH AH S
tious|||SH AH S
ture|[a-z]|$|CH ER
sure|[aeiou]|$|ZH ER
ious|||IY AH S
ous||$|AH S
eous|||IY AH S
able|[a-z]|$|AH B AH L
ible|[a-z]|$|AH B AH L
ally||$|AH L IY
bb|||B
b||t$|
b|||B
tch|||CH
sch|||SH
chr|||K R
ch||[lmn]|K
ch|||CH
ck|||K
cqu|||K W
cc||[eiy]|K S
cc|||K
c||[eiy]|S
c|||K
dge|||JH
dg||[eiy]|JH
dd|||D
d|||D
ph|||F
ff|||F
f|||F
gh|^||G
gh||$|
gh||[bcdfghjklmnpqrstvwxz]|
gh|||G
gn|^||N
gn||$|N
gg|||G
gu||[ei]|G
ge||$|JH
g||[iy]|JH
g|[aeiou]|e|JH
g||e[a-z]|JH
g|||G
h|[aeiou]|$|
h|^||HH
h|[aeiou]|[aeiou]|HH
h||[aeiouy]|HH
h|||
j|||JH
kn|^||N
kk|||K
k|||K
ll|||L
l|a|[mkf]|
l|||L
mb||$|M
mm|||M
mn||$|M
m|||M
ng||$|NG
ng||[bcdfhjkmnpqstvwxz]|NG
ng||[lr]|NG G
nk|||NG K
nn|||N
n|||N
pp|||P
ps|^||S
pn|^||N
p|||P
que||$|K
qu|||K W
q|||K
rrh|||R
rr|||R
rh|||R
r|||R
sh|||SH
ss|||S
sc||[eiy]|S
s|[aeiouy]|[aeiouy][a-z]|Z
s|[bdgvlmnrw]|$|Z
s|[aeiouy]|m$|Z
s||e$|Z
s|||S
th|||TH
tt|||T
t|||T
v|||V
wh|||W
wr|^||R
w||[aeiouy]|W
w|||
x|^||Z
x|||K S
zz|||Z
z|||Z
air|||EH R
are||$|EH R
arr|||AE R
ar|w||AO R
ar||[aeiou]|EH R
ar|||AA R
ai|||EY
ay|||EY
au|||AO
aw|||AO
ae|||IY
all||$|AO L
alk|||AO K
a||nge|EY
a||ste|EY
a|^w|[^aeiou]|AA
a||{_MAGIC_E}|EY
a||$|AH
a||tion|EY
a|||AE
ear||[a-z]|ER
ear||$|IH R
eer|||IH R
ere||$|IH R
er||[aeiou]|EH R
er|||ER
ee|||IY
ea||d$|EH
ea|||IY
eau|||OW
ei|c||IY
ei|||AY
eu|||UW
ew|||UW
ey||$|IY
ey|||EY
e||s$|EH
es|[sxz]|$|IH Z
es|sh|$|IH Z
es|ch|$|IH Z
e|[td]|d$|IH
e|[a-z]{{2}}|d$|
e|^{_CONSONANT}{{1,2}}|$|IY
e||$|
e||{_MAGIC_E}|IY
e|||EH
ire||$|AY ER
ir|||ER
ie||$|IY
ied||$|IY D
ies||$|IY Z
ie|||IY
igne|||AY N
ign||$|AY N
ing||$|IH NG
i||nd$|AY
i||ld$|AY
i||$|IY
i||[aou]|IY
i||{_MAGIC_E}|AY
i|||IH
oar|||AO R
oor|||AO R
our||$|AO R
or|w||ER
or|||AO R
oa|||OW
oe||$|OW
oi|||OY
oy|||OY
oo||k|UH
oo|||UW
ou|||AW
ow||$|OW
ow||n$|OW
ow|||AW
ol||[dt]|OW L
o||$|OW
o||{_MAGIC_E}|OW
o||[bcdfghjklmnpqrstvwxz][aeiou]|OW
o|||AA
ure||$|Y UH R
ur|||ER
ui|||UW
ue||$|UW
uy|||AY
u|^||Y UW
u|q||W
u|[rljs]|{_MAGIC_E}|UW
u||{_MAGIC_E}|Y UW
u||$|UW
u|[rlj]|[bcdfghjklmnpqrstvwxz][aeiou]|UW
u||[bcdfghjklmnpqrstvwxz][aeiou]|Y UW
u|||AH
y|^|[aeiou]|Y
y|[aeiou]|[aeiou]|Y
y|^[a-z]|$|AY
y||$|IY
y||{_MAGIC_E}|AY
y|||IH
"""
_Rule = tuple[str, re.Pattern[str], re.Pattern[str], tuple[str, ...]]


@cache
def _rules() -> dict[str, list[_Rule]]:
    """Rules by first letter, longest letters first."""
    found: dict[str, list[_Rule]] = {}
    for line in _TABLE.strip().splitlines():
        letters, before, after, sounds = _split(line)
        rule = (letters, re.compile(f"(?:{before})$"), re.compile(after), tuple(sounds.split()))
        found.setdefault(letters[0], []).append(rule)
    for rules in found.values():
        rules.sort(key=lambda rule: -len(rule[0]))
    return found


def _split(line: str) -> tuple[str, str, str, str]:
    """Columns of a rule; a pattern may itself hold `|` only inside the last pattern's brackets."""
    letters, before, rest = line.split("|", 2)
    after, _, sounds = rest.rpartition("|")
    return letters, before, after, sounds


def sounds_of_letters(word: str) -> list[str]:
    """ARPABET sounds of a lower-case word, without stress."""
    sounds: list[str] = []
    at = 0
    while at < len(word):
        for letters, before, after, said in _rules().get(word[at], []):
            end = at + len(letters)
            if (
                word.startswith(letters, at)
                and before.search(word[:at])
                and after.match(word[end:])
            ):
                sounds += said
                at = end
                break
        else:
            at += 1
    return sounds


_PENULT_STRESS: Final = re.compile(r"(?:tion|sion|cian|ic|ics|ial|cious|tious|ia|ian|o|a)$")


def stressed(sounds: list[str], word: str) -> list[str]:
    """The sounds with stress digits: one primary stress, by ending and length."""
    vowels = [index for index, sound in enumerate(sounds) if sound in VOWELS]
    if not vowels:
        return sounds
    main = vowels[0]
    if len(vowels) > 2 and _PENULT_STRESS.search(word):
        main = vowels[-2]
    marked: list[str] = []
    for index, sound in enumerate(sounds):
        if sound not in VOWELS:
            marked.append(sound)
        elif index == main:
            marked.append(sound + "1")
        else:
            marked.append(sound + "0")
    return marked


@cache
def guess_sounds(word: str) -> tuple[str, ...]:
    """ARPABET sounds with stress digits for a lower-case word that no dictionary knows."""
    return tuple(stressed(sounds_of_letters(word), word))
