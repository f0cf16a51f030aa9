"""What a question about a fragment needs from the store."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.domain.access import NOTHING_STATED, Recorded, Stated
from gateway.domain.acting import Once
from gateway.domain.bearer import Bearer, Proof
from gateway.domain.caller import Caller
from gateway.domain.counts import Over
from gateway.domain.facts import Attempt, Epochs, Facts, FragmentRef, IdempotencyClaim, Stretch, Turned
from gateway.domain.fragment import SealedContent
from gateway.domain.ids import AgencyId, DossierId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role


class ReleaseStore(Protocol):
    async def facts(
        self,
        caller: Caller,
        fragment: FragmentId,
        purpose: str,
        now: Instant,
        *,
        every_directive: bool,
        stated: Stated = NOTHING_STATED,
    ) -> Facts:
        """The epochs of every scope concerned, then the facts, in one snapshot.

        An unknown fragment gives the facts of a decoy, told apart only by the missing link. An emergency
        that is unknown, or another worker's, is as if none had been named.
        """

    async def claim(self, client: str, once: Once) -> IdempotencyClaim:
        """Answer an `Idempotency-Key` as it is kept, with how often it was used."""

    async def record(self, attempt: Attempt) -> Recorded | Turned | Over:
        """Append the entry and commit, if everything the decision rests on still stands.

        Raises:
            LedgerUnavailableError: Nothing is known to be written; nothing may leave.
            QuarantinedError: The ledger takes no entry until a person has looked.
        """

    async def sealed(self, ref: FragmentRef) -> SealedContent: ...


class WatchStore(Protocol):
    async def stands(self, epochs: Epochs, until: Instant) -> bool:
        """Whether these epochs still stand, and the store's clock is before `until`."""


class CallerStore(Protocol):
    async def caller(self, bearer: Bearer, role: Role | None) -> Caller:
        """The registered client and account behind a verified token.

        Raises:
            UnauthenticatedError: Unknown or disabled client, unknown account.
            MalformedError: Several roles and none chosen, or a role the account does not have.
        """

    async def take(self, proof: Proof) -> bool:
        """Use a proof up, in whichever process; False where it was used before."""


class ListStore(Protocol):
    async def dossier(self, caller: Caller, dossier: DossierId, now: Instant) -> Mapping[str, Any] | None:
        """`{id, person, created_at}` if the caller may know of it, else None: absent and "not yours" alike.

        She may if her agency holds a handle of the person, she is the person, or she holds an authority.
        """

    async def dossiers(
        self, caller: Caller, now: Instant, after: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """The next dossiers of persons she is assigned to, is, or holds an authority over: as `dossier`."""

    async def handle_of(self, agency: AgencyId | None, person: PersonId) -> str | None:
        """How this agency names the person; a family member names persons by their own identifiers."""

    async def fragment(self, fragment: FragmentId) -> Mapping[str, Any] | None:
        """Its row; who may know of it is for the use case to settle.

        `{id, dossier, person, owner, category, sensitivity, status, youth_alone, created_at, version,
        revision}`.
        """

    async def dossier_of(self, person: PersonId) -> DossierId | None:
        """The person's one dossier; who may know of it is for the use case to settle."""

    async def dossier_facts(
        self, caller: Caller, page: Stretch, purpose: str, now: Instant, stated: Stated = NOTHING_STATED
    ) -> Sequence[Facts]:
        """The facts of a dossier's next fragments in the order of their ids, at most `limit` <= 50."""
