"""Candidates of a panel with a link of their own: who of those expected they are, and what follows when one would
rather not take part. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.panel_rules import Decision, own_speaker
from vivavoce.domain.session.state import SessionState


def joined(s: SessionState, cmd: c.AddMember) -> Decision:
    """A candidate who comes under the name of one who is expected is that one."""
    if cmd.role != "candidate" or not cmd.name.strip():
        return []
    wanted = cmd.name.strip().casefold()
    for speaker in s.panel.candidates():
        if not speaker.user_id and speaker.name.casefold() == wanted:
            return [
                p.SpeakerChanged(
                    speaker_id=speaker.speaker_id,
                    label=speaker.label,
                    name=speaker.name,
                    role=speaker.role,
                    user_id=cmd.user_id,
                )
            ]
    return []


def withdrawal(s: SessionState, user_id: str) -> Decision:
    """One candidate leaves: the interview goes on, their agreement is taken back and they are not judged."""
    member = s.members.get(user_id)
    if member is None or member.removed:
        return []
    speaker_id, events = own_speaker(s, user_id, "candidate", member.name)
    agreed = s.consents.get(user_id, ())
    if agreed:
        events.append(e.ConsentRecorded(user_id=user_id, purposes=agreed, agreed=False))
    return [*events, p.CandidateWithdrew(speaker_id=speaker_id), e.MemberRemoved(user_id=user_id)]


def may_be_judged(s: SessionState, speaker: p.Speaker) -> bool:
    """Whether nobody has refused this candidate's evaluation: who answered for themselves agreed to it too."""
    purposes = s.consents.get(speaker.user_id, ()) if speaker.user_id else ()
    return not speaker.withdrew and (not purposes or "evaluation" in purposes)


def has_withdrawn(s: SessionState, user_id: str) -> bool:
    speaker = s.panel.speakers.get(s.panel.own_id(user_id))
    return speaker is not None and speaker.withdrew


def _withdrew(s: SessionState, r: e.Recorded, d: p.CandidateWithdrew) -> None:
    speaker = s.panel.speakers.get(s.panel.final_id(d.speaker_id))
    if speaker is not None:
        speaker.withdrew = True


HANDLERS: Final[dict[type, Callable[[SessionState, e.Recorded, Any], None]]] = {p.CandidateWithdrew: _withdrew}
