"""Panels (SPEC.md 3): several voices, told apart; who said what, corrected by people. What can be asked of one, what
happened in it, and its part of a session's state.

A speaker is a voice: one that the tracker tells apart (`speaker_1` …), a person with a microphone of their own
(`user:<id>`), or one that a person split off (`person_1` …). Notes and evaluations live in the private stream.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from vivavoce.domain.access import Role
from vivavoce.domain.recordings import Spoken
from vivavoce.domain.rubrics import RubricVersion
from vivavoce.domain.session.base import Command, SessionEvent
from vivavoce.domain.session.confirmation import Flag

SpeakerRole = Literal["interviewer", "candidate", "unknown"]
#: What a speaker is called until somebody gives it a name; the documents' own words, whatever the language.
DEFAULT_LABELS: Final[dict[SpeakerRole, str]] = {"interviewer": "면접관", "candidate": "지원자", "unknown": "화자"}
#: Why utterances were given to somebody else: it became clearer, or a person said so.
ReassignReason = Literal["tracker", "person", "merge", "split"]
#: An utterance counts for scores when it is at least this sure whose it is.
SURE_FROM: Final = 0.6
#: Candidates that one panel interviews at most.
CANDIDATES_LIMIT: Final = 6
#: The speaker of everything where voices are not told apart.
UNKNOWN: Final = "speaker_unknown"


def own_microphone(user_id: str) -> str:
    """The speaker id of a person with a microphone of their own."""
    return f"user:{user_id}"


# --- what can be asked ---------------------------------------------------------------------------------------------


class PanelCommand(Command, frozen=True):
    """Base of what a participant asks: `by` is who, `role` the role they have in this session."""

    by: str
    role: Role


class StartPanel(PanelCommand, frozen=True):
    pass


class ExpectedCandidate(msgspec.Struct, frozen=True, gc=False):
    """A candidate who is expected; `user_id` where they are a participant with a microphone of their own."""

    name: str
    user_id: str = ""


class ExpectCandidates(PanelCommand, frozen=True):
    """These people will be interviewed. They are in the report even if they say nothing."""

    candidates: tuple[ExpectedCandidate, ...]


class AddUtterance(PanelCommand, frozen=True):
    """Words typed in instead of spoken: a candidate's own (`speaker` empty), or what staff enter for somebody."""

    utterance_id: str
    text: str
    speaker: str = ""


class Attributed(msgspec.Struct, frozen=True, gc=False):
    """Whose an utterance is taken to be; `confidence` is 0–1, None where nobody can tell."""

    utterance_id: str
    speaker_id: str
    confidence: float | None = None


class AttributeUtterances(Command, frozen=True):
    """The tracker sees earlier utterances differently. What a person said stays."""

    changes: tuple[Attributed, ...]


class DivideUtterance(Command, frozen=True):
    """The tracker sees that an utterance holds two speakers' words: from the character `at`, `at_s` of session time,
    on they are `speaker_id`'s, and an utterance of their own, `rest_id`. What a person said stays."""

    utterance_id: str
    rest_id: str
    at: int
    at_s: float
    speaker_id: str
    confidence: float | None = None


class AssignUtterances(PanelCommand, frozen=True):
    """A person says whose these utterances are: a speaker's id, label or name (`지원자_2` may be new)."""

    utterance_ids: tuple[str, ...]
    speaker: str


class AddSpeaker(PanelCommand, frozen=True):
    """Somebody is here who has not spoken yet: oneself (`speaker` empty), or (staff) an id, label or name."""

    speaker: str = ""


class ChangeSpeaker(PanelCommand, frozen=True):
    """Give a speaker a label, a name, a role, or say which participant it is; None leaves as it is."""

    speaker: str
    label: str | None = None
    name: str | None = None
    speaker_role: SpeakerRole | None = None
    user_id: str | None = None


class MergeSpeakers(PanelCommand, frozen=True):
    """`speaker` is the same person as `into`."""

    speaker: str
    into: str


class SplitSpeaker(PanelCommand, frozen=True):
    """These utterances are by somebody else who has no label yet; `new_id` names the new speaker."""

    utterance_ids: tuple[str, ...]
    new_id: str


AnyPanelCommand = (
    StartPanel
    | ExpectCandidates
    | AddSpeaker
    | AddUtterance
    | AttributeUtterances
    | DivideUtterance
    | AssignUtterances
    | ChangeSpeaker
    | MergeSpeakers
    | SplitSpeaker
)

# --- what happened -------------------------------------------------------------------------------------------------


class RubricPinned(SessionEvent, frozen=True, tag=True):
    """What candidates of this session are judged by, whole: later versions change nothing here."""

    rubric: RubricVersion = RubricVersion(rubric_id="", version="", title="", criteria=())


class SpeakerFound(SessionEvent, frozen=True, tag=True):
    """`user_id` where the microphone says whose voice it is; `name` where somebody said beforehand who is coming."""

    PERSONAL = ("label", "name")

    speaker_id: str = ""
    label: str = ""
    name: str = ""
    role: SpeakerRole = "unknown"
    user_id: str = ""
    by: str = ""


