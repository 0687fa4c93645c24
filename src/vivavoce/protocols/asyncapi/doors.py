"""The doors there are. One entry describes one: its message tables and its addresses."""

from __future__ import annotations

from typing import Final

from vivavoce.protocols.asyncapi import envelopes
from vivavoce.protocols.asyncapi.document import Door
from vivavoce.protocols.dialogue import messages as dialogue
from vivavoce.protocols.panel import messages as panel
from vivavoce.protocols.rooms import messages as rooms

_RESUME: Final = {
    "last_seq": "The last `seq` this client was told: the server goes on from there",
    "epoch": "The `epoch` that came with it",
}

#: What a Socket.IO acknowledgement carries that confirms an event with no object of its own.
_ACKNOWLEDGEMENT: Final = "acknowledgement"


def _confirmed_with(event: str) -> tuple[str, ...]:
    """What the acknowledgement of a room's event carries: the object of a server's event, or the common one."""
    confirmation = rooms.ACKNOWLEDGEMENTS.get(event)
    named = next((name for name, data in rooms.SERVER_EVENTS.items() if data is confirmation), _ACKNOWLEDGEMENT)
    return named, "error"


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
        sent=tuple((kind, data) for data, kind in dialogue.SERVER_MESSAGES.items()),
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
    Door(
        name="rooms",
        title="Interview rooms",
        description=(
            "People meet in a live interview. A message's name is the name of a Socket.IO event, its payload the only"
            " argument of that event; every event of a client may be sent with an acknowledgement, which gets the"
            " confirming object or the error. Events of plug-ins and integrators come under names of their own."
            f" Features to ask for in CONNECT: {', '.join(sorted(rooms.FEATURES))}."
        ),
        addresses=("/",),
        received=rooms.CLIENT_EVENTS,
        sent=(*rooms.SERVER_EVENTS.items(), (_ACKNOWLEDGEMENT, rooms.Acknowledged)),
        envelope=envelopes.bare,
        transport="socket.io",
        answers={event: _confirmed_with(event) for event in rooms.CLIENT_EVENTS},
    ),
    Door(
        name="panel",
        title="Panel interviews",
        description=(
            "Several interviewers and candidates speak; who said what is told apart, and each candidate is judged on"
            " what they said. One message gets one answer. Corrections, others' notes and what is heard come to those"
            f" who asked for it in `features`: {', '.join(sorted(panel.FEATURES))}."
        ),
        addresses=("/api/v1/realtime-interview/ws/interview/{session_id}",),
        received=panel.CLIENT_MESSAGES,
        sent=tuple(panel.SERVER_MESSAGES.items()),
        envelope=envelopes.panel,
        answers={
            "audio_chunk": ("audio_processed",),
            "speaker_note": ("note_saved",),
            "evaluation_request": ("evaluation_summary",),
            "session_end": ("session_ended",),
            "audio_start": ("audio_ack",),
            "audio_end": ("audio_ack",),
            "add_utterance": ("saved",),
            "assign_utterances": ("saved",),
            "update_speaker": ("saved",),
            "merge_speakers": ("saved",),
            "split_speaker": ("saved",),
            "token_refresh": ("token_refreshed",),
            "ping": ("pong",),
        },
        query={
            **_RESUME,
            "private_seq": "The last `private_seq` this client was told",
            "features": "What to be told besides answers, separated by commas",
            "language": "The language of the interview, where the session is new",
        },
        binary="The next bytes of the recording that `audio_start` opened",
    ),
)
