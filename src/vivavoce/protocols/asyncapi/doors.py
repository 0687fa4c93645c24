"""The doors there are. One entry describes one: its message tables and its addresses."""

from __future__ import annotations

from typing import Final

from vivavoce.protocols.asyncapi import envelopes
from vivavoce.protocols.asyncapi.document import Door
from vivavoce.protocols.dialogue import messages as dialogue

_RESUME: Final = {
    "last_seq": "The last `seq` this client was told: the server goes on from there",
    "epoch": "The `epoch` that came with it",
}

DOORS: Final[tuple[Door, ...]] = (
    Door(
        name="dialogue",
        title="Dialogue with the AI interviewer",
        description=(
            "A candidate talks with the AI interviewer, by text or by voice. Without an id in the address a session is"
            " assigned. A bare client, which never sends `connect`, gets `connected`, one `ai_response` for each input,"
            f" and nothing else unasked; features to ask for in `connect`: {', '.join(sorted(dialogue.FEATURES))}."
        ),
        addresses=("/api/v1/ws", "/api/v1/ws/{session_id}"),
        received=dialogue.CLIENT_MESSAGES,
        sent=dialogue.SERVER_MESSAGES,
        envelope=envelopes.dialogue,
        answers={
            "connect": ("connected", "snapshot"),
            "text_input": ("status", "ai_response"),
            "audio_input": ("status", "transcription", "ai_response"),
            "audio_start": ("status", "audio_ack"),
            "audio_end": ("audio_ack",),
            "end_session": ("session_ended",),
            "ping": ("pong",),
        },
        query=_RESUME,
        binary="The next bytes of the recording that `audio_start` opened",
    ),
)
