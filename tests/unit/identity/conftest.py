from __future__ import annotations

import pytest

from tests.fakes.api import SECRET, ApiHouse
from tests.fakes.clock import FakeClock
from vivavoce.identity.keyring import Keyring
from vivavoce.identity.tokens import Tokens


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tokens(clock: FakeClock) -> Tokens:
    return Tokens(Keyring([SECRET], "production"), clock)


@pytest.fixture
def house() -> ApiHouse:
    return ApiHouse()
