from __future__ import annotations

from tests.models import speech_models

__all__ = ["speech_models"]
