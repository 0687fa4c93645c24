"""The rules of panels: which facts a command makes (`DECIDERS`), and what a fact changes (`HANDLERS`). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from vivavoce.domain.access import STAFF, Role
from vivavoce.domain.errors import conflict, forbidden, invalid, not_found, too_large
from vivavoce.domain.interview import InterviewPlan
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.base import Context
from vivavoce.domain.session.state import Recording, SessionState

Decision = list[e.AnySessionEvent]
NO_PLAN: Final = InterviewPlan(competencies=(), bank_version="")
_NAME_LIMIT: Final = 100
_AT_ONCE: Final = 500
#: How much more one has to ask than answer, or the other way round, before a suggested role is changed.
_MARGIN: Final = 2
_LABEL: Final = re.compile(r"(면접관|지원자|interviewer|candidate|面试官|候选人|应聘者)[ _]?(\d{1,2})", re.IGNORECASE)
_ROLE_WORDS: Final[dict[str, p.SpeakerRole]] = {
    "면접관": "interviewer",
    "interviewer": "interviewer",
    "面试官": "interviewer",
    "지원자": "candidate",
    "candidate": "candidate",
    "候选人": "candidate",
    "应聘者": "candidate",
}
_QUESTION: Final = re.compile(
    r"[?？]\s*$|(?:까요|나요|가요|습니까|십니까|은요|는요|주세요|주십시오|주시겠어요|바랍니다)[.!]?\s*$|(?:吗|呢)[。.]?\s*$"
    r"|^\s*(?:请|能不能|可以|为什么|怎么|什么|谈谈|说说|介绍)"
    r"|^\s*(?:(?:and|so|ok(?:ay)?|now|then|great|thank you|thanks)[,.]?\s+)*"
    r"(?:what|how|why|when|where|which|who|could you|can you|would you|do you|did you|have you|are you|tell (?:me|us)"
    r"|describe|explain|walk (?:me|us)|give (?:me|us)|let'?s (?:talk|start|begin|move)|please)\b",
    re.IGNORECASE,
)


def is_question(text: str) -> bool:
    """Whether somebody asks: by the mark at the end, or by how it begins or ends where speech has no marks."""
    return bool(_QUESTION.search(text))


# --- rights --------------------------------------------------------------------------------------------------------


def must_take_voice(s: SessionState, user_id: str, ctx: Context) -> None:
    """Raise VivavoceError unless this person's microphone may be heard now."""
    member = s.members.get(user_id)
    if member is None or member.removed or member.role not in STAFF | {"candidate"}:
        raise forbidden("only members of this panel speak in it", reason="role_forbids")
    _must_be_open(s)
    if ctx.policy.require_consent and not may_record(s, user_id):
        candidates = _candidates(s)
        own = user_id in candidates and "interview" not in s.consents.get(user_id, ())
        reason = "others_consent_required" if candidates and not own else "consent_required"
        raise conflict("not everybody has consented to the interview yet", reason=reason)


def may_record(s: SessionState, user_id: str) -> bool:
    """Whether what is said may be captured where consent is asked for: every candidate has agreed, or, where none is a
    member (they sit at somebody's microphone), that somebody has recorded that they have."""
    return all("interview" in s.consents.get(one, ()) for one in _candidates(s) or [user_id])


def _candidates(s: SessionState) -> list[str]:
    """The participants who are candidates."""
    return [member.user_id for member in s.members.values() if member.role == "candidate" and not member.removed]


def _must_lead(s: SessionState, role: Role) -> None:
    _must_be_a_panel(s)
    if role not in STAFF:
        raise forbidden(f"the role {role} has no right to do this here", reason="role_forbids")


def _must_be_a_panel(s: SessionState) -> None:
    if s.kind != "panel":
        raise conflict("this interview is not a panel", reason="not_a_panel")


def _must_be_open(s: SessionState) -> None:
    if s.over:
        raise conflict("the interview is over", reason="session_over")


def begun(s: SessionState) -> Decision:
    """What makes a scheduled panel begin: the first thing that happens in it."""
    return [e.InterviewBegan(plan=NO_PLAN)] if s.status == "scheduled" else []


# --- who is who ----------------------------------------------------------------------------------------------------


