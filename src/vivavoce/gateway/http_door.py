"""HTTP that the gateway answers itself, on the port and beside the application: polling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

GiveBack = Callable[[asyncio.Transport, bytes], None]
"""Takes a connection back, with bytes that begin a request for somebody else."""


class HttpDoor(Protocol):
    """A path whose requests the gateway answers without the application."""

    def serves(self, path: str) -> bool:
        """Whether a request for this path (without its query) is for this door."""
        ...

    def take_over(self, transport: asyncio.Transport, connections: set[Any], give_back: GiveBack) -> asyncio.Protocol:
        """A protocol for the connection; it is fed from the beginning of a request on.

        It keeps itself in `connections` while it lives, and hands the connection on when a request is for another path.
        """
        ...
