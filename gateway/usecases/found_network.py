"""Found a network: its first agency, with a client and an administrator who reaches all of it."""

from dataclasses import dataclass, replace

from gateway.domain.acting import Done, Note
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewAgency, NewClient, NewWorker, check_agency
from gateway.domain.vocabulary import Role
from gateway.domain.workforce import read_identity
from gateway.ports import Ids, OnboardingStore


@dataclass(frozen=True, slots=True)
class Foundation:
    """`administrator`'s roles are not asked: she administers the network, and reads no content."""

    agency: NewAgency
    client: NewClient
    administrator: NewWorker


@dataclass(frozen=True, slots=True)
class FoundNetwork:
    """An operator's act, once: its entry names the operating-system user.

    From then on every agency, client and worker is somebody's act in the network, never an operator's.
    """

    store: OnboardingStore
    ids: Ids
    profiles: frozenset[str]

    async def __call__(self, foundation: Foundation, *, operator: str) -> Done:
        """Write all of it, or nothing.

        Raises:
            MalformedError: An unknown profile, a name of the wrong length, an identity that is none.
            ConflictError: There is an agency or an account already.
        """
        agency, client, named = foundation.agency, foundation.client, foundation.administrator
        check_agency(agency, self.profiles)
        if named.identity is not None:
            read_identity(named.identity.issuer, named.identity.subject)
        worker = replace(named, agency=agency.id, roles=(Role.AGENCY_ADMIN,), network_wide=True)
        detail = {
            "operator": operator,
            "act": "found_network",
            "agency": agency.id,
            "client": client.id,
            "worker": worker.id,
            "roles": sorted(worker.roles),
        }
        note = Note(EntryKind.NETWORK_FOUNDED, DecisionId(self.ids.new("dec")), None, detail)
        return await self.store.found_network(note, agency, client, worker)
