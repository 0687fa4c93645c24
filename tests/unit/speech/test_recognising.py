"""Which words of an utterance are still to be recognised."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from vivavoce.speech.endpointing import Ended
from vivavoce.speech.recognising import Spending, Utterance


def segment(start: int, end: int, *, known: bool) -> Any:
    return SimpleNamespace(key=(start, end), work=SimpleNamespace(result="words" if known else None))


def test_words_are_awaited_until_what_holds_them_is_recognised() -> None:
    utterance = Utterance(1, 0.0)
    assert utterance.awaits(0, 50)
    utterance.segments.append(segment(0, 60, known=False))
    assert utterance.awaits(0, 50)
    utterance.segments[0] = segment(0, 60, known=True)
    assert not utterance.awaits(0, 50)
    assert utterance.awaits(60, 90)
    utterance.guess = segment(60, 95, known=True)
    assert not utterance.awaits(60, 90)
    # Who went on after a pause said more than was recognised of it there.
    assert utterance.awaits(60, 120)


def test_second_opinions_are_for_what_makes_no_sense_once_a_stream_has_cost_its_share() -> None:
    spending = Spending(at_once_s=6.0, share=0.1)
    spending.pay(6.0)
    assert spending.quality(0.0) == "final"
    spending.pay(3.0)
    assert spending.quality(20.0) == "quick"
    # Time in which less was said pays for what is hard later.
    assert spending.quality(40.0) == "final"


def test_words_of_whoever_spoke_next_are_not_its_own() -> None:
    utterance = Utterance(1, 0.0)
    utterance.ended = Ended(0, 40, 0, 0)
    assert utterance.awaits(0, 40)
    assert not utterance.awaits(0, 50)
