"""Which figures of the sockets are out of the ordinary."""

from __future__ import annotations

from typing import Any

import msgspec

from vivavoce.gateway.monitor import Sample, anomalies

QUIET = Sample(
    at=0,
    connections=1,
    total_connections=1,
    messages_sent=0,
    messages_received=0,
    errors_count=0,
    queued_bytes=0,
    loop_delay_ms=5.0,
    pool_percent=10.0,
    cpu_percent=None,
    memory_percent=None,
    disk_percent=None,
)


def sample(**changes: Any) -> Sample:
    return msgspec.structs.replace(QUIET, **changes)


def test_spec_4_a_figure_far_above_its_usual_value_is_an_anomaly() -> None:
    before = [sample(loop_delay_ms=5.0 + n % 3, queued_bytes=n * 100) for n in range(40)]
    assert anomalies(before, sample(loop_delay_ms=400.0)) == ["loop_delay_ms"]
    assert anomalies(before, sample(queued_bytes=4 << 20)) == ["queued_bytes"]
    assert anomalies(before, sample(loop_delay_ms=90.0)) == []


def test_spec_4_what_is_always_high_is_ordinary_until_it_is_too_much() -> None:
    busy = [sample(pool_percent=70.0 + n % 5) for n in range(40)]
    assert anomalies(busy, sample(pool_percent=74.0)) == []
    assert anomalies(busy, sample(pool_percent=95.0)) == ["pool_percent"]


def test_without_enough_samples_only_what_is_always_too_much_is_told() -> None:
    assert anomalies([], sample(loop_delay_ms=400.0)) == []
    assert anomalies([], sample(loop_delay_ms=2_000.0)) == ["loop_delay_ms"]
