"""Running the house: open, serve, close."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence

from vivavoce.bootstrap import House, RunningSpeech, build
from vivavoce.gateway.server import serve, settle_garbage_collector
from vivavoce.settings import Settings

Ready = Callable[[House, Sequence[tuple[str, int]]], None]


async def run(
    settings: Settings,
    *,
    tls: ssl.SSLContext | None = None,
    speech: RunningSpeech | None = None,
    before: Callable[[House], Awaitable[None]] | None = None,
    ready: Ready | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. `before` runs when the parts are there, `ready` once connections are taken."""
    house = await build(settings, speech)
    try:
        await house.start()
        if before is not None:
            await before(house)

        def listening(addresses: Sequence[tuple[str, int]]) -> None:
            settle_garbage_collector()
            if ready is not None:
                ready(house, addresses)

        await serve(
            house.api,
            house.gateway,
            host=settings.host,
            port=settings.port,
            tls=tls,
            ready=listening,
            let_go=house.database.let_go,
        )
    finally:
        await house.stop()
