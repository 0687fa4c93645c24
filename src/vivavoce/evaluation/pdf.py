"""A report as a PDF, typeset with packaged fonts. Takes some hundred milliseconds of one core: call it in a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from typing import Any, Final

import msgspec
import typst

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import Language
from vivavoce.domain.scorecard import OwnScorecard, Utterance
from vivavoce.evaluation.report import Report, ReportCriterion, TimelineEntry
from vivavoce.evaluation.transcript import CANDIDATE, INTERVIEWER
from vivavoce.locales import catalogue

#: Families by language: the same Chinese character is drawn differently in Korea and in China, and quotation marks are
#: as wide as a character in China only. Those after the packaged ones serve rare characters where the machine has them.
FONTS: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": ("Vivavoce Sans KR", "Vivavoce Sans SC", "Noto Sans", "Noto Sans CJK SC", "DejaVu Sans"),
    "ko": ("Vivavoce Sans KR", "Vivavoce Sans SC", "Noto Sans CJK KR", "DejaVu Sans"),
    "zh": ("Vivavoce Sans SC", "Vivavoce Sans KR", "Noto Sans CJK SC", "DejaVu Sans"),
}
_KNOWN_ENDS: Final = frozenset({"completed", "candidate", "interviewer", "time", "abandoned", "withdrawn", "stopped"})
_TIME_LABELS: Final = 12
#: Cards longer than this may break over a page.
_LONG_CARD: Final = 900


def render_pdf(report: Report) -> bytes:
    """The report typeset on A4, fonts embedded. A sealed report shows no scores.

    Every text goes in as data and is never read as markup. Raises `VivavoceError("unavailable")` if typesetting fails.
    """
    data = msgspec.json.encode(document_data(report)).decode()
    package = files("vivavoce.evaluation")
    try:
        with as_file(package / "report.typ") as template, as_file(package / "fonts") as fonts:
            pdf = typst.compile(template, font_paths=[fonts], format="pdf", sys_inputs={"data": data})
    except (RuntimeError, OSError) as error:
        raise VivavoceError("unavailable", f"the report could not be typeset: {error}") from error
    if not isinstance(pdf, bytes):
        raise VivavoceError("unavailable", "the report could not be typeset")
    return pdf


def document_data(report: Report) -> dict[str, Any]:
    """What the template shows: strings ready to print, and numbers for the drawings."""
    texts = catalogue("report", report.language)
    summary = report.summary
    overall = report.scorecard.overall
    return {
        "lang": report.language,
        "fonts": FONTS[report.language],
        "sealed": report.sealed,
        "texts": _labels(report, texts),
        "candidate": summary.candidate_name or texts["pdf.unnamed"],
        "role": summary.role or texts["pdf.role_none"],
        "overall": overall,
        "overall_text": _overall(report, texts),
        "facts": _facts(report, texts),
        "criteria": [_criterion(criterion, report, texts) for criterion in report.scorecard.criteria],
        "strengths": report.scorecard.strengths,
        "gaps": report.scorecard.gaps,
        "own": [_own(card, report, texts) for card in report.own_scorecards],
        "differences": _differences(report),
        "timeline": _timeline(report),
        "transcript": [_line(utterance, report, texts) for utterance in report.transcript],
        "notices": report.notices,
    }


def _labels(report: Report, texts: Mapping[str, str]) -> dict[str, str]:
    labels = {key.removeprefix("pdf."): text for key, text in texts.items() if key.startswith("pdf.")}
    labels["generated"] = texts["pdf.generated"].format(date=_moment(report.generated_at))
    labels["session"] = texts["pdf.session"].format(session=report.session_id)
    return labels


def _overall(report: Report, texts: Mapping[str, str]) -> str:
    if report.sealed:
        return texts["pdf.sealed"]
    overall = report.scorecard.overall
    return texts["pdf.no_overall"] if overall is None else f"{overall:.1f}"


def _facts(report: Report, texts: Mapping[str, str]) -> list[dict[str, str]]:
    summary = report.summary
    coverage = summary.coverage
    covered = texts["pdf.coverage_value"].format(covered=coverage.covered, planned=coverage.planned)
    end = summary.end_reason if summary.end_reason in _KNOWN_ENDS else "other"
    pairs = (
        ("pdf.date", _moment(summary.started_at)),
        ("pdf.duration", _duration(summary.duration_s, texts)),
        ("pdf.style", texts[f"style.{summary.interview_style}"]),
        ("pdf.ended", texts[f"end.{end}"]),
        ("pdf.coverage", covered if coverage.planned else "–"),
        ("pdf.questions", str(summary.questions_asked)),
        ("pdf.answers", str(summary.answers)),
        ("pdf.words", str(summary.words)),
    )
    return [{"name": texts[key], "value": value} for key, value in pairs]


def _criterion(criterion: ReportCriterion, report: Report, texts: Mapping[str, str]) -> dict[str, Any]:
    described = {item.criterion_id: item.description for item in report.rubric.criteria}
    starts = {utterance.utterance_id: utterance.start for utterance in report.transcript}
    evidence = [
        {"quote": f"“{item.quote}”", "at": _clock(starts.get(item.utterance_id, 0.0))} for item in criterion.evidence
    ]
    confidence = criterion.confidence
    return {
        "name": criterion.name,
        "description": described.get(criterion.criterion_id, ""),
        "score": criterion.score,
        "score_text": "" if criterion.score is None else f"{criterion.score:.1f}",
        "level_text": "" if criterion.level is None else texts["pdf.level"].format(level=criterion.level),
        "anchor": criterion.anchor or "",
        "rationale": criterion.rationale or "",
        "feedback": criterion.feedback or "",
        "confidence_text": "" if confidence is None else f"{round(confidence * 100)} %",
        "keywords": " · ".join(criterion.keywords),
        "evidence": evidence,
        "long": sum(len(item["quote"]) for item in evidence) > _LONG_CARD,
    }


def _own(card: OwnScorecard, report: Report, texts: Mapping[str, str]) -> dict[str, str]:
    names = {item.criterion_id: item.name for item in report.rubric.criteria}
    marks = [
        f"{names.get(mark.criterion_id, mark.criterion_id)} {mark.score:g}"
        + (f" ({mark.comment})" if mark.comment else "")
        for mark in card.criteria
        if mark.score is not None
    ]
    return {
        "author": card.author_name,
        "recommendation": texts[f"recommendation.{card.recommendation}"],
        "comment": card.comment,
        "marks": "  ·  ".join(marks),
    }


def _differences(report: Report) -> list[dict[str, str]]:
    names = {item.criterion_id: item.name for item in report.scorecard.criteria}
    return [
        {
            "name": names.get(item.criterion_id, item.criterion_id),
            "ai": _figure(item.ai),
            "human": _figure(item.human),
            "delta": "–" if item.delta is None else f"{item.delta:+.1f}".replace("-", "−"),
        }
        for item in report.differences
        if item.human is not None
    ]


def _timeline(report: Report) -> dict[str, Any]:
    entries = [entry for entry in report.timeline if entry.answer_words]
    most = max((entry.answer_words for entry in entries), default=0)
    every = max(1, -(-len(entries) // _TIME_LABELS))
    bars = [
        {
            "share": entry.answer_words / most,
            "quality": entry.answer_quality,
            "time": _clock(entry.at_s) if index % every == 0 else "",
        }
        for index, entry in enumerate(entries)
    ]
    return {
        "bars": bars,
        "segments": _segments(entries, report),
        "scale": f"(0–{most})",
        "judged": any(entry.answer_quality is not None for entry in entries),
    }


def _segments(entries: Sequence[TimelineEntry], report: Report) -> list[dict[str, Any]]:
    """Runs of answers on one focus area, for the strip below the bars."""
    names = {item.criterion_id: item.name for item in report.scorecard.criteria}
    if report.plan is not None:
        names.update({item.competency: item.name for item in report.plan.competencies})
    tints: dict[str, int] = {}
    segments: list[dict[str, Any]] = []
    for index, entry in enumerate(entries):
        tint = tints.setdefault(entry.focus_area, len(tints))
        if segments and segments[-1]["tint"] == tint:
            segments[-1]["to"] = index + 1
        else:
            name = names.get(entry.focus_area, entry.focus_area)
            segments.append({"from": index, "to": index + 1, "tint": tint, "name": name})
    return segments


def _line(utterance: Utterance, report: Report, texts: Mapping[str, str]) -> dict[str, Any]:
    candidate = utterance.speaker == report.scorecard.subject
    known = {CANDIDATE: texts["pdf.candidate"], INTERVIEWER: texts["pdf.interviewer"]}
    return {
        "at": _clock(utterance.start),
        "speaker": known.get(utterance.speaker, utterance.speaker),
        "text": utterance.text,
        "candidate": candidate,
        "disputes": [
            texts["pdf.corrected"].format(heard=dispute.heard) if dispute.correction else texts["pdf.misheard"]
            for dispute in utterance.disputes
        ],
    }


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _clock(seconds: float) -> str:
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds_left:02d}" if hours else f"{minutes:02d}:{seconds_left:02d}"


def _duration(seconds: float, texts: Mapping[str, str]) -> str:
    if seconds < 90:
        return texts["pdf.seconds"].format(seconds=round(seconds))
    return texts["pdf.minutes"].format(minutes=round(seconds / 60))


def _moment(iso: str | None) -> str:
    """A time stamp to the minute: `2026-03-04T05:06:07.000Z` is shown as `2026-03-04 05:06 UTC`."""
    if not iso:
        return "–"
    day, _, clock = iso.partition("T")
    return f"{day} {clock[:5]} UTC" if clock else day
