"""Where answers stand on a printed sheet."""

from __future__ import annotations

import msgspec


class Box(msgspec.Struct, frozen=True):
    """A rectangle as shares (0 to 1) of a picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def is_on_page(self) -> bool:
        """Whether it has a size and lies within the picture."""
        return 0.0 <= self.left < self.right <= 1.0 and 0.0 <= self.top < self.bottom <= 1.0


class Bubble(msgspec.Struct, frozen=True, kw_only=True):
    """Where an option is ticked, as shares of the page."""

    option_id: str
    box: Box


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a question is answered: a rectangle of a page (counted from 1). With `bubbles` it is ticked, else
    written."""

    page: int = 1
    box: Box
    bubbles: tuple[Bubble, ...] = ()
