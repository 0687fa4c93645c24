"""XOR with the four-byte key of RFC 6455 section 5.3: in C where the speedups are built, by big integers otherwise."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["apply_mask", "apply_mask_portably"]


def apply_mask_portably(data: bytes, mask: bytes) -> bytes:
    """The same in Python: the key is repeated over the data and both are combined as one integer."""
    size = len(data)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")


def _fastest() -> Callable[[bytes, bytes], bytes]:
    try:
        from websockets.speedups import apply_mask as in_c
    except ImportError:
        return apply_mask_portably
    return in_c


apply_mask: Callable[[bytes, bytes], bytes] = _fastest()
