"""Register a worker of an agency, with her roles."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act, administration_of
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NETWORK_ROLES, NewWorker, check_worker_roles
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class RegisterWorker:
    """Roles are the gateway's own records, never a token's claims; what reaches further the network gives."""

    registrar: Registrar

    async def __call__(
        self, caller: Caller, worker: NewWorker, *, once: Once | None = None
    ) -> Done | Refused:
        """Register her under the identity that an issuer vouches for.

        Raises:
            MalformedError: No role, a role twice, or a family role.
            ConflictError: The identifier or the identity is taken, or the agency is unknown.
        """
        check_worker_roles(worker.roles)
        act = administration_of(caller, worker.agency)
        if worker.network_wide or not NETWORK_ROLES.isdisjoint(worker.roles):
            act = Act.ADMINISTER_NETWORK
        detail = {
            "worker": worker.id,
            "of": worker.agency,
            "roles": sorted(worker.roles),
            "network_wide": worker.network_wide,
        }
        errand = Errand(caller, act, EntryKind.WORKER_REGISTERED, worker.agency, detail, once=once)
        return await self.registrar(errand, lambda note: self.registrar.acts.add_worker(note, worker))
