"""The LLM engine: any OpenAI-compatible endpoint, streamed, with limits on everything that can go wrong."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Final

import msgspec
from openai import APIConnectionError, AsyncOpenAI
from pydantic_ai.direct import model_request_stream
from pydantic_ai.exceptions import AgentRunError, ModelHTTPError, UnexpectedModelBehavior, UserError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    PartDeltaEvent,
    PartStartEvent,
    SystemPromptPart,
    TextPart,
    TextPartDelta,
    UserPromptPart,
)
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings

from vivavoce.domain.interview import Language
from vivavoce.domain.question_bank import QuestionBank
from vivavoce.engines.interviewer.bank import load_bank
from vivavoce.engines.interviewer.contract import EngineUnavailable, ReplyRequest
from vivavoce.engines.interviewer.prompt import PROMPT_VERSION, system_prompt, user_prompt
from vivavoce.engines.interviewer.provider import Account, ModelUse, ProviderQueue
from vivavoce.engines.interviewer.sanity import MOST_CHARACTERS, early_fault, fault

LLM_VERSION: Final = "1"
_RETRIED: Final = frozenset({"unreachable", "rate_limited", "refused"})
#: So many characters are looked at before the candidate sees the first word.
_HELD_BACK: Final[dict[Language, int]] = {"en": 60, "ko": 25, "zh": 20}


class LlmOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where the model is and how long it may take. Prices are per million tokens."""

    base_url: str
    model: str
    api_key: str = "none"
    temperature: float = 0.4
    max_tokens: int = 400
    first_token_timeout_s: float = 8.0
    total_timeout_s: float = 30.0
    tries: int = 3
    backoff_s: float = 0.3
    input_price: float = 0.0
    output_price: float = 0.0


