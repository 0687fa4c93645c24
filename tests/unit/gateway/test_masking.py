"""RFC 6455 5.3."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.gateway.masking import apply_mask, apply_mask_portably


@given(data=st.binary(max_size=100), mask=st.binary(min_size=4, max_size=4))
def test_both_ways_of_masking_follow_the_definition_of_the_rfc(data: bytes, mask: bytes) -> None:
    expected = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
    assert apply_mask(data, mask) == apply_mask_portably(data, mask) == expected
