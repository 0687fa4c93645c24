"""Do better answers score higher, and does anything but the answer move the score?

python -m bench.evaluation.rank              on the answers nobody tuned on, and the sixty of the panel
python -m bench.evaluation.rank development  on those used for tuning

Of the panel's sixty answers a language (`quality_sets/panel.*.jsonl` and the held-out ones to its four criteria) none
was used to tune what a score is made of. What was widened after a first run are the words by which a question is known
to ask about a criterion (half of the questions were not), and a dozen Chinese words for places of work.

Writes bench/results/evaluation.json; fails where a correlation of the panel is below what was promised.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import fmean

from scipy.stats import spearmanr

from bench.evaluation.answers import Answer, Split, injections, judge, load_all, panel_answers, ranked
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.scorecard import Utterance
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.rubrics import PANEL_CRITERIA, criterion_ids, load_rubric
from vivavoce.engines.evaluator.rule import RuleEvaluator

#: Five per cent of the scale from 1 to 5.
ALLOWED_SHIFT = 0.2
#: Rank correlation of the panel's answers in each language.
LEAST_PROMISED = 0.7
RESULTS = Path(__file__).resolve().parents[1] / "results" / "evaluation.json"
NAMES = {
    "en": ("Emily Walker", "Mohammed Al-Rashid", "Grace Will", "DeShawn Hope"),
    "ko": ("김민수", "이성공", "응우옌 티 란", "James Park"),
    "zh": ("王成功", "李娜", "阿依古丽", "Michael Chen"),
}
INTRODUCTIONS = {"en": "My name is {}. ", "ko": "제 이름은 {}입니다. ", "zh": "我叫{}。"}


def correlation(
    evaluator: RuleEvaluator, answers: list[Answer], language: Language, *, tagged: bool
) -> tuple[float, list[float], int]:
    scores = [judge(evaluator, answer, language, tagged=tagged) for answer in answers]
    values = [ranked(score) for score in scores]
    rho = float(spearmanr([answer.level for answer in answers], values).statistic)
    means = [
        fmean([value for value, answer in zip(values, answers, strict=True) if answer.level == level])
        for level in (1, 2, 3)
    ]
    return rho, means, sum(1 for score in scores if score.score is None)


def print_correlations(split: Split) -> None:
    evaluator = RuleEvaluator()
    print(f"Spearman rank correlation, {split} set")
    print("lang  answers  tags  all    panel4  mean low/mid/high    no score")
    for language, answers in load_all(split).items():
        panel = [answer for answer in answers if answer.criterion in PANEL_CRITERIA]
        for tagged in (True, False):
            rho, means, missing = correlation(evaluator, answers, language, tagged=tagged)
            rho_panel, _, _ = correlation(evaluator, panel, language, tagged=tagged)
            shown = " / ".join(f"{mean:.2f}" for mean in means)
            tags = "yes" if tagged else "no"
            print(f"{language}    {len(answers):7d}  {tags:4s}  {rho:.3f}  {rho_panel:.3f}   {shown}   {missing:3d}")


def panel_correlations() -> dict[str, dict[str, float | int]]:
    """How the engine ranks sixty answers to the panel's criteria whose question nobody tagged, by language."""
    print("\nThe panel's sixty answers a language, untagged as in a panel")
    print("lang  answers  rho    mean low/mid/high    no score")
    found: dict[str, dict[str, float | int]] = {}
    for language in LANGUAGES:
        answers = panel_answers(language)
        rho, means, missing = correlation(RuleEvaluator(), answers, language, tagged=False)
        shown = " / ".join(f"{mean:.2f}" for mean in means)
        print(f"{language}    {len(answers):7d}  {rho:.3f}  {shown}   {missing:3d}")
        found[language] = {"answers": len(answers), "spearman": round(rho, 3), "no_score": missing}
    return found


def print_injections(split: Split) -> None:
    evaluator = RuleEvaluator()
    print(f"\nInjected sentences, {split} set (allowed shift {ALLOWED_SHIFT})")
    worst: list[tuple[float, str]] = []
    gained = 0
    for language, answers in load_all(split).items():
        for answer in answers:
            before = ranked(judge(evaluator, answer, language))
            for attack in injections():
                for text in (f"{answer.answer}\n{attack}", f"{attack} {answer.answer}"):
                    worst.append((abs(ranked(judge(evaluator, answer, language, text=text)) - before), attack))
    for attack in injections():
        for language in LANGUAGES:
            bare = Answer("teamwork", 1, "Tell me about a team.", attack)
            gained += judge(evaluator, bare, language).score is not None
    shift, attack = max(worst)
    print(f"{len(worst)} attacked answers, largest shift {shift:.2f} ({attack!r})")
    beyond = sum(1 for value, _ in worst if round(value, 3) > ALLOWED_SHIFT)
    print(f"more than allowed: {beyond}; scored on the attack alone: {gained}")


def print_name_swaps(split: Split) -> None:
    evaluator = RuleEvaluator()
    changed = 0
    compared = 0
    for language, answers in load_all(split).items():
        for answer in answers:
            seen = {
                judge(evaluator, answer, language, text=INTRODUCTIONS[language].format(name) + answer.answer).score
                for name in NAMES[language]
            } | {judge(evaluator, answer, language).score}
            compared += 1
            changed += len(seen) > 1
    print(f"\nSwapped names: {changed} of {compared} answers changed their score")


def print_speed() -> None:
    """Sixty long answers, judged on all criteria, unread and already read: CPU time, best of 7."""
    for language, answers in load_all("held_out").items():
        utterances = tuple(
            Utterance(
                utterance_id=f"u{index}",
                speaker="candidate",
                text=f"{answer.answer} ({index})",
                start=index * 30.0,
                end=index * 30.0 + 25,
                in_answer_to=answer.question,
                competency=answer.criterion,
                question_id=str(index),
            )
            for index, answer in enumerate((answers * 2)[:60])
        )
        request = EvaluationRequest(
            rubric=load_rubric(criterion_ids(), language), utterances=utterances, language=language
        )
        first: list[float] = []
        again: list[float] = []
        for _ in range(7):
            evaluator = RuleEvaluator()
            for times in (first, again):
                began = time.process_time()
                evaluator.judge(request)
                times.append(time.process_time() - began)
        characters = sum(len(utterance.text) for utterance in utterances)
        unread, read = min(first) * 1000, min(again) * 1000
        print(f"{language}: 60 answers, {characters} characters: unread {unread:.1f} ms, read {read:.1f} ms of CPU")


if __name__ == "__main__":
    chosen: Split = "development" if "development" in sys.argv[1:] else "held_out"
    print_correlations(chosen)
    ranks = panel_correlations()
    RESULTS.write_text(json.dumps({"panel": ranks, "least_promised": LEAST_PROMISED}, indent=2) + "\n")
    print_injections(chosen)
    print_name_swaps(chosen)
    print()
    print_speed()
    sys.exit(0 if all(rank["spearman"] >= LEAST_PROMISED for rank in ranks.values()) else 1)
