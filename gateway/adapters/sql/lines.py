"""Turning an attempt or an act into a line of the ledger, before the head is locked."""

import hashlib
from collections import OrderedDict
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.adapters.sql.append import Line, join_objects
from gateway.adapters.sql.outbox import Owed, owed_by, told_by
from gateway.domain.access import Decision, View
from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.facts import Attempt
from gateway.domain.holding import Terms
from gateway.domain.ids import PersonId
from gateway.domain.instants import to_text
from gateway.domain.ledger import EntryKind
from gateway.domain.notices import limited, tells
from gateway.domain.questions import to_judged, to_snapshot
from gateway.domain.telling import happening_of_attempt, part_of, told_of_act, told_of_attempt
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import RecordKey, RecordKeys

_SORTED = orjson.OPT_SORT_KEYS


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What every entry of one decision on one set of facts has in common, rendered once."""

    decision: Decision
    kind: EntryKind
    detail: bytes
    viewers: tuple[tuple[str, bytes], ...]
    search: Mapping[str, object]
    snapshot: bytes
    owed: Owed | None


class AttemptLines:
    """Makes the entries of judged attempts; what is the same for all of one decision is kept."""

    def __init__(self, keys: RecordKeys, purposes: Container[str], terms: Terms, limit: int = 4096) -> None:
        self._keys = keys
        self._purposes = purposes
        self._terms = terms
        self._limit = limit
        self._kept: OrderedDict[bytes, _Prepared] = OrderedDict()

    def make(self, key: RecordKey, attempt: Attempt, stored: Container[bytes]) -> Line:
        """The entry of an attempt; `stored` holds the handles of snapshots that are known to be kept."""
        keys, caller, facts = self._keys, attempt.caller, attempt.facts
        prepared = self._kept.get(facts.memo_key)
        if prepared is None or prepared.decision is not attempt.decision or prepared.kind is not attempt.kind:
            prepared = self._kept[facts.memo_key] = _prepare(keys, attempt, self._purposes, self._terms)
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        own = orjson.dumps(
            {
                **attempt.detail,
                "client": caller.client,
                "strong": caller.bearer.strong,
                "token": caller.bearer.token_id.hex(),
                **_mark(caller),
                "decided_at": to_text(attempt.decided_at),
            }
        )
        handle = prepared.snapshot
        known = handle in stored
        return Line(
            kind=attempt.kind,
            decision_id=attempt.decision_id,
            policy_digest=bytes.fromhex(attempt.decision.policy_digest),
            key=key,
            part0=keys.seal_part(key, attempt.decision_id, 0, join_objects(own, prepared.detail)),
            viewers=prepared.viewers,
            search=prepared.search,
            snapshot=(handle, b"" if known else keys.seal_snapshot(key, handle, facts.query.canonical)),
            told=None if prepared.owed is None else told_by(keys, key, attempt.decision_id, prepared.owed),
        )


def _prepare(keys: RecordKeys, attempt: Attempt, purposes: Container[str], terms: Terms) -> _Prepared:
    facts, decision, caller = attempt.facts, attempt.decision, attempt.caller
    fragment, whole = facts.fragment, told_of_attempt(attempt)
    detail = {
        "account": caller.account,
        "agency": caller.agency,
        "role": str(caller.role),
        **_decided(decision),
        "kind": str(attempt.kind),
        "action": facts.query.document["action"],
        "purpose": attempt.purpose,
        "listed": attempt.purpose in purposes,
        "person": fragment.person,
        "fragment": fragment.id,
        "version": fragment.version,
        "owner": fragment.owner,
        "category": fragment.category,
        "consent": None,
        "epochs": facts.epochs,
        "facts": facts.query.digest.hex(),
        "viewers": _levels(attempt.views),
    }
    return _Prepared(
        decision=decision,
        kind=attempt.kind,
        detail=orjson.dumps(detail, option=_SORTED),
        viewers=tuple(
            (viewer_handle(keys, person, fragment.person), orjson.dumps(told, option=_SORTED))
            for person, level in attempt.views.items()
            if (told := part_of(whole, level)) is not None
        ),
        search=search_columns(keys, detail),
        snapshot=keys.snapshot_handle(facts.query.digest),
        owed=_owed(attempt, terms),
    )


def _owed(attempt: Attempt, terms: Terms) -> Owed | None:
    caller = attempt.caller
    if attempt.decision.reasons[:1] == (EnforcementReason.RATE_LIMITED,):
        told = limited(caller.agency, caller.account, attempt.decided_at)
        return owed_by(happening_of_attempt(attempt), terms, told)
    if not tells(attempt.decision.obligations, attempt.views):
        return None
    return owed_by(happening_of_attempt(attempt), terms)


def line_of_note(
    keys: RecordKeys, key: RecordKey, note: Note, policy_digest: str, purposes: Container[str]
) -> Line:
    """The entry of an act."""
    caller, decision, whole = note.caller, note.decision, told_of_act(note)
    detail = {
        **note.detail,
        **(_who(caller) if caller is not None else {"account": None, "agency": None}),
        **(_decided(decision) if decision is not None else {"reasons": [note.reason] if note.reason else []}),
        "outcome": note.outcome,
        "kind": str(note.kind),
        "purpose": note.purpose,
        "listed": note.purpose in purposes,
        "person": note.person,
        "fragment": note.fragment,
        "consent": note.consent,
        "owner": note.owner,
        "epochs": note.epochs,
        "viewers": _levels(note.views),
        "asked": note.asked or (() if note.question is None else (note.question,)),
    }
    facts = _kept_questions(note, key.owner, detail)
    handle = None if facts is None else keys.snapshot_handle(hashlib.sha256(facts).digest())
    return Line(
        kind=note.kind,
        decision_id=note.decision_id,
        policy_digest=bytes.fromhex(policy_digest),
        key=key,
        part0=keys.seal_part(key, note.decision_id, 0, orjson.dumps(detail, option=_SORTED)),
        viewers=tuple(
            (viewer_handle(keys, viewer, note.person), orjson.dumps(told, option=_SORTED))
            for viewer, level in note.views.items()
            if note.person is not None and (told := part_of(whole, level)) is not None
        ),
        search=search_columns(keys, detail),
        snapshot=None
        if facts is None or handle is None
        else (handle, keys.seal_snapshot(key, handle, facts)),
    )


def _kept_questions(note: Note, owner: str, detail: dict[str, Any]) -> bytes | None:
    """What the policy was asked, to stand beside the entry; `detail` then says how the answers count."""
    said = note.words if note.decision is None else (note.decision,)
    asked = [one for one in said if one.questions is not None]
    answers = [] if note.decision is not None else [_decided(one) for one in asked]
    facts = to_snapshot(asked, owner)
    detail |= to_judged(asked, answers)
    detail["facts"] = None if facts is None else hashlib.sha256(facts).hexdigest()
    return facts


def search_columns(keys: RecordKeys, detail: Mapping[str, Any]) -> dict[str, object]:
    """The search columns that follow from the officers' part; a row where they differ was altered.

    A purpose that no vocabulary lists is whatever its caller typed: it stays in the sealed part (promise P5).
    """
    reasons = detail["reasons"]
    return {
        "outcome": detail["outcome"],
        "reason": reasons[0] if reasons else "",
        "purpose": detail["purpose"] if detail["listed"] else "",
        "agency": detail["agency"],
        "owner_agency": detail["owner"],
        "person_handle": _handle(keys, "person", detail["person"]),
        "account_handle": _handle(keys, "account", detail["account"]),
        "fragment_handle": _handle(keys, "fragment", detail["fragment"]),
        "consent_handle": _handle(keys, "consent", detail["consent"]),
    }


def _handle(keys: RecordKeys, kind: str, value: str | None) -> bytes | None:
    return None if value is None else keys.handle(kind, value)


def viewer_handle(keys: RecordKeys, viewer: str, subject: PersonId) -> str:
    """One chain per viewer and person: hidden entries of either leave no gap in the other's rows."""
    return keys.handle("viewer", f"{viewer}\n{subject}").hex()


def _who(caller: Caller) -> dict[str, Any]:
    """Both identities: the client that held the token and the account that acted through it."""
    return {
        "client": caller.client,
        "account": caller.account,
        "agency": caller.agency,
        "role": str(caller.role),
        "strong": caller.bearer.strong,
        "token": caller.bearer.token_id.hex(),
        **_mark(caller),
    }


def _mark(caller: Caller) -> dict[str, Any]:
    """How she had signed in, and by which enrolment; an access token leaves no mark."""
    return {} if caller.way is None else {"way": str(caller.way), "enrolment": caller.enrolment}


def _decided(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": str(decision.outcome),
        "basis": decision.basis,
        "reasons": decision.reasons,
        "obligations": sorted(decision.obligations),
        "withheld": sorted(decision.withheld),
        "hidden": not decision.disclose_existence,
        "consents": [[used.id, used.version] for used in decision.consents_used],
        "instruments": decision.instrument_ids,
        "policy": decision.policy_digest,
        "engine": decision.engine,
    }


def _levels(views: Mapping[PersonId, View]) -> dict[str, str]:
    return {person: str(level) for person, level in views.items()}
