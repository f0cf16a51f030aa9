"""One gateway that a race gives orders to: plain JSON in, plain JSON out, with monotonic instants.

`time.monotonic_ns` is one clock for every process of the machine, so the instants of several gateways
compare. An order may hold `at`: the instant before which it does not begin.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from hashlib import sha256

from sqlalchemy import bindparam, select

from gateway.adapters.clock import SystemClock
from gateway.adapters.identity.key_making import read_client_key
from gateway.adapters.sql.acts.policies import activate
from gateway.adapters.sql.append import owner_of
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change
from gateway.adapters.sql.tables import entries
from gateway.domain.access import Recorded, Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.bearer import Proof
from gateway.domain.caller import Caller
from gateway.domain.consent import ReachKind, Recipient, StopReach
from gateway.domain.counts import Over
from gateway.domain.errors import GatewayError
from gateway.domain.facts import Attempt, Turned
from gateway.domain.giving import Given, Terms
from gateway.domain.ids import AgencyId, ClientId, ConsentId, FragmentId, PersonId, StopId
from gateway.domain.instants import Instant
from gateway.domain.issuing import Issued, Shown
from gateway.domain.ledger import EntryKind, unpack_parts
from gateway.domain.vocabulary import Role
from gateway.releasing import Asked, Released
from gateway.usecases.give_consent import Agreed
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.undo_stop import Lifted, Undo
from gateway.usecases.withdraw_consent import Withdrawal
from gateway.wiring.parts import Parts
from gateway.wiring.service import ProcessReadiness
from gateway.wiring.usecases import build_use_cases
from tests.support.race_faults import seeded
from tests.support.race_network import ASKING, CLINIC, FAMILY, SCHOOL
from tests.support.race_registry import ORDERS, Told, note_of, told_of
from tests.support.race_teams import ORDERS as OF_TEAMS
from tests.support.stack import Stack, bearer

DAY_US = 24 * 3600 * 1_000_000
OTHER_POLICY = "ab" * 32

_OF_PERSON = (
    select(entries.c.idx, entries.c.kind, entries.c.outcome, entries.c.decision_id, entries.c.parts)
    .where(entries.c.person_handle == bindparam("of_person"), entries.c.idx >= bindparam("since"))
    .order_by(entries.c.idx)
)


@dataclass
class ShiftedClock:
    """The system's clock, so many microseconds ahead."""

    ahead_us: int = 0

    def now(self) -> Instant:
        return Instant(SystemClock().now() + self.ahead_us)


@dataclass
class Span:
    """When the transaction of an act ran, and how often the fence sent an attempt back for new facts."""

    asked: int = 0
    committed: int = 0
    moved: int = 0


_span: ContextVar[Span] = ContextVar("the span of this order")