class _Cast:
    """The speakers as they will be, while the events of one command are made."""

    def __init__(self, state: p.PanelState) -> None:
        self._state = state
        self._numbers = dict(state.numbers)
        self._new: dict[str, p.SpeakerRole] = {}
        self._suggested: set[str] = set()

    def role_of(self, speaker_id: str) -> p.SpeakerRole | None:
        known = self._state.speakers.get(speaker_id)
        return known.role if known is not None else self._new.get(speaker_id)

    def label_for(self, role: p.SpeakerRole) -> str:
        number = self._numbers[role] = self._numbers.get(role, 0) + 1
        return f"{p.DEFAULT_LABELS[role]}_{number}"

    def suggested(self, speaker: p.Speaker, role: p.SpeakerRole) -> Decision:
        """A new role with its label; once in a command, however much somebody said in it."""
        if speaker.speaker_id in self._suggested:
            return []
        self._suggested.add(speaker.speaker_id)
        label = self.label_for(role)
        return [p.SpeakerChanged(speaker_id=speaker.speaker_id, label=label, name=speaker.name, role=role)]

    def found(
        self,
        speaker_id: str,
        role: p.SpeakerRole,
        *,
        label: str = "",
        name: str = "",
        user_id: str = "",
        by: str = "",
    ) -> Decision:
        if self.role_of(speaker_id) is not None:
            return []
        self._new[speaker_id] = role
        return [
            p.SpeakerFound(
                speaker_id=speaker_id,
                label=label or self.label_for(role),
                name=name,
                role=role,
                user_id=user_id,
                by=by,
            )
        ]


def _first_role(s: SessionState, speaker_id: str, text: str, cast: _Cast) -> p.SpeakerRole:
    """What a voice is taken for when it is first heard: who opens or asks interviews, who answers is a candidate."""
    if speaker_id == p.UNKNOWN:
        return "unknown"
    if is_question(text) or not s.panel.utterances:
        return "interviewer"
    asker = s.panel.last_question
    return "candidate" if asker and cast.role_of(asker) == "interviewer" else "interviewer"


def _suggested(speaker: p.Speaker, asked: int, answered: int) -> p.SpeakerRole:
    if speaker.role == "candidate" and asked - answered >= _MARGIN:
        return "interviewer"
    if speaker.role == "interviewer" and answered - asked >= _MARGIN:
        return "candidate"
    return speaker.role


def _suggestion(s: SessionState, speaker_id: str, text: str, cast: _Cast) -> Decision:
    """A new role where what somebody does has come to speak against the old one."""
    speaker = s.panel.speakers.get(speaker_id)
    if speaker is None or speaker.by_person or speaker.user_id or speaker.role == "unknown":
        return []
    asks = is_question(text)
    answers = not asks and s.panel.last_question not in ("", speaker_id)
    role = _suggested(speaker, speaker.asked + asks, speaker.answered + answers)
    return cast.suggested(speaker, role) if role != speaker.role else []


def _must_know(s: SessionState, text: str) -> p.Speaker:
    known = s.panel.find(text)
    if known is None:
        raise not_found("there is no such speaker", reason="speaker_not_found")
    return known


def _must_know_utterances(s: SessionState, utterance_ids: Sequence[str]) -> list[p.PanelUtterance]:
    if not utterance_ids:
        raise invalid("name at least one utterance", field="utterance_ids")
    if len(utterance_ids) > _AT_ONCE:
        raise too_large(f"at most {_AT_ONCE} utterances at once", _AT_ONCE, field="utterance_ids")
    found = [s.panel.utterance(utterance_id) for utterance_id in dict.fromkeys(utterance_ids)]
    if None in found:
        raise not_found("there is no such utterance", reason="utterance_not_found")
    return [utterance for utterance in found if utterance is not None]


# --- commands ------------------------------------------------------------------------------------------------------


