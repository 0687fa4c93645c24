"""The evaluator with a model: any OpenAI-compatible endpoint, held to a schema, its evidence verified."""

from __future__ import annotations

import asyncio
import random
import re
from typing import Final

import msgspec
from openai import APIConnectionError, AsyncOpenAI
from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import AgentRunError, ModelHTTPError, UserError
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.evidence import level_of, locked
from vivavoce.domain.scorecard import Criterion, CriterionScore, EngineStamp, Evidence, Scorecard
from vivavoce.engines.evaluator import wording
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.prompt import (
    PROMPT_VERSION,
    JudgedCriterion,
    Judgement,
    again_prompt,
    schema,
    system_prompt,
    user_prompt,
)

NAME: Final = "llm"
VERSION: Final = "1.0.0"
_RATIONALE_LIMIT: Final = 600
_FEEDBACK_LIMIT: Final = 240
_KEYWORDS: Final = 8
_QUOTES: Final = 3
#: A model is never believed to be surer than this.
_SUREST: Final = 0.95
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class LlmOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where the model is, and how long one try and all tries may take together."""

    base_url: str
    model: str
    api_key: str = "none"
    temperature: float = 0.0
    max_tokens: int = 4_000
    timeout_s: float = 60.0
    total_timeout_s: float = 150.0
    tries: int = 3
    backoff_s: float = 0.5


class Usage(msgspec.Struct, kw_only=True):
    """Running totals since the process started."""

    requests: int = 0
    failures: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class _Unusable(Exception):
    """The model answered, but not with a judgement; the text says what is wrong, for the model to read."""


class LlmEvaluator:
    """Asks a model, up to three times, and believes of its answer only what the transcript bears out.

    At most `concurrent` requests run at once. An endpoint that refuses a schema is asked without one from then on.
    """

    def __init__(self, options: LlmOptions, *, concurrent: int = 4) -> None:
        self.usage = Usage()
        self._options = options
        self._slots = asyncio.Semaphore(concurrent)
        self._schema_known = True
        self._client = AsyncOpenAI(
            base_url=options.base_url, api_key=options.api_key or "none", timeout=options.timeout_s, max_retries=0
        )
        self._model = OpenAIChatModel(options.model, provider=OpenAIProvider(openai_client=self._client))

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return VERSION

    @property
    def model(self) -> str:
        return self._options.model

    async def aclose(self) -> None:
        """Close the connections to the endpoint."""
        await self._client.close()

    async def evaluate(self, request: EvaluationRequest) -> Scorecard:
        if self._nothing_new(request):
            assert request.previous is not None
            return request.previous
        if not any(item.speaker == request.subject and item.text.strip() for item in request.utterances):
            return self._scorecard(request, Judgement(()))
        try:
            async with asyncio.timeout(self._options.total_timeout_s), self._slots:
                judgement = await self._ask(request)
        except TimeoutError:
            self.usage.failures += 1
            raise VivavoceError("unavailable", "the model did not answer in time") from None
        except VivavoceError:
            self.usage.failures += 1
            raise
        return self._scorecard(request, judgement)

    def _nothing_new(self, request: EvaluationRequest) -> bool:
        """Whether the earlier scorecard already covers every word of the subject, judged the same way."""
        previous = request.previous
        if previous is None or previous.produced_by != self._stamp(request):
            return False
        seen = set(request.seen)
        return all(item.utterance_id in seen for item in request.utterances if item.speaker == request.subject)

    async def _ask(self, request: EvaluationRequest) -> Judgement:
        messages: list[ModelMessage] = [
            ModelRequest(parts=[SystemPromptPart(system_prompt(request)), UserPromptPart(user_prompt(request))])
        ]
        problem = "no answer"
        for attempt in range(1, self._options.tries + 1):
            try:
                response = await self._once(messages)
                return _judgement(response, request)
            except _Unusable as unusable:
                problem = f"the model's answer could not be used: {unusable}"
                messages = [*messages, response, ModelRequest(parts=[UserPromptPart(again_prompt(str(unusable)))])]
            except VivavoceError as failure:
                problem = failure.details
                if not failure.info.get("again", True):
                    break
            if attempt < self._options.tries:
                await asyncio.sleep(self._options.backoff_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311
        raise VivavoceError("unavailable", problem)

    async def _once(self, messages: list[ModelMessage]) -> ModelResponse:
        """One request. Raises VivavoceError `unavailable`; `info.again` is False where another try cannot help."""
        self.usage.requests += 1
        settings = ModelSettings(temperature=self._options.temperature, max_tokens=self._options.max_tokens)
        try:
            async with asyncio.timeout(self._options.timeout_s):
                response = await model_request(
                    self._model, messages, model_settings=settings, model_request_parameters=self._parameters()
                )
        except TimeoutError:
            raise VivavoceError("unavailable", "the model did not answer in time") from None
        except ModelHTTPError as failure:
            raise self._refused(failure) from failure
        except (APIConnectionError, OSError) as failure:
            raise VivavoceError("unavailable", f"the model cannot be reached ({type(failure).__name__})") from failure
        except (AgentRunError, UserError) as failure:
            raise VivavoceError("unavailable", f"the model broke off ({type(failure).__name__})") from failure
        except Exception as failure:
            # The client library parses what the endpoint sends; nonsense shows up as many kinds of errors.
            raise VivavoceError("unavailable", f"the model sent nonsense ({type(failure).__name__})") from failure
        self.usage.input_tokens += response.usage.input_tokens
        self.usage.output_tokens += response.usage.output_tokens
        return response

    def _parameters(self) -> ModelRequestParameters:
        if not self._schema_known:
            return ModelRequestParameters()
        definition = OutputObjectDefinition(json_schema=schema(), name="judgement")
        return ModelRequestParameters(output_mode="native", output_object=definition)

    def _refused(self, failure: ModelHTTPError) -> VivavoceError:
        refused_schema = failure.status_code in (400, 404, 422) and self._schema_known
        if refused_schema:
            self._schema_known = False
        again = refused_schema or failure.status_code in (408, 409, 425, 429) or failure.status_code >= 500
        return VivavoceError("unavailable", f"the model refused: HTTP {failure.status_code}", info={"again": again})

    def _stamp(self, request: EvaluationRequest) -> EngineStamp:
        return EngineStamp(
            engine=NAME,
            version=VERSION,
            model=self._options.model,
            prompt_version=PROMPT_VERSION,
            rubric_id=request.rubric.rubric_id,
            rubric_version=request.rubric.version,
        )

    def _scorecard(self, request: EvaluationRequest, judgement: Judgement) -> Scorecard:
        judged = {item.criterion_id: item for item in judgement.criteria}
        scorecard = Scorecard(
            subject=request.subject,
            language=request.language,
            criteria=tuple(
                _criterion_score(criterion, judged.get(criterion.criterion_id)) for criterion in request.rubric.criteria
            ),
            overall=None,
            strengths=(),
            gaps=(),
            produced_by=self._stamp(request),
        )
        weights = {criterion.criterion_id: criterion.weight for criterion in request.rubric.criteria}
        verified = locked(scorecard, request.utterances, weights=weights)
        criteria = tuple(
            _completed(before, after, request)
            for before, after in zip(scorecard.criteria, verified.criteria, strict=True)
        )
        strengths, gaps = wording.strengths_and_gaps(criteria, request.language)
        return msgspec.structs.replace(verified, criteria=criteria, strengths=strengths, gaps=gaps)


def _judgement(response: ModelResponse, request: EvaluationRequest) -> Judgement:
    """The model's answer, if it is one. Raises _Unusable."""
    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end <= begin:
        raise _Unusable("it holds no JSON object")
    try:
        judgement = msgspec.json.decode(text[begin : end + 1], type=Judgement)
    except msgspec.ValidationError as error:
        raise _Unusable(f"the JSON does not fit: {error}") from error
    except msgspec.DecodeError as error:
        raise _Unusable("it is not valid JSON") from error
    asked = [criterion.criterion_id for criterion in request.rubric.criteria]
    answered = [item.criterion_id for item in judgement.criteria]
    missing = [criterion_id for criterion_id in asked if answered.count(criterion_id) != 1]
    if missing:
        raise _Unusable(f"there must be exactly one entry for each criterion; look at {', '.join(missing)}")
    return judgement


