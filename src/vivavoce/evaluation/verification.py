"""Proving a finished report: every score stands on words that were said, at the place it names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from vivavoce.domain.evidence import verify
from vivavoce.domain.scorecard import Evidence, Utterance
from vivavoce.evaluation.panel_report import PanelReport
from vivavoce.evaluation.report import Report, ReportScorecard


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked, and a sentence for everything that does not hold."""

    scores: int
    quotations: int
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.problems


def verify_report(
    report: Report | PanelReport, log: Iterable[Utterance], quotable: Iterable[Utterance] | None = None
) -> Verification:
    """Check every score and quotation of a report, and its transcript, against what the event log says was said.

    `log` are the utterances as the log has them, each with its speaker (a speaker's id in a panel); `quotable` what
    may be quoted of them, where that is something else (a candidate's corrections of what was misheard).
    """
    said = {utterance.utterance_id: utterance for utterance in log}
    words = said if quotable is None else {utterance.utterance_id: utterance for utterance in quotable}
    problems = [
        f"utterance {line.utterance_id} is not what was said"
        for line in report.transcript
        if line.utterance_id not in said or said[line.utterance_id].text != line.text
    ]
    cards: list[tuple[str, ReportScorecard]]
    if isinstance(report, PanelReport):
        cards = [(one.speaker_id, one.scorecard) for one in report.candidates if one.scorecard is not None]
    else:
        cards = [(report.scorecard.subject, report.scorecard)]
    scores = quotations = 0
    for subject, card in cards:
        own = {name: one for name, one in words.items() if one.speaker == subject}
        for criterion in card.criteria:
            where = f"{subject}/{criterion.criterion_id}"
            scores += criterion.score is not None
            quotations += len(criterion.evidence)
            if criterion.score is not None and not criterion.evidence:
                problems.append(f"{where}: a score of {criterion.score} without a quotation")
            problems += [f"{where}: {problem}" for problem in _evidence_problems(criterion.evidence, words, own)]
    return Verification(scores=scores, quotations=quotations, problems=tuple(problems))


def _evidence_problems(
    evidence: Iterable[Evidence], said: Mapping[str, Utterance], own: Mapping[str, Utterance]
) -> list[str]:
    problems: list[str] = []
    for one in evidence:
        if one.utterance_id not in said:
            problems.append(f"there is no utterance {one.utterance_id}")
        elif one.utterance_id not in own:
            problems.append(f"utterance {one.utterance_id} is somebody else's, or not surely theirs")
        elif verify(one, [own[one.utterance_id]]) != one:
            problems.append(f"the quotation from {one.utterance_id} is not at [{one.start}, {one.end})")
    return problems