def utterances(s: SessionState, recording: Recording, parts: Sequence[c.SpokenPart], ctx: Context) -> Decision:
    """What was heard in a recording. Times are those of the recording: audio may come faster than it was spoken."""
    events: Decision = begun(s) if parts else []
    cast = _Cast(s.panel)
    member = s.members.get(recording.user_id)
    for part in parts:
        own = recording.context == OWN_MICROPHONE
        speaker_id = s.panel.own_id(recording.user_id) if own else s.panel.final_id(part.speaker or p.UNKNOWN)
        if own:
            role: p.SpeakerRole = "candidate" if member is not None and member.role == "candidate" else "interviewer"
            events += cast.found(speaker_id, role, user_id=recording.user_id)
        else:
            events += cast.found(speaker_id, _first_role(s, speaker_id, part.text, cast))
            events += _suggestion(s, speaker_id, part.text, cast)
        start_s = recording.at_s + part.spoken.start_s
        events.append(
            p.UtteranceHeard(
                utterance_id=part.utterance_id or f"{recording.seq}.{round(part.spoken.start_s * 1000)}",
                user_id=recording.user_id,
                speaker_id=speaker_id,
                attribution=1.0 if own else part.attribution,
                pinned=own,
                overlapped=part.overlapped,
                text=part.text,
                at_s=round(start_s, 3),
                end_s=round(max(start_s, recording.at_s + part.spoken.end_s), 3),
                spoken=part.spoken,
            )
        )
    return events


#: The `context` of a recording from a microphone that belongs to its sender alone.
OWN_MICROPHONE: Final = "own_microphone"


def _start(s: SessionState, cmd: p.StartPanel, ctx: Context) -> Decision:
    _must_lead(s, cmd.role)
    _must_be_open(s)
    return begun(s)


def _expect(s: SessionState, cmd: p.ExpectCandidates, ctx: Context) -> Decision:
    _must_lead(s, cmd.role)
    _must_be_open(s)
    if len(s.panel.candidates()) + len(cmd.candidates) > p.CANDIDATES_LIMIT:
        raise too_large(f"a panel has at most {p.CANDIDATES_LIMIT} candidates", p.CANDIDATES_LIMIT, field="candidates")
    cast = _Cast(s.panel)
    events: Decision = []
    number = _people(s)
    for place, candidate in enumerate(cmd.candidates):
        _check_text(candidate.name, f"candidates.{place}.name", _NAME_LIMIT)
        number += not candidate.user_id
        speaker_id = p.own_microphone(candidate.user_id) if candidate.user_id else f"person_{number}"
        name = candidate.name.strip()
        events += cast.found(speaker_id, "candidate", name=name, user_id=candidate.user_id, by=cmd.by)
    return events


def _people(s: SessionState) -> int:
    """How many speakers people have added."""
    return sum(1 for speaker_id in s.panel.speakers if speaker_id.startswith("person_"))


def _add(s: SessionState, cmd: p.AddUtterance, ctx: Context) -> Decision:
    _must_be_a_panel(s)
    must_take_voice(s, cmd.by, ctx)
    _check_text(cmd.text, "text", ctx.policy.text_limit)
    if s.panel.utterance(cmd.utterance_id) is not None:
        raise conflict("an utterance with this id exists", reason="utterance_exists")
    events = begun(s)
    speaker_id, more = _meant(s, cmd)
    events += more
    at_s = round(max(s.elapsed_s(ctx.now), s.panel.heard_s), 3)
    events.append(
        p.UtteranceHeard(
            utterance_id=cmd.utterance_id,
            user_id=cmd.by,
            speaker_id=speaker_id,
            attribution=1.0,
            pinned=True,
            text=cmd.text,
            at_s=at_s,
            end_s=at_s,
        )
    )
    return events


def _add_speaker(s: SessionState, cmd: p.AddSpeaker, ctx: Context) -> Decision:
    _must_be_a_panel(s)
    must_take_voice(s, cmd.by, ctx)
    return _meant(s, cmd)[1]


def _meant(s: SessionState, cmd: p.AddUtterance | p.AddSpeaker) -> tuple[str, Decision]:
    """The speaker a command is about: candidates speak for themselves, staff for whom they name."""
    if cmd.role != "candidate" and cmd.speaker.strip():
        return _named(s, cmd.speaker, cmd.by, _Cast(s.panel))
    return own_speaker(s, cmd.by, "candidate" if cmd.role == "candidate" else "interviewer")


