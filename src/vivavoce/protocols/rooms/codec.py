"""From a client's event to a typed message, and from that to a command."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from vivavoce.domain.access import Role
from vivavoce.domain.errors import VivavoceError, invalid, too_large
from vivavoce.domain.session import room as r
from vivavoce.protocols.rooms import messages as m

#: An event that carries no audio, as JSON.
TEXT_BYTES: Final = 64 * 1024
#: Audio in one chunk, decoded.
AUDIO_BYTES: Final = 5 * 1024 * 1024

_MISSING: Final = re.compile(r"missing required field `([^`]+)`")
T = TypeVar("T", bound=msgspec.Struct)
_PATH: Final = re.compile(r"^(?P<what>.*?) - at `\$\.?(?P<path>[^`]*)`$", re.DOTALL)


def decode(name: str, args: Sequence[Any], payload: type[T]) -> T:
    """The payload of an event: its first argument, an object. Raises VivavoceError invalid_payload, too_large."""
    content = args[0] if args else {}
    if not isinstance(content, dict):
        raise invalid(f"the payload of {name} is an object", field="")
    if payload is not m.VoiceData:
        check_size(content)
    try:
        return msgspec.convert(content, payload)
    except msgspec.ValidationError as error:
        found = _PATH.match(str(error))
        if found is not None:
            raise invalid(found["what"], field=found["path"]) from None
        missing = _MISSING.search(str(error))
        raise invalid(str(error), field=missing[1] if missing else None) from None


def decode_auth(auth: dict[str, Any]) -> m.Auth:
    """Raises VivavoceError invalid_payload."""
    return decode("connect", [auth], m.Auth)


def check_size(content: dict[str, Any]) -> None:
    """Raise too_large above the size of an event with text."""
    # Most have a few short texts: measuring those is all there is to do.
    size = 0
    for value in content.values():
        if value.__class__ is str:
            size += len(value)
        elif value.__class__ in (dict, list):
            size += len(msgspec.json.encode(value, enc_hook=_bytes_are_no_json))
        elif value.__class__ in (bytes, bytearray):
            raise invalid("this event has no attachments")
    if size * 4 > TEXT_BYTES:  # it may be: characters have up to four bytes
        size = len(msgspec.json.encode(content, enc_hook=_bytes_are_no_json))
    if size > TEXT_BYTES:
        raise too_large(f"an event with text has at most {TEXT_BYTES} bytes", TEXT_BYTES)


def _bytes_are_no_json(value: Any) -> Any:
    raise invalid("this event has no attachments")


def command(name: str, message: Any, by: str, role: Role) -> r.AnyRoomCommand | None:
    """The command of an event that is one; None for those that are none (joining, typing, voice …)."""
    make = _COMMANDS.get(name)
    return None if make is None else make(message, by, role)


def error_of(error: Exception) -> VivavoceError:
    """Whatever went wrong, as what a client may be told."""
    return error if isinstance(error, VivavoceError) else VivavoceError("internal", type(error).__name__)


_COMMANDS: Final[dict[str, Callable[[Any, str, Role], r.AnyRoomCommand]]] = {
    "start_interview": lambda d, by, role: r.StartRoom(by=by, role=role),
    "pause_interview": lambda d, by, role: r.PauseRoom(by=by, role=role),
    "resume_interview": lambda d, by, role: r.ResumeRoom(by=by, role=role),
    "start_question": lambda d, by, role: r.StartQuestion(
        by=by, role=role, question_id=d.question_id, question_text=d.question_text
    ),
    "submit_answer": lambda d, by, role: r.SubmitAnswer(
        by=by,
        role=role,
        question_id=d.question_id,
        answer_text=d.answer_text,
        claimed_response_time=d.response_time,
    ),
    "end_interview": lambda d, by, role: r.EndRoom(by=by, role=role),
    "send_message": lambda d, by, role: r.SendMessage(by=by, role=role, text=d.message, kind=d.type),
    "start_recording": lambda d, by, role: r.SwitchRecording(by=by, role=role, is_recording=True),
    "stop_recording": lambda d, by, role: r.SwitchRecording(by=by, role=role, is_recording=False),
    "request_help": lambda d, by, role: r.RequestHelp(
        by=by, role=role, help_type=d.help_type, question_id=d.question_id, note=d.message
    ),
    "resolve_help": lambda d, by, role: r.ResolveHelp(by=by, role=role, help_id=d.help_id, note=d.message),
    "emergency_stop": lambda d, by, role: r.StopRoom(by=by, role=role, reason=d.reason),
    "system_message": lambda d, by, role: r.Announce(by=by, role=role, message=d.message, level=d.level),
}
