"""The doors there are. One entry describes one: its message tables and its addresses."""

from __future__ import annotations

from typing import Final

from vivavoce.protocols.asyncapi import envelopes
from vivavoce.protocols.asyncapi.document import Door
from vivavoce.protocols.dialogue import messages as dialogue
from vivavoce.protocols.grading import messages as grading
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


def _of_grading(*data: type[grading.ServerData]) -> tuple[tuple[str, type], ...]:
    """The server's messages of one of document D's sockets."""
    return tuple((grading.SERVER_TYPES[kind], kind) for kind in (*data, *grading.COMMON))


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
            "enrol_voice": ("voice_enrolled",),
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
    Door(
        name="progress",
        title="Progress of a grading batch",
        description=(
            "A batch as it goes on, for the staff of its exam; teachers pause, resume and cancel it. The greeting is a"
            " `HEARTBEAT`; what was missed, or how far the batch is, follows."
        ),
        addresses=("/ws/progress/{batch_id}",),
        received=grading.PROGRESS_MESSAGES,
        sent=_of_grading(grading.GradingProgress),
        envelope=envelopes.grading,
        answers={
            "get_progress": ("GRADING_PROGRESS",),
            "pause_batch": ("GRADING_PROGRESS", "USER_NOTIFICATION"),
            "resume_batch": ("GRADING_PROGRESS", "USER_NOTIFICATION"),
            "cancel_batch": ("GRADING_PROGRESS", "USER_NOTIFICATION"),
            "retry_failed": ("GRADING_PROGRESS", "USER_NOTIFICATION"),
            "token_refresh": ("USER_NOTIFICATION",),
        },
        query=_RESUME,
    ),
    Door(
        name="quality",
        title="Quality of an exam's grading",
        description="Figures as they change, and alerts when they go out of bounds, for teachers and reviewers.",
        addresses=("/ws/quality/{exam_id}",),
        received=grading.QUALITY_MESSAGES,
        sent=_of_grading(grading.QualityMetrics, grading.QualityAlert, grading.AlertResolved),
        envelope=envelopes.grading,
        answers={
            "refresh_metrics": ("QUALITY_METRICS",),
            "acknowledge_alert": ("QUALITY_ALERT", "USER_NOTIFICATION"),
            "adjust_threshold": ("USER_NOTIFICATION",),
            "token_refresh": ("USER_NOTIFICATION",),
        },
        query=_RESUME,
    ),
    Door(
        name="grading",
        title="Marking by people",
        description="Tasks for a marker, one at a time; what was marked; and how much is left.",
        addresses=("/ws/grading/{exam_id}",),
        received=grading.MARKING_MESSAGES,
        sent=_of_grading(grading.GradingStatus, grading.GradingTask, grading.GradingResult),
        envelope=envelopes.grading,
        answers={
            "join_grading_session": ("GRADING_STATUS",),
            "request_next_task": ("GRADING_TASK",),
            "submit_grade": ("GRADING_RESULT",),
            "report_issue": ("USER_NOTIFICATION",),
            "token_refresh": ("USER_NOTIFICATION",),
        },
        query=_RESUME,
    ),
    Door(
        name="system",
        title="The machine and the sockets",
        description="How the server does, for administrators: every few seconds, and when they ask.",
        addresses=("/ws/system",),
        received=grading.SYSTEM_MESSAGES,
        sent=_of_grading(grading.SystemStatus),
        envelope=envelopes.grading,
        answers={
            "get_system_status": ("SYSTEM_STATUS",),
            "get_connection_stats": ("SYSTEM_STATUS",),
            "token_refresh": ("USER_NOTIFICATION",),
        },
    ),
)