class _Run(msgspec.Struct, kw_only=True):
    """What one reply has taken so far."""

    started: float
    tries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class LlmInterviewer:
    """Words moves with a model. `on_use` hears of every reply's tokens and cost; `account` sums them up.

    The first words are held back until they have passed the checks on language and roles; the whole reply is checked at
    its end. A reply that fails raises EngineUnavailable `bad_output`, after which what was streamed is void.
    """

    name = "llm"
    version = f"{LLM_VERSION}+{PROMPT_VERSION}"

    def __init__(
        self,
        options: LlmOptions,
        *,
        banks: Callable[[Language], QuestionBank] = load_bank,
        queue: ProviderQueue | None = None,
        on_use: Callable[[ModelUse], None] | None = None,
    ) -> None:
        self.model = options.model
        self.account = Account()
        self._options = options
        self._banks = banks
        self._queue = queue or ProviderQueue()
        self._on_use = on_use
        self._client = AsyncOpenAI(
            base_url=options.base_url,
            api_key=options.api_key or "none",
            timeout=options.total_timeout_s,
            max_retries=0,
        )
        self._model = OpenAIChatModel(options.model, provider=OpenAIProvider(openai_client=self._client))

    async def aclose(self) -> None:
        """Close the connections to the endpoint."""
        await self._client.close()

    async def reply(self, request: ReplyRequest) -> AsyncIterator[str]:
        """Yield the reply as the model writes it. Raises EngineUnavailable."""
        run = _Run(started=time.monotonic())
        failed = "abandoned"
        try:
            async with self._queue.slot(), aclosing(self._checked(request, run)) as deltas:
                async for delta in deltas:
                    yield delta
            failed = ""
        except EngineUnavailable as failure:
            failed = failure.reason
            raise
        finally:
            self._book(run, failed)

    def _messages(self, request: ReplyRequest) -> list[ModelMessage]:
        system = SystemPromptPart(system_prompt(request.language, request.config.interview_style))
        user = UserPromptPart(user_prompt(request, self._banks(request.language)))
        return [ModelRequest(parts=[system, user])]

    async def _checked(self, request: ReplyRequest, run: _Run) -> AsyncGenerator[str, None]:
        """Hold the beginning back until it is sound, pass the rest through, check the whole at the end."""
        text, shown = "", 0
        async with aclosing(self._streamed(self._messages(request), run)) as deltas:
            async for delta in deltas:
                text += delta
                if len(text) > MOST_CHARACTERS:
                    raise EngineUnavailable("bad_output", "too long")
                if len(text) >= _HELD_BACK[request.language]:
                    problem = early_fault(text, request.language)
                    if problem:
                        raise EngineUnavailable("bad_output", problem)
                    yield text[shown:] if shown else text.lstrip()
                    shown = len(text)
        earlier = tuple(turn.reply_text for turn in request.turns)
        problem = fault(text, request.language, request.move, earlier)
        if problem:
            raise EngineUnavailable("bad_output", problem)
        if not shown:
            yield text.strip()

    async def _streamed(self, messages: list[ModelMessage], run: _Run) -> AsyncGenerator[str, None]:
        """Ask up to `tries` times until a first token comes; after that a failure is final."""
        for attempt in range(1, self._options.tries + 1):
            run.tries, begun = attempt, False
            try:
                async with aclosing(self._once(messages, run)) as deltas:
                    async for delta in deltas:
                        begun = True
                        yield delta
                return
            except EngineUnavailable as failure:
                if begun or failure.reason not in _RETRIED or attempt == self._options.tries:
                    raise
            await asyncio.sleep(self._options.backoff_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311

    async def _once(self, messages: list[ModelMessage], run: _Run) -> AsyncGenerator[str, None]:
        """One request: text deltas, with a limit for the first and for the whole. Failures become EngineUnavailable."""
        options = self._options
        loop = asyncio.get_running_loop()
        begun = False
        settings = ModelSettings(temperature=options.temperature, max_tokens=options.max_tokens)
        try:
            async with asyncio.timeout(options.first_token_timeout_s) as limit:
                total_at = loop.time() + options.total_timeout_s
                async with model_request_stream(self._model, messages, model_settings=settings) as stream:
                    async for event in stream:
                        delta = _text_of(event)
                        if not delta:
                            continue
                        if not begun:
                            begun = True
                            limit.reschedule(total_at)
                        yield delta
                    response = stream.get()
        except TimeoutError:
            raise EngineUnavailable("timeout", "no answer from the model in time") from None
        except EngineUnavailable:
            raise
        except ModelHTTPError as failure:
            raise _refusal(failure) from failure
        except (AgentRunError, UserError, UnexpectedModelBehavior) as failure:
            nonsense = isinstance(failure, UnexpectedModelBehavior) or isinstance(failure.__cause__, ValueError)
            reason = "bad_output" if nonsense else "unreachable"
            raise EngineUnavailable("broken_off" if begun else reason, _short(failure)) from failure
        except (APIConnectionError, OSError) as failure:
            raise EngineUnavailable("broken_off" if begun else "unreachable", _short(failure)) from failure
        except Exception as failure:
            # The client library parses what the endpoint sends; nonsense shows up as many kinds of errors.
            raise EngineUnavailable("broken_off" if begun else "bad_output", _short(failure)) from failure
        # The library fills in an end where the endpoint sent none; only its own word counts.
        if not (response.provider_details or {}).get("finish_reason"):
            raise EngineUnavailable("broken_off" if begun else "bad_output", "the stream ended without an end")
        run.input_tokens, run.output_tokens = response.usage.input_tokens, response.usage.output_tokens

    def _book(self, run: _Run, failed: str) -> None:
        """Account for a reply; an endpoint that breaks off has not said what it charges, so that is not known."""
        options = self._options
        use = ModelUse(
            model=self.model,
            input_tokens=run.input_tokens,
            output_tokens=run.output_tokens,
            cost=(run.input_tokens * options.input_price + run.output_tokens * options.output_price) / 1e6,
            seconds=time.monotonic() - run.started,
            tries=run.tries,
            failed=failed,
        )
        self.account.add(use)
        if self._on_use is not None:
            self._on_use(use)


def _text_of(event: object) -> str:
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""


def _refusal(failure: ModelHTTPError) -> EngineUnavailable:
    if failure.status_code == 429:
        return EngineUnavailable("rate_limited", "the model's endpoint asks for patience")
    if failure.status_code >= 500:
        return EngineUnavailable("refused", f"HTTP {failure.status_code}")
    return EngineUnavailable("rejected", f"HTTP {failure.status_code}")


def _short(failure: BaseException) -> str:
    """The kind of a failure; its text may hold parts of the prompt and is left out."""
    return type(failure).__name__
