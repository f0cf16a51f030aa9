"""Ways in as their port names them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from gateway.adapters.sql import challenges, enrolments, tries
from gateway.adapters.sql.act_store import SqlActs
from gateway.adapters.sql.acts import enrolments as changes
from gateway.adapters.sql.acts.interest import is_party
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.store import SqlStore
from gateway.domain.acting import Done, Note
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.enrolments import Enrolment, EnrolmentId, KeptPasskey, NewCode, NewPasskey, PaperCode
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.tries import Rule
from gateway.ports import Bucket


class SqlEnrolments:
    """Reads from one instant of the database; acts as every other act is done."""

    def __init__(self, store: SqlStore, acts: SqlActs) -> None:
        self._database = store.database
        self._vault = Vault(store.keys, store.writer.owners)
        self._keys = store.keys
        self._acts = acts

    async def enrolment(self, enrolment: EnrolmentId) -> Enrolment | None:
        return await self._database.snapshot(lambda tx: enrolments.find_enrolment(tx, enrolment))

    async def code(self, code: PaperCode) -> Enrolment | None:
        return await self._database.snapshot(lambda tx: enrolments.find_code(tx, self._keys, code))

    async def is_party(self, caller: Caller, line: Directive, printer: str | None) -> bool:
        return await self._database.snapshot(lambda tx: is_party(tx, caller, line, printer))

    async def is_all_over(self, enrolment: EnrolmentId) -> bool:
        return await self._database.snapshot(lambda tx: enrolments.is_all_over(tx, enrolment))

    async def of_account(self, account: str) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(lambda tx: enrolments.list_enrolments(tx, self._vault, account))

    async def printed_by(self, agency: AgencyId, person: PersonId) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(lambda tx: enrolments.list_printed(tx, agency, person))

    async def is_account_open(self, account: str) -> bool:
        return await self._database.snapshot(lambda tx: enrolments.is_account_open(tx, account))

    async def is_born(self, person: PersonId | None, day: date) -> bool:
        return await self._database.snapshot(lambda tx: enrolments.is_born(tx, self._vault, person, day))

    async def passkey(self, credential: bytes) -> KeptPasskey | None:
        return await self._database.snapshot(lambda tx: enrolments.find_passkey(tx, self._vault, credential))

    async def take_try(self, counted: Sequence[tuple[Bucket, Rule]], at: Instant) -> int:
        blind = [(self._bucket(bucket), rule) for bucket, rule in counted]
        return await self._database.transaction(lambda tx: tries.take_try(tx, blind, at))

    async def settle_try(self, forgotten: Bucket, given_back: tuple[Bucket, Rule]) -> None:
        async def settle(tx: Tx) -> None:
            await tries.forget_tries(tx, self._bucket(forgotten))
            await tries.give_back(tx, self._bucket(given_back[0]), given_back[1])

        await self._database.transaction(settle)

    async def give_back(self, bucket: Bucket, rule: Rule) -> None:
        blind = self._bucket(bucket)
        await self._database.transaction(lambda tx: tries.give_back(tx, blind, rule))

    def challenge_to_all(self, noise: bytes, until: Instant) -> bytes:
        return challenges.make_challenge(self._keys, noise, until)

    async def use_challenge_to_all(self, challenge: bytes, at: Instant) -> bool:
        until = challenges.find_end(self._keys, challenge)
        if until is None or at >= until:
            return False
        kept = self._keys.secret_handle("challenge", challenge)
        return await self._database.transaction(lambda tx: challenges.use_challenge(tx, kept, until))

    async def put_challenge(self, challenge: bytes, account: str, until: Instant) -> None:
        kept = self._keys.secret_handle("challenge", challenge)
        await self._database.transaction(lambda tx: challenges.put_challenge(tx, kept, account, until))

    async def take_challenge(self, challenge: bytes, account: str, at: Instant) -> bool:
        kept = self._keys.secret_handle("challenge", challenge)
        return await self._database.transaction(lambda tx: challenges.take_challenge(tx, kept, account, at))

    async def count_use(self, enrolment: EnrolmentId, seen: int, count: int) -> bool:
        return await self._database.transaction(lambda tx: changes.count_use(tx, enrolment, seen, count))

    async def print_code(self, note: Note, new: NewCode) -> Done:
        return await self._acts.act(note, changes.print_code(self._vault, note, new))

    async def add_passkey(self, note: Note, new: NewPasskey, by: Enrolment | None) -> Done:
        return await self._acts.act(note, changes.add_passkey(self._vault, note, new, by))

    async def revoke(self, note: Note, enrolment: Enrolment, *, alone: bool = False) -> Done:
        return await self._acts.act(note, changes.revoke(note, enrolment, alone=alone))

    def _bucket(self, bucket: Bucket) -> bytes:
        kind, what = bucket
        return self._keys.secret_handle(f"tries/{kind}", what.encode())
