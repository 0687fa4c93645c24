"""How a page of an event log travels from the store: as columns.

A store puts columns together far more cheaply than one record after the other, and they are decoded in one go.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, Final, Generic, TypeVar

import msgspec

D = TypeVar("D")
R = TypeVar("R")


class Columns(msgspec.Struct, Generic[D], array_like=True, gc=False):
    """Events in order, column by column; all lists have the same length. `first` is the seq of the first, and there are
    no gaps. `ats` are epoch milliseconds."""

    first: int
    event_ids: list[str]
    ats: list[int]
    actors: list[str]
    client_ids: list[str | None]
    payloads: list[D]


EMPTY_PAGE: Final = b"[1,[],[],[],[],[]]"


def page_decoder(recorded: Callable[[int, str, int, str, str | None, D], R], data: Any) -> Callable[[bytes], list[R]]:
    """Make the decoder of pages whose payloads are of the type `data`: it gives a list of `recorded`.

    `recorded` takes seq, event_id, at, actor, client_id and the payload, in this order.
    """
    columns: Callable[[bytes], Columns[D]] = msgspec.json.Decoder(Columns[data]).decode

    def decode(page: bytes) -> list[R]:
        read = columns(page)
        return list(
            map(recorded, count(read.first), read.event_ids, read.ats, read.actors, read.client_ids, read.payloads)
        )

    return decode
