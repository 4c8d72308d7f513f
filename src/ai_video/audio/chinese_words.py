"""Words whose syllables the general dictionary gets wrong or leaves with a full tone.

Neutral second syllables (朋友, 头发), classifiers and verbs with another reading than their most
frequent one. Written for this project; add a line to correct a word everywhere.
"""

from __future__ import annotations

from typing import Final

_LINES: Final = """
朋友 peng2 you5|东西 dong1 xi5|事情 shi4 qing5|衣服 yi1 fu5|先生 xian1 sheng5|姑娘 gu1 niang5
头发 tou2 fa5|太阳 tai4 yang5|月亮 yue4 liang5|地方 di4 fang5|时候 shi2 hou5|消息 xiao1 xi5
意思 yi4 si5|关系 guan1 xi5|知道 zhi1 dao5|告诉 gao4 su5|认识 ren4 shi5|明白 ming2 bai5
喜欢 xi3 huan5|舒服 shu1 fu5|漂亮 piao4 liang5|清楚 qing1 chu5|热闹 re4 nao5|麻烦 ma2 fan5
客气 ke4 qi5|休息 xiu1 xi5|收拾 shou1 shi5|商量 shang1 liang5|打听 da3 ting5|多少 duo1 shao5
学生 xue2 sheng5|医生 yi1 sheng5|大夫 dai4 fu5|丈夫 zhang4 fu5|妻子 qi1 zi5|孩子 hai2 zi5
儿子 er2 zi5|妹妹 mei4 mei5|姐姐 jie3 jie5|哥哥 ge1 ge5|弟弟 di4 di5|妈妈 ma1 ma5
爸爸 ba4 ba5|爷爷 ye2 ye5|奶奶 nai3 nai5|叔叔 shu1 shu5|太太 tai4 tai5|老婆 lao3 po5
名字 ming2 zi5|日子 ri4 zi5|房子 fang2 zi5|样子 yang4 zi5|桌子 zhuo1 zi5|椅子 yi3 zi5
窗户 chuang1 hu5|眼睛 yan3 jing5|耳朵 er3 duo5|嘴巴 zui3 ba5|鼻子 bi2 zi5|脑袋 nao3 dai5
胳膊 ge1 bo5|石头 shi2 tou5|木头 mu4 tou5|馒头 man2 tou5|骨头 gu3 tou5|里头 li3 tou5
什么 shen2 me5|怎么 zen3 me5|这么 zhe4 me5|那么 na4 me5|多么 duo1 me5|为什么 wei4 shen2 me5
这个 zhe4 ge5|那个 na4 ge5|哪个 na3 ge5|这里 zhe4 li5|那里 na4 li5|哪里 na2 li5
这儿 zhe4 er5|那儿 na4 er5|哪儿 na3 er5|一会儿 yi1 hui4 er5|我们 wo3 men5|你们 ni3 men5
他们 ta1 men5|她们 ta1 men5|它们 ta1 men5|咱们 zan2 men5|人们 ren2 men5|先生们 xian1 sheng5 men5
晚上 wan3 shang5|早上 zao3 shang5|身上 shen1 shang5|路上 lu4 shang5|手上 shou3 shang5
桌上 zhuo1 shang5|天上 tian1 shang5|地上 di4 shang5|屋里 wu1 li5|家里 jia1 li5|心里 xin1 li5
部分 bu4 fen5|困难 kun4 nan5|力气 li4 qi5|故事 gu4 shi5|精神 jing1 shen2|态度 tai4 du5
味道 wei4 dao5|声音 sheng1 yin1|暖和 nuan3 huo5|便宜 pian2 yi5|豆腐 dou4 fu5|葡萄 pu2 tao5
萝卜 luo2 bo5|玻璃 bo1 li5|云彩 yun2 cai5|凉快 liang2 kuai5|聪明 cong1 ming5|糊涂 hu2 tu5
差不多 cha4 bu5 duo1|对不起 dui4 bu5 qi3|来不及 lai2 bu5 ji2|看不见 kan4 bu5 jian4
来得及 lai2 de5 ji2|舍不得 she3 bu5 de5|了不起 liao3 bu5 qi3|不得了 bu4 de2 liao3
受不了 shou4 bu5 liao3|不得不 bu4 de2 bu4|觉得 jue2 de5|记得 ji4 de5|显得 xian3 de5
值得 zhi2 de5|懂得 dong3 de5|获得 huo4 de2|取得 qu3 de2|得到 de2 dao4|得出 de2 chu1
种植 zhong4 zhi2|种地 zhong4 di4|种树 zhong4 shu4|还钱 huan2 qian2|还款 huan2 kuan3
还债 huan2 zhai4|还书 huan2 shu1|偿还 chang2 huan2|归还 gui1 huan2|行长 hang2 zhang3
银行行长 yin2 hang2 hang2 zhang3|行业 hang2 ye4|内行 nei4 hang2|外行 wai4 hang2
排行 pai2 hang2|一行 yi1 hang2|两行 liang3 hang2|几行 ji3 hang2|行人 xing2 ren2
行动 xing2 dong4|长高 zhang3 gao1|长出 zhang3 chu1|生长 sheng1 zhang3|成长 cheng2 zhang3
增长 zeng1 zhang3|校长 xiao4 zhang3|船长 chuan2 zhang3|队长 dui4 zhang3|长度 chang2 du4
长约 chang2 yue1|全长 quan2 chang2|周长 zhou1 chang2|时长 shi2 chang2|重新 chong2 xin1
重复 chong2 fu4|重来 chong2 lai2|重逢 chong2 feng2|重建 chong2 jian4|重启 chong2 qi3
一只 yi1 zhi1|两只 liang3 zhi1|几只 ji3 zhi1|这只 zhe4 zhi1|那只 na4 zhi1|每只 mei3 zhi1
朝阳 zhao1 yang2|倒下 dao3 xia4|倒塌 dao3 ta1|倒闭 dao3 bi4|摔倒 shuai1 dao3
跌倒 die1 dao3|倒是 dao4 shi4|倒影 dao4 ying3|教书 jiao1 shu1|教我 jiao1 wo3
数一数 shu3 yi5 shu3|数数 shu3 shu4|数不清 shu3 bu5 qing1|空白 kong4 bai2|空闲 kong4 xian2
有空 you3 kong4|抽空 chou1 kong4|天空 tian1 kong1|似的 shi4 de5|似乎 si4 hu1|相似 xiang1 si4
好像 hao3 xiang4|爱好 ai4 hao4|好奇 hao4 qi2|好客 hao4 ke4|好学 hao4 xue2
难免 nan2 mian3|灾难 zai1 nan4|苦难 ku3 nan4|难民 nan4 min2|应该 ying1 gai1|应当 ying1 dang1
反应 fan3 ying4|适应 shi4 ying4|答应 da1 ying5|传说 chuan2 shuo1|自传 zi4 zhuan4
传记 zhuan4 ji4|着急 zhao2 ji2|睡着 shui4 zhao2|着火 zhao2 huo3|着陆 zhuo2 lu4
穿着 chuan1 zhe5|看着 kan4 zhe5|执着 zhi2 zhuo2|沉着 chen2 zhuo2|转身 zhuan3 shen1
转圈 zhuan4 quan1|转动 zhuan4 dong4|旋转 xuan2 zhuan3|自转 zi4 zhuan4|公转 gong1 zhuan4
露出 lou4 chu1|露面 lou4 mian4|暴露 bao4 lu4|血液 xue4 ye4|流血 liu2 xue4|薄弱 bo2 ruo4
削弱 xue1 ruo4|剥削 bo1 xue1|角色 jue2 se4|主角 zhu3 jue2|配角 pei4 jue2|角落 jiao3 luo4
量子 liang4 zi3|测量 ce4 liang2|打量 da3 liang5|力量 li4 liang5|商场 shang1 chang3
一场 yi1 chang3|这场 zhe4 chang3|剧场 ju4 chang3|处理 chu3 li3|处于 chu3 yu2|到处 dao4 chu4
好处 hao3 chu4|差距 cha1 ju4|差别 cha1 bie2|误差 wu4 cha1|出差 chu1 chai1|参差 cen1 ci1
供给 gong1 ji3|给予 ji3 yu3|给我 gei3 wo3|模样 mu2 yang4|模型 mo2 xing2|宿舍 su4 she4
星宿 xing1 xiu4|为了 wei4 le5|因为 yin1 wei4|成为 cheng2 wei2|认为 ren4 wei2|作为 zuo4 wei2
称为 cheng1 wei2|分为 fen1 wei2|以为 yi3 wei2|行为 xing2 wei2|变为 bian4 wei2|人为 ren2 wei2
间隔 jian4 ge2|间接 jian4 jie1|时间 shi2 jian1|中间 zhong1 jian1|中奖 zhong4 jiang3
打中 da3 zhong4|看中 kan4 zhong4|集中 ji2 zhong1|命中 ming4 zhong4|击中 ji1 zhong4
仇人 chou2 ren2|姓仇 xing4 qiu2|单于 chan2 yu2|姓单 xing4 shan4|姓曾 xing4 zeng1
可恶 ke3 wu4|厌恶 yan4 wu4|恶心 e3 xin1|兴奋 xing1 fen4|高兴 gao1 xing4|兴趣 xing4 qu4
冷战 leng3 zhan4|畜牧 xu4 mu4|牲畜 sheng1 chu4|调查 diao4 cha2|调整 tiao2 zheng3
空调 kong1 tiao2|强调 qiang2 diao4|勉强 mian3 qiang3|倔强 jue2 jiang4|强大 qiang2 da4
地壳 di4 qiao4|贝壳 bei4 ke2|下载 xia4 zai4|记载 ji4 zai3|载人 zai4 ren2|千载 qian1 zai3
"""
WORDS: Final[dict[str, tuple[str, ...]]] = {
    entry.split()[0]: tuple(entry.split()[1:])
    for line in _LINES.strip().splitlines()
    for entry in line.split("|")
}
