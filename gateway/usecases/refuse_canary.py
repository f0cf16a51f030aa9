"""Refuse a request that must be refused, and record that it was, before anybody else is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.access import Query
from gateway.domain.acting import Note
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.ports import ActStore, Clock, Ids, Policy

QUESTION: Mapping[str, Any] = {
    "profile": "QC-LRSSS",
    "subject": {
        "id": "canary:child",
        "age": 9,
        "capable": True,
        "authorities": [{"person": "canary:guardian", "authority": "sole"}],
        "orders": [],
    },
    "consents": [],
    "actor": {
        "id": "canary:worker",
        "agency": "canary:reader",
        "agency_status": "member",
        "role": "caseworker",
        "assigned": True,
        "active": True,
        "strong_auth": True,
    },
    "action": "read",
    "purpose": "coordination",
    "fragment": {
        "id": "canary:fragment",
        "owner_agency": "canary:owner",
        "category": "education",
        "sensitivity": "N",
        "status": "active",
        "created": "2026-01-01T00:00:00Z",
    },
    "context": {"consent_model": "express", "break_glass": None},
}
"""An assigned worker of a member agency, and nobody's consent: every gate opens but the last."""


@dataclass(frozen=True, slots=True)
class RefuseCanary:
    policy: Policy
    acts: ActStore
    clock: Clock
    ids: Ids

    async def __call__(self) -> None:
        """Ask what must be refused, and record the refusal.

        Raises:
            PolicyUnavailableError: It was permitted, or refused for another reason than it must be.
        """
        decision = await self.policy.decide(Query.of(QUESTION), self.clock.now())
        if decision.permitted or decision.reasons[:1] != ("NO_CONSENT",):
            raise PolicyUnavailableError("the policy did not refuse the canary as it must")
        note = Note(
            kind=EntryKind.CANARY,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=None,
            detail={"question": dict(QUESTION)},
            outcome="deny",
            reason=decision.reasons[0],
            decision=decision,
        )
        await self.acts.refuse_act(note)