def own_speaker(s: SessionState, user_id: str, role: p.SpeakerRole, name: str = "") -> tuple[str, Decision]:
    """The speaker that a participant is, added where there is none yet."""
    own = s.panel.own_id(user_id)
    return own, _Cast(s.panel).found(own, role, name=name, user_id=user_id)


def _named(s: SessionState, text: str, by: str, cast: _Cast) -> tuple[str, Decision]:
    """The speaker that a person names; one that is not there yet (`지원자_2`, or a new name) is added."""
    known = s.panel.find(text) or s.panel.find(canonical_label(text))
    if known is not None:
        return known.speaker_id, []
    label = canonical_label(text)
    _check_text(label, "speaker", _NAME_LIMIT)
    match = _LABEL.fullmatch(label)
    role = _ROLE_WORDS[match[1].lower()] if match is not None else "unknown"
    speaker_id = f"person_{_people(s) + 1}"
    return speaker_id, cast.found(speaker_id, role, label=label, by=by)


def canonical_label(text: str) -> str:
    """`candidate 2` in any of the languages as the documents write it."""
    match = _LABEL.fullmatch(text.strip())
    if match is None:
        return text.strip()
    return f"{p.DEFAULT_LABELS[_ROLE_WORDS[match[1].lower()]]}_{int(match[2])}"


def _attribute(s: SessionState, cmd: p.AttributeUtterances, ctx: Context) -> Decision:
    """Changes after the end are taken too: the report is made of what is known best."""
    changes: list[p.Attributed] = []
    events: Decision = []
    cast = _Cast(s.panel)
    for change in cmd.changes:
        utterance = s.panel.utterance(change.utterance_id)
        speaker_id = s.panel.final_id(change.speaker_id)
        if utterance is None or utterance.pinned:
            continue
        if utterance.speaker_id == speaker_id and utterance.attribution == change.confidence:
            continue
        events += cast.found(speaker_id, _first_role(s, speaker_id, utterance.text, cast))
        changes.append(p.Attributed(change.utterance_id, speaker_id, change.confidence))
    return [*events, p.UtterancesReassigned(changes=tuple(changes))] if changes else []


def _divide(s: SessionState, cmd: p.DivideUtterance, ctx: Context) -> Decision:
    """Taken after the end too. What somebody has corrected stays whole: their correction is of all of it."""
    utterance = s.panel.utterance(cmd.utterance_id)
    if utterance is None or utterance.pinned or utterance.flag is not None or s.panel.utterance(cmd.rest_id):
        return []
    rest = utterance.text[cmd.at :]
    if not utterance.text[: cmd.at].strip() or not rest.strip():
        return []
    speaker_id = s.panel.final_id(cmd.speaker_id)
    cast = _Cast(s.panel)
    return [
        *cast.found(speaker_id, _first_role(s, speaker_id, rest, cast)),
        p.UtteranceDivided(
            utterance_id=cmd.utterance_id,
            rest_id=cmd.rest_id,
            at=cmd.at,
            at_s=round(min(max(cmd.at_s, utterance.start_s), utterance.end_s), 3),
            speaker_id=speaker_id,
            attribution=cmd.confidence,
        ),
    ]


def _assign(s: SessionState, cmd: p.AssignUtterances, ctx: Context) -> Decision:
    _must_lead(s, cmd.role)
    chosen = _must_know_utterances(s, cmd.utterance_ids)
    speaker_id, events = _named(s, cmd.speaker, cmd.by, _Cast(s.panel))
    changes = tuple(
        p.Attributed(utterance.utterance_id, speaker_id, 1.0)
        for utterance in chosen
        if utterance.speaker_id != speaker_id or not utterance.pinned
    )
    return [*events, p.UtterancesReassigned(changes=changes, reason="person", by=cmd.by)] if changes else []


