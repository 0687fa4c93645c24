"""A model behind any OpenAI-compatible endpoint, held to a JSON schema and asked again when it talks nonsense."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, Final, TypeVar

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

AGAIN: Final = """\
That answer could not be used: {problem}.
Answer again with the whole JSON object and nothing else, following the rules."""

T = TypeVar("T")


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


class UnusableAnswer(Exception):
    """The model answered, but not with what was asked for; the text says what is wrong, for the model to read."""


class StructuredModel:
    """Asks for one JSON object, up to `tries` times.

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
        return self._options.model

    async def aclose(self) -> None:
        """Close the connections to the endpoint."""
        await self._client.close()

    async def ask(
        self, system: str, user: str, read: Callable[[bytes], T], *, schema: dict[str, Any], schema_name: str
    ) -> T:
        """What `read` makes of the JSON object in the model's answer; for one that will not do it raises
        UnusableAnswer or msgspec's errors.

        Raises VivavoceError `unavailable` when no usable answer was to be had.
        """
        try:
            async with asyncio.timeout(self._options.total_timeout_s), self._slots:
                return await self._tried(system, user, read, _output(schema, schema_name))
        except TimeoutError:
            self.usage.failures += 1
            raise VivavoceError("unavailable", "the model did not answer in time") from None
        except VivavoceError:
            self.usage.failures += 1
            raise

    async def _tried(self, system: str, user: str, read: Callable[[bytes], T], output: OutputObjectDefinition) -> T:
        messages: list[ModelMessage] = [ModelRequest(parts=[SystemPromptPart(system), UserPromptPart(user)])]
        problem = "no answer"
        for attempt in range(1, self._options.tries + 1):
            try:
                response = await self._once(messages, output)
                return _read(response, read)
            except UnusableAnswer as unusable:
                problem = f"the model's answer could not be used: {unusable}"
                again = AGAIN.format(problem=unusable)
                messages = [*messages, response, ModelRequest(parts=[UserPromptPart(again)])]
            except VivavoceError as failure:
                problem = failure.details
                if not failure.info.get("again", True):
                    break
            if attempt < self._options.tries:
                await asyncio.sleep(self._options.backoff_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311
        raise VivavoceError("unavailable", problem)

    async def _once(self, messages: list[ModelMessage], output: OutputObjectDefinition) -> ModelResponse:
        """One request. Raises VivavoceError `unavailable`; `info.again` is False where another try cannot help."""
        self.usage.requests += 1
        settings = ModelSettings(temperature=self._options.temperature, max_tokens=self._options.max_tokens)
        parameters = (
            ModelRequestParameters(output_mode="native", output_object=output)
            if self._schema_known
            else ModelRequestParameters()
        )
        try:
            async with asyncio.timeout(self._options.timeout_s):
                response = await model_request(
                    self._model, messages, model_settings=settings, model_request_parameters=parameters
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

    def _refused(self, failure: ModelHTTPError) -> VivavoceError:
        refused_schema = failure.status_code in (400, 404, 422) and self._schema_known
        if refused_schema:
            self._schema_known = False
        again = refused_schema or failure.status_code in (408, 409, 425, 429) or failure.status_code >= 500
        return VivavoceError("unavailable", f"the model refused: HTTP {failure.status_code}", info={"again": again})


def _output(schema: dict[str, Any], name: str) -> OutputObjectDefinition:
    return OutputObjectDefinition(json_schema=schema, name=name)


def _read(response: ModelResponse, read: Callable[[bytes], T]) -> T:
    """The JSON object within the model's answer, read. Raises UnusableAnswer."""
    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end <= begin:
        raise UnusableAnswer("it holds no JSON object")
    try:
        return read(text[begin : end + 1].encode())
    except msgspec.ValidationError as error:
        raise UnusableAnswer(f"the JSON does not fit: {error}") from error
    except msgspec.DecodeError as error:
        raise UnusableAnswer("it is not valid JSON") from error