class UtteranceHeard(SessionEvent, frozen=True, tag=True):
    """One stretch of speech by one speaker, `at_s` to `end_s` of session time. `user_id` is whose connection sent
    it; `attribution` is how sure it is whose it is (None: nobody can tell); `pinned`: the microphone or a person says
    so."""

    PERSONAL = ("text", "spoken")

    utterance_id: str = ""
    user_id: str = ""
    speaker_id: str = ""
    attribution: float | None = None
    pinned: bool = False
    overlapped: bool = False
    text: str = ""
    at_s: float = 0.0
    end_s: float = 0.0
    spoken: Spoken | None = None


class UtterancesReassigned(SessionEvent, frozen=True, tag=True):
    changes: tuple[Attributed, ...] = ()
    reason: ReassignReason = "tracker"
    by: str = ""


class UtteranceDivided(SessionEvent, frozen=True, tag=True):
    """From the character `at`, `at_s` of session time, on what was one utterance is another one, `rest_id`."""

    utterance_id: str = ""
    rest_id: str = ""
    at: int = 0
    at_s: float = 0.0
    speaker_id: str = ""
    attribution: float | None = None


class SpeakerChanged(SessionEvent, frozen=True, tag=True):
    """What a speaker is called now. Without `by` it was suggested by who asks and who answers."""

    PERSONAL = ("label", "name")

    speaker_id: str = ""
    label: str = ""
    name: str = ""
    role: SpeakerRole = "unknown"
    user_id: str = ""
    by: str = ""


class SpeakersMerged(SessionEvent, frozen=True, tag=True):
    speaker_id: str = ""
    into: str = ""
    by: str = ""


class CandidateWithdrew(SessionEvent, frozen=True, tag=True):
    """A candidate takes no part (any more): what they said is judged by nobody."""

    speaker_id: str = ""


AnyPanelEvent = (
    RubricPinned
    | SpeakerFound
    | UtteranceHeard
    | UtterancesReassigned
    | UtteranceDivided
    | SpeakerChanged
    | SpeakersMerged
    | CandidateWithdrew
)

# --- the state -----------------------------------------------------------------------------------------------------


class Speaker(msgspec.Struct, gc=False):
    """`asked` and `answered` count utterances that were questions, and those that followed somebody else's."""

    speaker_id: str
    label: str
    role: SpeakerRole
    name: str = ""
    user_id: str = ""
    by_person: bool = False
    merged_into: str = ""
    withdrew: bool = False
    asked: int = 0
    answered: int = 0

    @property
    def shown(self) -> str:
        """What people call this speaker."""
        return self.name or self.label


class PanelUtterance(msgspec.Struct, gc=False):
    utterance_id: str
    seq: int
    event_id: str
    at: int
    user_id: str
    speaker_id: str
    attribution: float | None
    pinned: bool
    overlapped: bool
    text: str
    start_s: float
    end_s: float
    spoken: Spoken | None
    flag: Flag | None = None
    """What its speaker says about how it was heard."""
    divided: bool = False
    """Whether these words were told before, as the end of another utterance."""

    @property
    def sure(self) -> bool:
        """Whether it is sure enough whose words these are to be scored."""
        return self.pinned or (self.attribution is not None and self.attribution >= SURE_FROM and not self.overlapped)


class PanelState(msgspec.Struct):
    """What a session is besides, where several people speak."""

    speakers: dict[str, Speaker] = {}
    utterances: list[PanelUtterance] = []
    places: dict[str, int] = {}
    """Where each utterance stands in `utterances`, by its id."""
    numbers: dict[SpeakerRole, int] = {}
    """The highest number a default label of each role has had; none is given twice."""
    revised: dict[str, int] = {}
    """When (seq) words that were already there were last given to or taken from a speaker."""
    last_question: str = ""
    """The speaker whose question was last open."""
    heard_s: float = 0.0
    """The end of the last utterance, in seconds of session time."""

    def present(self) -> list[Speaker]:
        """The speakers there are, without those that were merged into another, in the order they were found."""
        return [speaker for speaker in self.speakers.values() if not speaker.merged_into]

    def candidates(self) -> list[Speaker]:
        """Those who are judged; who withdrew is not."""
        return [speaker for speaker in self.present() if speaker.role == "candidate" and not speaker.withdrew]

    def own_id(self, user_id: str) -> str:
        """The speaker that a participant is: one that somebody said they are, else that of their own microphone."""
        known = next((speaker for speaker in self.present() if user_id and speaker.user_id == user_id), None)
        return known.speaker_id if known is not None else self.final_id(own_microphone(user_id))

    def final_id(self, speaker_id: str) -> str:
        """The speaker that this one was merged into, or itself."""
        known = self.speakers.get(speaker_id)
        while known is not None and known.merged_into:
            speaker_id = known.merged_into
            known = self.speakers.get(speaker_id)
        return speaker_id

    def find(self, text: str) -> Speaker | None:
        """A speaker by id, label, name or participant."""
        known = self.speakers.get(self.final_id(text))
        if known is not None:
            return known
        wanted = text.strip().casefold()
        if not wanted:
            return None
        return next(
            (
                speaker
                for speaker in self.present()
                if wanted in (speaker.label.casefold(), speaker.name.casefold(), speaker.user_id.casefold())
            ),
            None,
        )

    def utterance(self, utterance_id: str) -> PanelUtterance | None:
        place = self.places.get(utterance_id)
        return self.utterances[place] if place is not None else None
