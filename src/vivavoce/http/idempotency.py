"""`Idempotency-Key`: a request sent twice happens once, and both get the same answer (SPEC.md 0.3), also after a
restart. Stored answers are sealed, since they may hold an invitation's token or a CV, and forgotten after a day."""

from __future__ import annotations

import hashlib
import hmac
import os
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request, Response

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import conflict, invalid
from vivavoce.http.services import Services
from vivavoce.ports import StoredAnswer

_KEY_LIMIT: Final = 200
#: Whoever gave no answer for that long has died; the request may be carried out again.
_ABANDONED_MS: Final = 2 * 60 * 1000
_NONCE: Final = 12
#: Work that goes on: a repetition asks again how far it is.
_ACCEPTED: Final = 202

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def idempotent(endpoint: _Endpoint) -> _Endpoint:
    """Mark an endpoint whose requests may carry an Idempotency-Key."""
    endpoint.__dict__["idempotent"] = True
    return endpoint


class Once(msgspec.Struct, frozen=True):
    """What stands for a request with a key: the same request has the same `client_id` and `new_id`, so that even one
    that was interrupted between its effect and its answer happens once."""

    client_id: str
    new_id: str


def of(request: Request) -> Once | None:
    """The request's, None when it carries no key."""
    return getattr(request.state, "once", None)


async def once(services: Services, identity: Identity, request: Request, key: str, handler: _Handler) -> Response:
    """Answer from the store, or carry the request out and store its answer. Refusals are not stored: the key is free
    again. Raises conflict for another request under the same key, or while the first is under way."""
    if not 0 < len(key) <= _KEY_LIMIT or not key.isprintable():
        raise invalid(f"Idempotency-Key is 1 to {_KEY_LIMIT} printable characters", field="Idempotency-Key")
    scope = f"{identity.user_id} {request.method} {request.url.path}"
    fingerprint = hashlib.sha256(await request.body()).hexdigest()
    keys, now = services.idempotency, services.clock.now_ms()
    hashed = hashlib.sha256(key.encode()).hexdigest()
    known = await keys.begin(scope, hashed, fingerprint, now, _ABANDONED_MS)
    cipher = AESGCM(hmac.digest(services.keyring.derive("idempotency"), f"{scope} {key}".encode(), "sha256"))
    if known is not None:
        if not hmac.compare_digest(known.fingerprint, fingerprint):
            raise conflict("this key was used for another request", reason="idempotency_conflict")
        repeated = _opened(cipher, known) if known.status else None
        if repeated is None:
            raise conflict("the first request is still under way", reason="idempotency_running", retry_after=1)
        return repeated
    request.state.once = _stand_in(scope, key, fingerprint)
    try:
        response = await handler(request)
    except BaseException:
        await keys.release(scope, hashed)
        raise
    if response.status_code == _ACCEPTED or response.status_code >= 300:
        await keys.release(scope, hashed)
        return response
    nonce = os.urandom(_NONCE)
    sealed = nonce + cipher.encrypt(nonce, bytes(response.body), None)
    answer = StoredAnswer(fingerprint=fingerprint, status=response.status_code, body=sealed, at=now)
    await keys.finish(scope, hashed, answer)
    return response


def _stand_in(scope: str, key: str, fingerprint: str) -> Once:
    digest = hashlib.sha256("\0".join((scope, key, fingerprint)).encode()).digest()
    return Once(client_id=f"http:{digest.hex()[:48]}", new_id=str(uuid.UUID(bytes=digest[:16], version=4)))


def _opened(cipher: AESGCM, answer: StoredAnswer) -> Response | None:
    """None when the secret was changed since: the answer is lost, but nothing happens twice."""
    try:
        body = cipher.decrypt(answer.body[:_NONCE], answer.body[_NONCE:], None)
    except (InvalidTag, ValueError):
        return None
    headers = {"Idempotent-Replayed": "true"}
    return Response(body, status_code=answer.status, media_type="application/json" if body else None, headers=headers)
