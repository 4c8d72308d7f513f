"""People a text speaks of without naming them: a crowd, an expert, workers."""

from __future__ import annotations

from ai_video.domain.ports import Figure, ShotPicture
from ai_video.filmwords.mentions import Mentions

_CROWDS = (
    "众人", "人群", "工人们", "一排工人", "村民", "大家", "同学们", "乘客", "队伍", "施工队", "观众", "士兵们",
    "crowd", "people gather", "workers", "villagers", "passengers", "audience", "soldiers",
)  # fmt: skip

_ROLES: tuple[tuple[tuple[str, ...], str, int], ...] = (
    (("施工队", "工人", "施工", "workers", "builders", "crew"), "工装，头盔", 3),
    (("医生", "doctor", "surgeon"), "白大褂", 1),
    (("护士", "nurse"), "护士服", 1),
    (("科学家", "研究人员", "研究员", "生物学家", "scientist", "scientists", "researcher",
      "researchers", "biologist", "biologists"), "白大褂，眼镜", 2),
    (("专家", "学者", "教授", "expert", "professor"), "西装，眼镜", 1),
    (("工程师", "engineer", "engineers"), "工装，头盔", 1),
    (("渔民", "船夫", "fisherman", "fishermen", "sailor"), "草帽，马甲", 1),
    (("农民", "farmer", "farmers"), "草帽，衬衫", 1),
    (("警察", "police", "officer"), "警服，警帽", 1),
    (("记者", "reporter", "journalist"), "西装", 1),
    (("学生", "students", "pupils"), "校服", 3),
    (("老师", "teacher"), "衬衫", 1),
    (("孩子们", "children", "kids"), "小孩，卫衣", 3),
)  # fmt: skip


def unnamed_people(shot: ShotPicture) -> tuple[Figure, ...]:
    """Figures for a shot that has none of its own but speaks of people; empty for an empty place."""
    if "people" in shot.slots.exclude:
        return ()
    words = Mentions(shot.description)
    crowd = words.says(*_CROWDS)
    for names, clothes, count in _ROLES:
        if words.says(*names):
            return _row(shot, clothes, 4 if crowd else count)
    return _row(shot, "", 4) if crowd else ()


def _row(shot: ShotPicture, clothes: str, count: int) -> tuple[Figure, ...]:
    """People who differ from each other and stay the same within a scene."""
    return tuple(
        Figure(
            f"{shot.scene_name}#{number}", clothes, None, "child" if "小孩" in clothes else "adult"
        )
        for number in range(count)
    )