def _change(s: SessionState, cmd: p.ChangeSpeaker, ctx: Context) -> Decision:
    _must_lead(s, cmd.role)
    speaker = _must_know(s, cmd.speaker)
    role = cmd.speaker_role or speaker.role
    label = speaker.label if cmd.label is None else canonical_label(cmd.label)
    if cmd.label is not None:
        _check_text(label, "label", _NAME_LIMIT)
        taken = s.panel.find(label)
        if taken is not None and taken.speaker_id != speaker.speaker_id:
            raise conflict("another speaker has this label; merge them instead", reason="label_taken")
        match = _LABEL.fullmatch(label)
        if match is not None and cmd.speaker_role is None:
            role = _ROLE_WORDS[match[1].lower()]
    elif role != speaker.role and _LABEL.fullmatch(speaker.label):
        label = _Cast(s.panel).label_for(role)
    name = speaker.name if cmd.name is None else cmd.name.strip()
    if len(name) > _NAME_LIMIT:
        raise too_large(f"a name has at most {_NAME_LIMIT} characters", _NAME_LIMIT, field="name")
    user_id = speaker.user_id if cmd.user_id is None else cmd.user_id
    if cmd.user_id and cmd.user_id not in s.members:
        raise not_found("there is no such participant", reason="participant_not_found")
    if speaker.by_person and (label, name, role, user_id) == (
        speaker.label,
        speaker.name,
        speaker.role,
        speaker.user_id,
    ):
        return []
    return [
        p.SpeakerChanged(speaker_id=speaker.speaker_id, label=label, name=name, role=role, user_id=user_id, by=cmd.by)
    ]


def _merge(s: SessionState, cmd: p.MergeSpeakers, ctx: Context) -> Decision:
    _must_lead(s, cmd.role)
    speaker, into = _must_know(s, cmd.speaker), _must_know(s, cmd.into)
    if speaker.speaker_id == into.speaker_id:
        return []
    return [p.SpeakersMerged(speaker_id=speaker.speaker_id, into=into.speaker_id, by=cmd.by)]


def _split(s: SessionState, cmd: p.SplitSpeaker, ctx: Context) -> Decision:
    _must_lead(s, cmd.role)
    chosen = _must_know_utterances(s, cmd.utterance_ids)
    if cmd.new_id in s.panel.speakers:
        raise conflict("there is such a speaker already", reason="speaker_exists")
    before = s.panel.speakers.get(chosen[0].speaker_id)
    role = before.role if before is not None else "unknown"
    changes = tuple(p.Attributed(utterance.utterance_id, cmd.new_id, 1.0) for utterance in chosen)
    return [
        *_Cast(s.panel).found(cmd.new_id, role, by=cmd.by),
        p.UtterancesReassigned(changes=changes, reason="split", by=cmd.by),
    ]


def _check_text(text: str, field: str, limit: int) -> None:
    if len(text) > limit:
        raise too_large(f"{field} has at most {limit} characters", limit, field=field)
    if not text.strip():
        raise invalid(f"{field} is empty", field=field, reason="empty_text")


# --- what facts change ---------------------------------------------------------------------------------------------


def _rubric_pinned(s: SessionState, r: e.Recorded, d: p.RubricPinned) -> None:
    s.rubric = d.rubric


def _found(s: SessionState, r: e.Recorded, d: p.SpeakerFound) -> None:
    s.panel.speakers[d.speaker_id] = p.Speaker(
        d.speaker_id, d.label, d.role, name=d.name, user_id=d.user_id, by_person=bool(d.by or d.user_id)
    )
    _count_label(s, d.label)


def _heard(s: SessionState, r: e.Recorded, d: p.UtteranceHeard) -> None:
    panel = s.panel
    recording = s.recordings.get(d.spoken.recording_id) if d.spoken is not None else None
    if d.spoken is not None and recording is not None:
        recording.spoken = True
        recording.heard_s = max(recording.heard_s, d.spoken.end_s)
    panel.places[d.utterance_id] = len(panel.utterances)
    panel.utterances.append(
        p.PanelUtterance(
            utterance_id=d.utterance_id,
            seq=r.seq,
            event_id=r.event_id,
            at=r.at,
            user_id=d.user_id,
            speaker_id=d.speaker_id,
            attribution=d.attribution,
            pinned=d.pinned,
            overlapped=d.overlapped,
            text=d.text,
            start_s=d.at_s,
            end_s=d.end_s,
            spoken=d.spoken,
        )
    )
    panel.heard_s = max(panel.heard_s, d.end_s)
    s.last_activity = r.at
    speaker = panel.speakers.get(d.speaker_id)
    if is_question(d.text):
        panel.last_question = d.speaker_id
        if speaker is not None:
            speaker.asked += 1
    elif speaker is not None and panel.last_question not in ("", d.speaker_id):
        speaker.answered += 1


