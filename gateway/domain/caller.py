"""The caller: the authenticated worker or family member asking, for exactly one agency, in one role."""

from dataclasses import dataclass

from gateway.domain.bearer import Bearer
from gateway.domain.ids import AgencyId, ClientId, PersonId, SignInId, WorkerId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import FAMILY_ROLES, Role
from gateway.domain.way import Way


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; built by the store from the registered client and the record behind (`iss`, `sub`).

    `worker` is set for the professional roles, `person` for guardian and youth; never both. `epochs` are
    those of the client and of the account, read together with their records: a decision taken for this
    caller is recorded only while they stand.

    Of somebody in a browser, `sign_in` is hers, `way` how she proved who she is, and `enrolment` with which
    passkey or paper code. `is_stale` says that this was too long ago for what shows content or opens a door:
    such a use case refuses with `STEP_UP_REQUIRED`; what narrows never asks.
    Until `waits_until` what she opens takes effect a day later (`gateway.domain.widening`).
    """

    client: ClientId
    role: Role
    agency: AgencyId | None
    worker: WorkerId | None
    person: PersonId | None
    active: bool
    network_wide: bool
    bearer: Bearer
    epochs: tuple[tuple[str, int], ...]
    sign_in: SignInId | None = None
    way: Way | None = None
    enrolment: str | None = None
    is_stale: bool = False
    waits_until: Instant | None = None

    @property
    def account(self) -> str:
        """The identifier that the policy knows the caller by."""
        return str(self.worker or self.person)

    @property
    def is_family(self) -> bool:
        return self.role in FAMILY_ROLES

    def belongs_to(self, agency: AgencyId) -> bool:
        """Whether the caller acts for exactly this agency; a unit is a body of its own."""
        return self.agency is not None and self.agency == agency

    def administers(self, agency: AgencyId) -> bool:
        """Whether this agency is the caller's own or one of its units."""
        return self.agency is not None and self.agency in parents_of(agency)
