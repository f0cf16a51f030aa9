"""Who of a family may be told of an entry now, though it was written earlier or under a delay.

The question that was put when the entry was written is put again, with the person as she stands now: her
age, whoever holds authority over her, what they said, what harm a reading was found to do. Shared by who
tells a held notice and who closes a case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.access import View
from gateway.domain.acting import Note
from gateway.domain.errors import ConflictError, PolicyUnavailableError
from gateway.domain.holding import Lift
from gateway.domain.ids import AgencyId, FragmentId, PersonId
from gateway.domain.instants import Instant, to_text
from gateway.domain.telling import asked_again, part_of
from gateway.ports import Clock, PersonNow, Policy, TellingStore


@dataclass(frozen=True, slots=True)
class Disclosing:
    """Asks the audience rule again (domain rule 3.10); a policy that does not answer tells nobody."""

    telling: TellingStore
    policy: Policy
    clock: Clock

    async def views(
        self, person: PersonId, question: Mapping[str, Any], **entry: object
    ) -> tuple[PersonNow, Mapping[PersonId, View]]:
        """Answer who may see how much now; `entry` is what differs from the question's own entry.

        Raises:
            PolicyUnavailableError: The policy does not answer, or another bundle is the active one.
            PolicyContractError: What it answers is no answer.
        """
        known = await self.telling.person_now(person, self.clock.now())
        if known.policy_digest != self.policy.digest:
            raise PolicyUnavailableError("another bundle is active than the one that this worker runs")
        at = Instant(max(self.clock.now(), known.floor))
        subject = known.subject_of(AgencyId(question["query"]["fragment"]["owner_agency"]))
        query = asked_again(question, subject, known.findings, at)
        asked = {**question["entry"], **entry}
        return known, await self.policy.views(query, at, asked, known.viewers)

    async def __call__(
        self, held: Mapping[str, Any], note: Note, lift: Lift
    ) -> tuple[Note, Mapping[str, Any]]:
        """Make the entry that tells a held notice, and what the notice then says; with the original instant.

        `lift` says why it may be told now: an officer, or the end of its delay, which lifts no seal.

        Raises:
            ConflictError: Nothing may be told to its recipient now, or the notice keeps no question to put.
            PolicyUnavailableError: The policy does not answer, or another bundle is the active one.
            PolicyContractError: What it answers is no answer.
        """
        says, person = held["says"], PersonId(held["person"])
        if not says.get("question"):
            raise ConflictError("the notice does not say by which rule it may be told; it stays held")
        viewer = PersonId(held["recipient"])
        known, views = await self.views(person, says["question"], **{lift.value: True})
        told = {**says["told"], "happened_at": to_text(held["recorded_at"])}
        part = part_of(told, views.get(viewer, View.NONE))
        if part is None:
            raise ConflictError("the rules do not let this person know of it now")
        owner, fragment = told.get("owner"), says.get("fragment")
        written = replace(
            note,
            detail={**note.detail, "tells": held["decision_id"], "viewer": viewer},
            person=person,
            owner=None if owner is None else AgencyId(owner),
            fragment=None if fragment is None else FragmentId(fragment),
            views={viewer: views[viewer]},
            tells=told,
            question=lifted(says["question"], lift),
            epochs=tuple(sorted({*note.epochs, *known.epochs})),
        )
        return written, part


def lifted(question: Mapping[str, Any], lift: Lift) -> dict[str, Any]:
    """The question with this word about its entry: it stays said whenever the row is read again."""
    return {**question, "entry": {**question["entry"], lift.value: True}}
