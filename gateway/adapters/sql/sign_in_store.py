"""Sign-ins as their port names them."""

from collections.abc import Sequence

from gateway.adapters.sql import sign_ins
from gateway.adapters.sql.act_store import SqlActs
from gateway.adapters.sql.acts.sign_ins import end_sign_ins, open_sign_in
from gateway.adapters.sql.callers import role_of
from gateway.adapters.sql.driver import Row
from gateway.adapters.sql.store import SqlStore
from gateway.domain.acting import Done, Note
from gateway.domain.ids import SignInId
from gateway.domain.instants import Instant
from gateway.domain.registry import Identity
from gateway.domain.sign_in import Account, Admitted, NewSignIn, SignIn
from gateway.domain.vocabulary import Role


class SqlSignIns:
    """Read anew at each request: whoever ends a sign-in in one process has ended it in all."""

    def __init__(self, store: SqlStore, acts: SqlActs) -> None:
        self._database = store.database
        self._keys = store.keys
        self._acts = acts

    async def admit(self, value: str, role: Role | None, now: Instant) -> Admitted:
        return await self._admit(value, role, now, any_role=False)

    async def admit_to_page(self, value: str, role: Role | None, now: Instant) -> Admitted:
        return await self._admit(value, role, now, any_role=True)

    async def _admit(self, value: str, role: Role | None, now: Instant, *, any_role: bool) -> Admitted:
        def choose(account: Row) -> Role:
            return sign_ins.first_role(account) if any_role and role is None else role_of(account, role)

        admitted = await self._database.snapshot(
            lambda tx: sign_ins.admit(tx, self._keys, value, choose, now)
        )
        if admitted.sign_in.is_due(now):
            await self._database.transaction(lambda tx: sign_ins.touch(tx, admitted.sign_in.id, now))
        return admitted

    async def accounts_of(self, identity: Identity) -> Sequence[Account]:
        return await self._database.snapshot(lambda tx: sign_ins.accounts_of(tx, self._keys, identity))

    async def list_live(self, account: str, now: Instant) -> Sequence[SignIn]:
        return await self._database.snapshot(lambda tx: sign_ins.list_live(tx, account, now))

    async def open(self, note: Note, new: NewSignIn) -> Done:
        return await self._acts.act(note, open_sign_in(self._keys, note, new))

    async def end(self, note: Note, account: str, sign_in: SignInId | None) -> Done:
        return await self._acts.act(note, end_sign_ins(note, account, sign_in))