@dataclass
class Gate:
    """Does what it is told, and tells when it began, when it ended and what came of it."""

    stack: Stack
    clock: ShiftedClock = field(default_factory=ShiftedClock)
    fault: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def on(cls, stack: Stack) -> "Gate":
        """Watch the one writer of this gateway, and put its clock into our hands."""
        gate, parts = cls(stack), stack.parts
        parts.clock = parts.writer.clock = gate.clock
        _watch(parts)
        gate.stack = Stack(parts, build_use_cases(parts))
        return gate

    async def do(self, order: Told) -> Told:
        """Carry out one order; a refusal and an error of ours are answers."""
        wait = order.get("at", 0) - time.monotonic_ns()
        if wait > 0:
            await asyncio.sleep(wait / 1e9)
        span = Span()
        _span.set(span)
        started = time.monotonic_ns()
        try:
            registered = {**ORDERS, **OF_TEAMS}.get(order["do"])
            if registered is not None:
                told = await registered(self.stack.parts, order)
            else:
                told = await self._orders[order["do"]](self, order)
        except GatewayError as error:
            told = {"answer": type(error).__name__}
        ended = time.monotonic_ns()
        times = {"started": started, "ended": ended, "asked": span.asked, "committed": span.committed}
        return {**told, **times, "moved": span.moved}

    async def _release(self, order: Told) -> Told:
        caller = await self._asking(order)
        asked = Asked(
            caller, FragmentId(order["fragment"]), "coordination", "", order.get("key"), b"one body"
        )
        answer = await self.stack.uses.release(asked)
        index = None if answer.entry is None else answer.entry.index
        kind = "released" if isinstance(answer, Released) else "refused"
        return {"answer": kind, "index": index, "reasons": list(answer.decision.reasons)}

    async def _asking(self, order: Told) -> Caller:
        """The one who asks: with a token of her own each time, or one that several requests share."""
        subject, client = ASKING
        asking = bearer(subject, order.get("client", client))
        if "token" in order:
            asking = replace(asking, token_id=sha256(order["token"].encode()).digest())
        return await self.stack.parts.store.caller(asking, None)

    async def _give(self, order: Told) -> Told:
        terms = Terms(
            decision="permit",
            recipients=(Recipient(agency=AgencyId(CLINIC)),),
            owners=(AgencyId(SCHOOL),),
            purposes=("coordination",),
            categories=("family_situation",),
            until_at=Instant(SystemClock().now() + 100 * DAY_US),
            one_time=order.get("one_time", False),
        )
        parent = await self.stack.caller(*FAMILY, Role.GUARDIAN)
        given = Given(parent, order["child"], terms, "family_access", once=_once(order))
        return _told(await self.stack.uses.give_consent(given))

    async def _withdraw(self, order: Told) -> Told:
        parent = await self.stack.caller(*FAMILY, Role.GUARDIAN)
        asked = Withdrawal(parent, ConsentId(order["consent"]), "family_access", _once(order))
        return _told(await self.stack.uses.withdraw_consent(asked))

    async def _stop(self, order: Told) -> Told:
        parent = await self.stack.caller(*FAMILY, Role.GUARDIAN)
        stop = Stop(parent, order["child"], StopReach(ReachKind.ALL), once=_once(order))
        return _told(await self.stack.uses.stop_sharing(stop))

    async def _undo(self, order: Told) -> Told:
        parent = await self.stack.caller(*FAMILY, Role.GUARDIAN)
        return _told(await self.stack.uses.undo_stop(Undo(parent, StopId(order["stop"]))))

    async def _activate(self, order: Told) -> Told:
        parts, note = self.stack.parts, note_of(self.stack.parts, EntryKind.POLICY_ACTIVATED)
        digest = OTHER_POLICY if order["to"] == "other" else parts.policy.digest
        await activate(parts.database, parts.writer, note, digest, b"{}")
        rows = await parts.ledger.entries({"decision_id": note.decision_id}, None, 1)
        return {"answer": "done", "index": rows[0]["index"] if rows else None}

    async def _entries(self, order: Told) -> Told:
        """Every entry about a child from an index on, with the consents that it relied on."""
        keys, person = self.stack.parts.state.keyring, order["child"]
        owners = self.stack.parts.writer.owners

        async def read(tx: Tx) -> list[Told]:
            key = await owners.require(tx, owner_of(PersonId(person), None))
            found = []
            rows = await tx.all(_OF_PERSON, of_person=keys.handle("person", person), since=order["since"])
            for row in rows:
                sealed = unpack_parts(row["parts"])[0][16:]
                found.append({**row, "detail": keys.unseal_part(key, row["decision_id"], 0, sealed)})
            return found

        rows = await self.stack.parts.database.snapshot(read)
        return {"answer": "done", "rows": [_shown(row) for row in rows]}

    async def _register(self, order: Told) -> Told:
        """Give the asking client a public key."""
        key = read_client_key(order["key"], field="key")
        client = ClientId(ASKING[1])
        return _told(await self.stack.parts.issuing.add_client_key(note_of(self.stack.parts), client, key))

    async def _token(self, order: Told) -> Told:
        """Ask for a token with a form and a proof that was verified elsewhere."""
        tokens = self.stack.uses.tokens
        assert tokens is not None
        thumbprint, replay, until = order["shown"]
        answer = await tokens.issue(order["form"], Shown(thumbprint, Proof(replay, Instant(until))))
        return {"answer": "issued" if isinstance(answer, Issued) else answer.why}

    async def _set(self, order: Told) -> Told:
        """Seed a fault (or none), and put the clock ahead by so many seconds."""
        self.fault.close()
        self.fault.enter_context(seeded(order.get("fault", "")))
        self.clock.ahead_us = int(order.get("ahead_s", 0) * 1_000_000)
        return {"answer": "done"}

    async def _ready(self, order: Told) -> Told:
        del order
        return {"answer": "done", "parts": dict(await ProcessReadiness(self.stack.parts).check())}

    _orders: dict[str, Callable[["Gate", Told], Awaitable[Told]]] = field(
        init=False,
        repr=False,
        default_factory=lambda: {
            "release": Gate._release,
            "give": Gate._give,
            "withdraw": Gate._withdraw,
            "stop": Gate._stop,
            "undo": Gate._undo,
            "activate": Gate._activate,
            "entries": Gate._entries,
            "register": Gate._register,
            "token": Gate._token,
            "ready": Gate._ready,
            "set": Gate._set,
        },
    )


def _watch(parts: Parts) -> None:
    """Note when an act's transaction runs and which attempts the fence sends back."""
    act, record = parts.writer.act, parts.store.record

    async def watched_act(note: Note, change: Change) -> Done:
        if note.kind is EntryKind.NOTIFIED:
            return await act(note, change)  # What is told after a stop is not what narrowed.
        span = _span.get(Span())
        span.asked = time.monotonic_ns()
        done = await act(note, change)
        span.committed = time.monotonic_ns()
        return done

    async def watched_record(attempt: Attempt) -> Recorded | Turned | Over:
        answer = await record(attempt)
        _span.get(Span()).moved += answer is Turned.MOVED
        return answer

    vars(parts.writer)["act"] = watched_act
    vars(parts.store)["record"] = watched_record


def _once(order: Told) -> Once | None:
    return Once(order["key"], b"one body") if "key" in order else None


def _told(answer: Agreed | Done | Stopped | Lifted | Refused) -> Told:
    if isinstance(answer, Refused):
        return {"answer": "refused", "reasons": list(answer.decision.reasons)}
    return told_of(answer if isinstance(answer, Done) else answer.done)


def _shown(row: Told) -> Told:
    detail = json.loads(row["detail"])
    consents = [name for name, _ in detail.get("consents", [])]
    return {"index": row["idx"], "kind": row["kind"], "outcome": row["outcome"], "consents": consents}
