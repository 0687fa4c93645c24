"""The keys of an identity provider, fetched from its JWKS URL and remembered."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

import httpx
import jwt

from vivavoce.domain.errors import VivavoceError
from vivavoce.ports import Clock

_LOG: Final = logging.getLogger(__name__)
_FRESH_S: Final = 3600.0
#: An unknown key id makes us look again, but nobody can make us look more often than this.
_LEAST_PAUSE_S: Final = 30.0
_TIMEOUT_S: Final = 5.0
_SIZE_LIMIT: Final = 512 * 1024


class JwksKeys:
    """SigningKeys from a URL. While the provider is away, remembered keys stay good."""

    def __init__(self, url: str, clock: Clock, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._clock = clock
        self._transport = transport
        self._keys: dict[str, Any] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._gate = asyncio.Lock()

    async def key(self, key_id: str | None) -> Any | None:
        """The key of a `kid`; without one, the only key there is."""
        if not self._is_fresh() or (key_id is not None and key_id not in self._keys):
            await self._look_again()
        if self._fetched_at is None:
            raise VivavoceError("unavailable", "the identity provider's keys cannot be had", reason="unavailable")
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _is_fresh(self) -> bool:
        return self._fetched_at is not None and self._clock.monotonic() - self._fetched_at < _FRESH_S

    async def _look_again(self) -> None:
        """Fetch, unless somebody did so just now; those who wait meanwhile share one fetch."""
        async with self._gate:
            now = self._clock.monotonic()
            if self._tried_at is not None and now - self._tried_at < _LEAST_PAUSE_S:
                return
            self._tried_at = now
            try:
                self._keys = _rsa_keys(await self._fetch())
                self._fetched_at = now
            except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
                _LOG.warning("the keys of the identity provider could not be fetched: %s", type(error).__name__)

    async def _fetch(self) -> Any:
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT_S, transport=self._transport) as client,
            client.stream("GET", self._url, headers={"Accept": "application/json"}) as response,
        ):
            response.raise_for_status()
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _SIZE_LIMIT:
                    raise ValueError("the key set is too large")
        return httpx.Response(200, content=bytes(body)).json()


def _rsa_keys(document: Any) -> dict[str, Any]:
    """The RSA signing keys of a key set by their ids. Raises ValueError when it is no key set."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a key set")
    keys: dict[str, Any] = {}
    for place, entry in enumerate(document["keys"]):
        if isinstance(entry, dict) and entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig":
            keys[str(entry.get("kid", f"#{place}"))] = jwt.PyJWK(entry, algorithm="RS256").key
    return keys