def _criterion_score(criterion: Criterion, judged: JudgedCriterion | None) -> CriterionScore:
    score = None if judged is None or judged.score is None else round(judged.score, 1)
    level = None if score is None else level_of(score)
    evidence = () if judged is None or score is None else judged.evidence
    return CriterionScore(
        criterion_id=criterion.criterion_id,
        name=criterion.name,
        verdict="insufficient_evidence" if score is None else "scored",
        score=score,
        level=level,
        anchor=next((item.anchor for item in criterion.levels if item.level == level), ""),
        confidence=0.0 if judged is None else round(min(judged.confidence, _SUREST), 2),
        rationale="" if judged is None else _clean(judged.rationale, _RATIONALE_LIMIT),
        feedback="" if judged is None else _clean(judged.feedback, _FEEDBACK_LIMIT),
        keywords=() if judged is None else tuple(_clean(word, 40) for word in judged.keywords[:_KEYWORDS]),
        # The span is found by the verification; a model cannot count characters.
        evidence=tuple(
            Evidence(utterance_id=item.utterance_id, quote=item.quote, start=-1, end=-1) for item in evidence[:_QUOTES]
        ),
    )


def _completed(before: CriterionScore, after: CriterionScore, request: EvaluationRequest) -> CriterionScore:
    if after.score is None:
        rationale, feedback = wording.insufficient(request.language)
        return msgspec.structs.replace(after, rationale=rationale, feedback=feedback, keywords=(), evidence=())
    # Quotations that did not hold make the rest less sure.
    share = len(after.evidence) / max(1, len(before.evidence))
    said = "\n".join(item.text for item in request.utterances if item.speaker == request.subject).lower()
    keywords = tuple(word for word in after.keywords if word and word.lower() in said)
    return msgspec.structs.replace(after, confidence=round(after.confidence * share, 2), keywords=keywords)


def _clean(text: str, limit: int) -> str:
    return _CONTROL.sub(" ", text).strip()[:limit]