def _reassigned(s: SessionState, r: e.Recorded, d: p.UtterancesReassigned) -> None:
    for change in d.changes:
        utterance = s.panel.utterance(change.utterance_id)
        if utterance is None:
            continue
        if utterance.speaker_id != change.speaker_id:
            s.panel.revised[utterance.speaker_id] = s.panel.revised[change.speaker_id] = r.seq
        elif not utterance.sure:
            s.panel.revised[change.speaker_id] = r.seq
        utterance.speaker_id = change.speaker_id
        utterance.attribution = change.confidence
        utterance.pinned = utterance.pinned or d.reason != "tracker"


def _divided(s: SessionState, r: e.Recorded, d: p.UtteranceDivided) -> None:
    panel = s.panel
    whole = panel.utterance(d.utterance_id)
    if whole is None:
        return
    before, after = whole.spoken.divided(d.at, d.at_s - whole.start_s) if whole.spoken is not None else (None, None)
    rest = msgspec.structs.replace(
        whole,
        utterance_id=d.rest_id,
        seq=r.seq,
        event_id=r.event_id,
        speaker_id=d.speaker_id,
        attribution=d.attribution,
        text=whole.text[d.at :],
        start_s=d.at_s,
        spoken=after,
        divided=True,
    )
    whole.text, whole.end_s, whole.spoken = whole.text[: d.at].rstrip(), d.at_s, before
    panel.utterances.insert(panel.places[d.utterance_id] + 1, rest)
    for place in range(panel.places[d.utterance_id] + 1, len(panel.utterances)):
        panel.places[panel.utterances[place].utterance_id] = place
    panel.revised[whole.speaker_id] = panel.revised[d.speaker_id] = r.seq


def _changed(s: SessionState, r: e.Recorded, d: p.SpeakerChanged) -> None:
    speaker = s.panel.speakers.get(d.speaker_id)
    if speaker is None:
        return
    if speaker.role != d.role:
        # Whose words are questions and whose are answers has changed for everybody.
        for other in s.panel.present():
            s.panel.revised[other.speaker_id] = r.seq
    speaker.label, speaker.name, speaker.role, speaker.user_id = d.label, d.name, d.role, d.user_id
    speaker.by_person = speaker.by_person or bool(d.by)
    _count_label(s, d.label)


def _merged(s: SessionState, r: e.Recorded, d: p.SpeakersMerged) -> None:
    panel = s.panel
    speaker = panel.speakers.get(d.speaker_id)
    if speaker is None:
        return
    speaker.merged_into = d.into
    panel.revised[d.into] = r.seq
    into = panel.speakers.get(d.into)
    if into is not None:
        into.asked += speaker.asked
        into.answered += speaker.answered
    for utterance in panel.utterances:
        if utterance.speaker_id == d.speaker_id:
            utterance.speaker_id = d.into


def _count_label(s: SessionState, label: str) -> None:
    match = _LABEL.fullmatch(label)
    if match is not None:
        role = _ROLE_WORDS[match[1].lower()]
        s.panel.numbers[role] = max(s.panel.numbers.get(role, 0), int(match[2]))


DECIDERS: Final[dict[type, Callable[[SessionState, Any, Context], Decision]]] = {
    p.StartPanel: _start,
    p.ExpectCandidates: _expect,
    p.AddSpeaker: _add_speaker,
    p.AddUtterance: _add,
    p.AttributeUtterances: _attribute,
    p.DivideUtterance: _divide,
    p.AssignUtterances: _assign,
    p.ChangeSpeaker: _change,
    p.MergeSpeakers: _merge,
    p.SplitSpeaker: _split,
}

HANDLERS: Final[dict[type, Callable[[SessionState, e.Recorded, Any], None]]] = {
    p.RubricPinned: _rubric_pinned,
    p.SpeakerFound: _found,
    p.UtteranceHeard: _heard,
    p.UtterancesReassigned: _reassigned,
    p.UtteranceDivided: _divided,
    p.SpeakerChanged: _changed,
    p.SpeakersMerged: _merged,
}
