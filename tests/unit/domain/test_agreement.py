"""Agreement statistics, against scikit-learn and worked examples."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.domain.agreement import (
    PairSums,
    RaterMark,
    agreement_matrix,
    differences,
    drift,
    human_ceiling,
    intraclass_correlation,
    krippendorff_alpha,
    pair_sums,
    quadratic_weighted_kappa,
    severities,
)

Pairs = list[tuple[int, int]]
_PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=40)


@given(_PAIRS)
def test_sums_of_two_parts_add_up_to_the_sums_of_the_whole(pairs: Pairs) -> None:
    middle = len(pairs) // 2
    assert pair_sums(pairs[:middle]) + pair_sums(pairs[middle:]) == pair_sums(pairs)


@given(_PAIRS)
def test_kappa_is_symmetric_and_at_most_one(pairs: Pairs) -> None:
    kappa = quadratic_weighted_kappa(pairs)
    other = quadratic_weighted_kappa([(second, first) for first, second in pairs])
    if kappa is None:
        assert other is None
    else:
        assert kappa <= 1.0 + 1e-9
        assert kappa == pytest.approx(other)


@pytest.mark.slow
def test_kappa_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    generator = random.Random(4)
    for _ in range(50):
        truth = [generator.randint(0, 10) for _ in range(60)]
        given_marks = [max(0, min(10, mark + generator.randint(-3, 2))) for mark in truth]
        expected = metrics.cohen_kappa_score(truth, given_marks, weights="quadratic", labels=list(range(11)))
        assert quadratic_weighted_kappa(zip(truth, given_marks, strict=True)) == pytest.approx(expected, abs=1e-12)


def test_kappa_weighs_marks_by_their_own_distances() -> None:
    whole = quadratic_weighted_kappa([(0, 0), (5, 10), (10, 10), (0, 5)])
    halved = quadratic_weighted_kappa([(0, 0), (0.5, 1), (1, 1), (0, 0.5)])
    assert whole == pytest.approx(halved)


def test_without_pairs_or_variation_there_is_no_figure() -> None:
    assert PairSums().qwk is None
    assert PairSums().exact_agreement is None
    assert PairSums().adjacent_agreement is None
    assert PairSums().bias is None
    assert quadratic_weighted_kappa([(3, 3), (3, 3)]) is None
    assert pair_sums([(3, 3), (3, 4)]).correlation is None


def test_exact_and_adjacent_agreement_bias_and_correlation() -> None:
    sums = pair_sums([(1, 1), (2, 3), (3, 5), (4, 4)], tolerance=1)
    assert sums.exact_agreement == 0.5
    assert sums.adjacent_agreement == 0.75
    assert sums.bias == 0.75
    assert sums.correlation == pytest.approx(0.8315, abs=1e-4)


def test_alpha_of_the_published_example() -> None:
    raters: list[list[float | None]] = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    units = list(zip(*raters, strict=True))
    assert krippendorff_alpha(units, metric="nominal") == pytest.approx(0.743, abs=0.001)
    assert krippendorff_alpha(units, metric="ordinal") == pytest.approx(0.815, abs=0.001)
    assert krippendorff_alpha(units, metric="interval") == pytest.approx(0.849, abs=0.001)


def test_alpha_needs_two_marks_that_differ_somewhere() -> None:
    assert krippendorff_alpha([(1, None), (None, 2)]) is None
    assert krippendorff_alpha([(2, 2), (2, 2)]) is None
    assert krippendorff_alpha([(1, 1), (2, 2)]) == 1.0


def test_icc_of_the_published_example() -> None:
    table = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
    assert intraclass_correlation(table) == pytest.approx(0.290, abs=0.001)


def test_icc_needs_a_full_table() -> None:
    assert intraclass_correlation([(1, 2)]) is None
    assert intraclass_correlation([(3, 3), (3, 3)]) is None
    with pytest.raises(ValueError, match="every rater"):
        intraclass_correlation([(1, 2), (1,)])


def _marks(severe_from: int) -> list[RaterMark]:
    generator = random.Random(1)
    marks = []
    for index in range(100):
        fair = generator.randint(3, 9)
        harsh = fair + generator.choice((0, 0, 1, -1)) - (2 if index >= severe_from else 0)
        marks.append(RaterMark(rater="anna", response_id=str(index), points=fair, scale=10))
        marks.append(RaterMark(rater="ben", response_id=str(index), points=harsh, scale=10))
    return marks


def test_severity_is_the_difference_from_the_others_in_shares_of_the_scale() -> None:
    found = severities(_marks(severe_from=0))
    assert found["ben"].difference == pytest.approx(-0.2, abs=0.03)
    assert found["anna"].difference == pytest.approx(-found["ben"].difference)
    error = found["ben"].error
    assert error is not None and 0 < error < 0.01


def test_a_rater_nobody_can_be_compared_with_has_no_severity() -> None:
    assert severities([RaterMark(rater="anna", response_id="1", points=3)]) == {}


def test_drift_is_seen_when_it_comes_and_not_before() -> None:
    steady = drift(differences(_marks(severe_from=200))["ben"])
    drifting = drift(differences(_marks(severe_from=80))["ben"])
    assert steady is not None and abs(steady.z) < 3
    assert drifting is not None and drifting.z < -6
    assert drifting.change == pytest.approx(-0.2, abs=0.05)
    assert drift([0.0] * 39) is None


def test_who_comes_back_to_the_others_drifts_no_more_and_old_marks_are_forgotten() -> None:
    left = drift([0.0] * 25 + [-0.8] * 10, window=10)
    assert left is not None and left.away == pytest.approx(-0.8)
    back = drift([0.0] * 25 + [-0.8] * 8 + [0.0] * 10, window=10)
    assert back is not None and back.change > 0.15 and back.away == 0
    over = drift([0.0] * 25 + [-0.5] * 20 + [0.2] * 10, window=10)
    assert over is not None and over.away == pytest.approx(0.2)
    fairer = drift([-0.5] * 20 + [-0.3] * 10, window=10)
    assert fairer is not None and fairer.change > 0 and fairer.away == 0
    recent = drift([0.9] * 100 + [0.0] * 20 + [0.3] * 10, window=10, baseline=20)
    assert recent is not None and (recent.before, recent.away) == (0, pytest.approx(0.3))


def test_a_constant_rater_who_changes_drifts_beyond_doubt() -> None:
    found = drift([0.0] * 20 + [0.1] * 20)
    assert found is not None and found.z > 1e6
    still = drift([0.0] * 40)
    assert still is not None and still.z == 0


def test_the_matrix_has_every_two_raters_who_met() -> None:
    marks = [RaterMark(rater=rater, response_id=str(index), points=index % 3) for index in range(6) for rater in "ab"]
    marks.append(RaterMark(rater="c", response_id="0", points=0))
    matrix = agreement_matrix(marks)
    assert matrix["a", "b"].qwk == 1.0
    assert set(matrix) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert matrix["a", "c"].count == 1


def test_the_ceiling_is_what_people_reach_among_themselves() -> None:
    ceiling = human_ceiling([(1, 1), (2, 3), (5, 5), (9, 7)])
    assert (ceiling.count, ceiling.exact, ceiling.adjacent) == (4, 0.5, 0.75)
    assert ceiling.qwk == pytest.approx(quadratic_weighted_kappa([(1, 1), (2, 3), (5, 5), (9, 7)]))
