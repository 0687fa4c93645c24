"""Which families of roles a job title belongs to, how senior it is, and what such roles are usually asked about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from vivavoce.domain.question_bank import RoleFamily

_FAMILY_WORDS: Final[Mapping[RoleFamily, tuple[str, ...]]] = {
    "engineering": (
        "engineer", "developer", "programmer", "software", "backend", "back-end", "frontend", "front-end", "full stack", "fullstack",
        "devops", "sre", "architect", "qa", "embedded", "mobile", "security", "개발", "엔지니어", "프로그래머", "백엔드", "프론트엔드",
        "프런트엔드", "데브옵스", "아키텍트", "보안", "工程师", "开发", "程序员", "后端", "前端", "运维", "架构师", "测试", "安全",
    ),
    "data": (
        "data", "analyst", "scientist", "machine learning", "ml ", "statistic", "bi ", "데이터", "분석가", "머신러닝", "통계",
        "数据", "分析师", "算法", "机器学习", "统计",
    ),
    "product": ("product manager", "product owner", "product", "pm", "프로덕트", "기획", "서비스 기획", "产品"),
    "design": ("design", "ux", "ui", "illustrat", "디자인", "디자이너", "设计师", "视觉", "交互"),
    "sales": ("sales", "account executive", "account manager", "business development", "marketing", "영업", "마케팅", "세일즈", "销售", "市场", "营销", "商务"),
    "support": (
        "support", "customer success", "service desk", "help desk", "helpdesk", "call cent", "customer service", "nurse", "고객 지원", "상담",
        "고객센터", "간호", "客服", "客户成功", "技术支持", "护士", "客户服务",
    ),
    "operations": (
        "operations", "logistic", "supply chain", "administrat", "finance", "account", "warehouse", "human resources", "hr ", "office",
        "운영", "물류", "총무", "회계", "재무", "인사", "사무", "运营", "物流", "供应链", "行政", "财务", "会计", "人事",
    ),
    "education": ("teacher", "lecturer", "tutor", "education", "instructor", "professor", "trainer", "교사", "강사", "교육", "교수", "선생", "教师", "老师", "讲师", "教育", "培训师", "教授"),
    "management": (
        "manager", "lead", "head of", "director", "chief", "cto", "ceo", "vp", "supervisor", "팀장", "리더", "매니저", "관리자", "부장", "본부장", "임원",
        "经理", "主管", "总监", "负责人", "组长", "店长", "总裁",
    ),
}  # fmt: skip

_DEFAULTS: Final[Mapping[RoleFamily, tuple[str, ...]]] = {
    "engineering": ("technical_depth", "problem_solving", "system_design", "quality", "teamwork", "communication"),
    "data": ("technical_depth", "problem_solving", "quality", "communication", "learning", "customer_focus"),
    "product": ("customer_focus", "planning", "communication", "problem_solving", "ownership", "conflict_resolution"),
    "design": ("customer_focus", "problem_solving", "communication", "quality", "teamwork", "learning"),
    "sales": ("customer_focus", "communication", "ownership", "adaptability", "motivation", "planning"),
    "support": ("customer_focus", "communication", "conflict_resolution", "problem_solving", "adaptability", "quality"),
    "operations": ("planning", "problem_solving", "quality", "ownership", "teamwork", "adaptability"),
    "education": ("communication", "planning", "adaptability", "teamwork", "learning", "motivation"),
    "management": ("leadership", "conflict_resolution", "planning", "communication", "ownership", "adaptability"),
}
_FOR_EVERYBODY: Final = ("problem_solving", "communication", "teamwork", "ownership", "adaptability", "motivation")

_SENIOR: Final = re.compile(
    r"senior|staff|principal|lead|head|director|expert|시니어|수석|책임|팀장|리드|경력|高级|资深|专家|总监|主管",
    re.IGNORECASE,
)
_JUNIOR: Final = re.compile(
    r"junior|intern|graduate|entry|trainee|apprentice|주니어|신입|인턴|初级|实习|应届|助理", re.IGNORECASE
)


def role_families(role: str) -> tuple[RoleFamily, ...]:
    """Return the families that a job title names, the most telling first; empty when none is recognised."""
    title = f" {role.lower()} "
    found: list[tuple[int, RoleFamily]] = []
    for family, words in _FAMILY_WORDS.items():
        longest = max((len(word) for word in words if _names(title, word)), default=0)
        if longest:
            found.append((longest, family))
    found.sort(key=lambda item: -item[0])
    return tuple(family for _, family in found)


def default_competencies(role: str) -> tuple[str, ...]:
    """Return the competencies that such a role is usually asked about, the most important first."""
    families = role_families(role)
    if not families:
        return _FOR_EVERYBODY
    chosen = list(_DEFAULTS[families[0]])
    if "management" in families[1:]:
        chosen.insert(0, "leadership")
    return tuple(chosen)


def seniority(role: str) -> int:
    """Return 1 for beginners, 3 for senior people, otherwise 2."""
    if _JUNIOR.search(role):
        return 1
    return 3 if _SENIOR.search(role) else 2


def _names(title: str, word: str) -> bool:
    if not word.isascii():
        return word in title
    short = len(word.strip()) <= 3
    return re.search(rf"(?<![a-z]){re.escape(word.strip())}{'(?![a-z])' if short else ''}", title) is not None
