"""Found a network: its first agency, with a client and an administrator who reaches all of it."""

from dataclasses import dataclass, replace

from gateway.domain.acting import Done, Note
from gateway.domain.errors import MalformedError
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewAgency, NewClient, NewWorker, check_agency
from gateway.domain.vocabulary import Role
from gateway.domain.workforce import read_identity
from gateway.ports import Ids, KeyReader, OnboardingStore


@dataclass(frozen=True, slots=True)
class Foundation:
    """`administrator`'s roles are not asked: she administers the network, and reads no content.

    `key` is the client's public JWK, for the gateway's own token endpoint; without one, she has an identity.
    """

    agency: NewAgency
    client: NewClient
    administrator: NewWorker
    key: object | None = None


@dataclass(frozen=True, slots=True)
class FoundNetwork:
    """An operator's act, once: its entry names the operating-system user.

    From then on every agency, client and worker is somebody's act in the network, never an operator's.
    """

    store: OnboardingStore
    ids: Ids
    profiles: frozenset[str]
    read_key: KeyReader

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
        key = None if foundation.key is None else self.read_key(foundation.key, field="key")
        if key is None and worker.identity is None:
            raise MalformedError("nobody could sign in: name a key or an identity", field="administrator")
        note = Note(EntryKind.NETWORK_FOUNDED, DecisionId(self.ids.new("dec")), None, detail)
        return await self.store.found_network(note, agency, (client, key), worker)
