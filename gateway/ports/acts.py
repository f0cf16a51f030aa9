"""Acts: each one transaction under the head lock, with its entry."""

from collections.abc import Collection, Sequence
from typing import Protocol

from gateway.domain.access import Recorded
from gateway.domain.acting import Done, Note
from gateway.domain.acts import Objection
from gateway.domain.approving import Answer
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive, StopReach
from gateway.domain.errors import RejectedError
from gateway.domain.facts import FragmentRef
from gateway.domain.findings import Finding
from gateway.domain.fragment import Labels, Manifest, NewLabels, SealedSection
from gateway.domain.ids import (
    AgencyId,
    ApprovalId,
    AssignmentId,
    AuthorityId,
    ClientId,
    ConsentId,
    FragmentId,
    OrderId,
    PersonId,
    StopId,
    WorkerId,
)
from gateway.domain.keys import KeyPath
from gateway.domain.receipt import StopTold
from gateway.domain.registry import (
    LookUp,
    NewAgency,
    NewAssignment,
    NewAuthority,
    NewClient,
    NewDossier,
    NewOrder,
    NewPerson,
    NewWorker,
    WorkerChange,
)
from gateway.domain.vocabulary import AgencyStatus, FragmentStatus


class ActStore(Protocol):
    """Acts: each one transaction under the head lock, with its entry; each exactly once per key.

    What the family or a worker says of a consent, and what the family answers, leaves a signed receipt in
    the same transaction, under `receipt` in its `reference`.
    """

    async def standing(self, caller: Caller) -> Objection | None:
        """Why nobody of the caller's agency may act now; a family member has no agency.

        Read before the act so that nothing is said of the request; the act itself asks again under the lock.
        """

    async def refuse_act(self, note: Note) -> Recorded: ...

    async def note_act(self, note: Note) -> Done:
        """Record an act that changes nothing but the ledger: a reading of records."""

    async def object_to(self, note: Note, error: RejectedError) -> Done:
        """Bring back what the act's idempotency key brought about; where there is nothing, raise the error.

        For an act that can no longer be made, because it was made already, maybe by the same request.
        """

    async def add_agency(self, note: Note, agency: NewAgency) -> Done: ...

    async def set_agency_status(
        self, note: Note, agency: AgencyId, status: AgencyStatus, if_match: str
    ) -> Done: ...

    async def add_client(self, note: Note, client: NewClient) -> Done: ...

    async def disable_client(self, note: Note, client: ClientId) -> Done: ...

    async def add_worker(self, note: Note, worker: NewWorker) -> Done: ...

    async def set_worker(self, note: Note, worker: WorkerId, change: WorkerChange, if_match: str) -> Done: ...

    async def assign(self, note: Note, assignment: NewAssignment) -> Done:
        """Raises ActRefusedError where the worker's agency has no link with the person.

        A link is a fragment that it holds, a consent in force that names it, or an accepted transfer to it.
        """

    async def end_assignment(self, note: Note, assignment: AssignmentId) -> Done: ...

    async def match_person(self, note: Note, look_up: LookUp) -> Done: ...

    async def add_handle(self, note: Note, agency: AgencyId, person: PersonId, handle: str) -> Done:
        """Give an agency its own handle of a person, where it has none yet."""

    async def hand_over(self, note: Note, to: AgencyId, handle: str) -> Done:
        """Record `note.letter`; about a person, `to` is given this handle of her where it has none yet."""

    async def add_person(self, note: Note, person: NewPerson) -> Done: ...

    async def open_dossier(self, note: Note, dossier: NewDossier) -> Done: ...

    async def add_authority(self, note: Note, authority: NewAuthority) -> Done:
        """An operator's act: what a caller records, a second person approves."""

    async def ask_authority(self, note: Note, authority: NewAuthority, approval: ApprovalId) -> Done:
        """Put it to a second person; `reference` is `{authority, approval, in_force}`.

        Raises:
            ActRefusedError: The caller's agency holds no fragment of the person, or the caller benefits.
        """

    async def end_authority(self, note: Note, authority: AuthorityId) -> Done: ...

    async def add_order(self, note: Note, order: NewOrder) -> Done: ...

    async def record_instrument(
        self,
        note: Note,
        order: NewOrder,
        asked: tuple[ApprovalId, str],
        workers: Collection[tuple[str, str | None]],
    ) -> Done:
        """Put it to a second person: a prohibition holds meanwhile, a requirement does not.

        `asked` is the approval's id, and which judgment it is; `workers` are those it names, each with the
        agency beside her. `reference` is `{instrument, approval, in_force}`.

        Raises:
            ActRefusedError: The caller's agency holds no fragment of the person, or it is to her advantage.
            MalformedError: A worker whom nobody has.
        """

    async def end_instrument(self, note: Note, instrument: OrderId, approval: ApprovalId) -> Done:
        """End a requirement, or ask a second person to end a prohibition; `in_force` says which."""

    async def answer_approval(self, note: Note, approval: ApprovalId, answer: Answer) -> Done:
        """Answer once; what is approved takes effect in the same transaction.

        Raises:
            ActRefusedError: There is none, or the caller is no second person, or would benefit.
            ConflictError: It has been answered by somebody else, or otherwise.
        """

    async def add_finding(self, note: Note, finding: Finding, *, narrows: bool) -> Done:
        """Write a first revision; `reference` is `{finding, revision}`. `narrows`: also for the journal.

        Raises:
            ActRefusedError: The caller's agency is no member any more.
            ConflictError: The person is unknown.
        """

    async def change_finding(self, note: Note, finding: Finding, *, narrows: bool) -> Done:
        """Write the next revision, `finding.revision`, of a record that stands at the one before.

        Raises:
            ContendedError: It stands at another revision.
        """

    async def answer_transfer(self, note: Note, transfer: Finding, *, narrows: bool) -> Done:
        """Write the family's answer, which is the transfer's next state; raises as `change_finding`."""

    async def refuse_recommendation(self, note: Note, ref: FragmentRef) -> Done: ...

    async def sign_transfer(self, note: Note, transfer: Finding) -> Done:
        """Write the next revision of a transfer; where it is completed, end the sender's assignment too."""

    async def key_path(self, owner: AgencyId, person: PersonId) -> KeyPath:
        """The current keys of this agency for this person, made at first use."""

    async def deposit(
        self,
        note: Note,
        ref: FragmentRef,
        labels: Labels,
        manifest: Manifest,
        sections: Sequence[SealedSection],
        *,
        if_match: str | None = None,
    ) -> Done:
        """`reference` is `{fragment, version, etag}`; `if_match` is the etag of the version before, if any.

        Raises:
            PreconditionFailedError: The fragment is at another version or etag.
            NotAllowedError: The owner is not, or no longer, a member.
        """

    async def relabel(self, note: Note, fragment: FragmentId, labels: NewLabels, if_match: str) -> Done: ...

    async def set_fragment_status(
        self, note: Note, fragment: FragmentId, status: FragmentStatus, if_match: str
    ) -> Done:
        """Raises ConflictError where a fragment in its state does not become this."""

    async def erase(self, note: Note, fragment: FragmentId, if_match: str) -> Done:
        """`reference` is `{fragment, etag, content}`: names of sealed content that nothing links any more."""

    async def give(
        self, note: Note, directive: Directive, replaces: tuple[ConsentId, int] | None
    ) -> Done: ...

    async def withdraw(self, note: Note, judged: Directive) -> Done:
        """End the newest version of the lineage.

        Raises:
            ContendedError: It is a refusal now where a permit was judged, or the reverse.
        """

    async def stop(self, note: Note, directive: Directive, reach: StopReach) -> Done: ...

    async def undo_stop(self, note: Note, stop: StopId) -> Done: ...

    async def tell_stop(self, note: Note, told: StopTold) -> Done:
        """Add the receipt of a stop that says what continues; told again, `reference` names the first."""
