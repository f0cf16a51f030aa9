"""Change a worker's roles, disable her account, or enable it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import NOT_FOR_ROLE, Act, administration_of, has
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError, PreconditionRequiredError
from gateway.domain.ids import AgencyId, WorkerId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NETWORK_ROLES, WorkerChange, check_worker_roles
from gateway.domain.vocabulary import Role
from gateway.ports import LedgerStore, RegistryStore
from gateway.registering import Errand, Registrar, acknowledged, known_to


@dataclass(frozen=True, slots=True)
class ChangeWorker:
    """Nobody changes her own account; what reaches beyond the agency is the network's to give."""

    registrar: Registrar
    registry: RegistryStore
    ledger: LedgerStore

    async def __call__(
        self,
        caller: Caller,
        worker: WorkerId,
        change: WorkerChange,
        *,
        if_match: str,
        once: Once | None = None,
    ) -> Done | Refused:
        """Change the account whose etag is `if_match`; from its entry on, what was taken away is gone.

        Raises:
            MalformedError: Nothing to change, or roles that are none of a worker's.
            PreconditionRequiredError: No etag was given.
            PreconditionFailedError: The account has changed since.
        """
        if change.roles is None and change.active is None:
            raise MalformedError("a change says what changes", field="roles")
        if change.roles is not None:
            check_worker_roles(change.roles)
        if not if_match:
            raise PreconditionRequiredError("a change names the etag that it is based on", field="If-Match")
        kind = EntryKind.WORKER_DISABLED if change.active is False else EntryKind.WORKER_CHANGED
        row = await self.registry.row("workers", worker)
        act = Act.ADMINISTER_AGENCY if row is None else administration_of(caller, AgencyId(row["agency"]))
        over = known_to(caller, act, row)
        detail = {"worker": worker, **change.to_detail()}
        far = row is not None and bool(row["network_wide"])
        allowed = worker != caller.worker and _may_give(caller, change.roles, far=far)
        besides = None if allowed else NOT_FOR_ROLE
        narrows = row is not None and _only_takes(change, row)
        errand = Errand(caller, act, kind, over, detail, once=once, besides=besides, narrows=narrows)
        done = await self.registrar(
            errand, lambda note: self.registrar.acts.set_worker(note, worker, change, if_match)
        )
        return await acknowledged(done, self.ledger)


def _only_takes(change: WorkerChange, row: Mapping[str, Any]) -> bool:
    """Whether the change gives no role that the account has not, and enables nothing."""
    return change.active is None and change.roles is not None and set(change.roles) <= set(row["roles"])


def _may_give(caller: Caller, roles: tuple[Role, ...] | None, *, far: bool) -> bool:
    """Whether these roles are the caller's to give: those of a network-wide account are the network's."""
    if roles is None or (not far and NETWORK_ROLES.isdisjoint(roles)):
        return True
    return has(caller, Act.ADMINISTER_NETWORK)
