"""Every grader of free text, as a fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contracts.evaluator.model_server import serving
from tests.contracts.grader.model_server import marking
from vivavoce.engines.grader.contract import Grader
from vivavoce.engines.grader.llm import LlmGrader
from vivavoce.engines.grader.rubric import RubricGrader
from vivavoce.engines.structured_model import LlmOptions


@pytest.fixture(
    params=[
        "rubric",
        pytest.param("learning", marks=pytest.mark.slow),
        pytest.param("llm", marks=pytest.mark.slow),
    ]
)
async def grader(request: pytest.FixtureRequest) -> AsyncIterator[Grader]:
    if request.param == "rubric":
        yield RubricGrader()
    elif request.param == "learning":
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")
        from vivavoce.engines.grader.learning.grader import LearningGrader

        yield LearningGrader()
    else:
        async with serving(marking) as server:
            engine = LlmGrader(LlmOptions(base_url=server.base_url, model="m", backoff_s=0.01))
            yield engine
            await engine.aclose()
