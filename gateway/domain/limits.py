"""How much may be asked within a time: one reviewed table, and what one request uses up of it.

A *budget* is how many different things somebody may ask about: each counts for an hour from its first asking,
so that in no hour more are counted than the budget has. A *rate* is how often something may be done:
the generic cell rate algorithm (ITU-T I.371, annex A), of which one row keeps all that must be known.

A count must not tell what an answer hides (promise P9). So whatever was refused as if it did not exist counts
under the very identifier that was asked for, as one that does not exist; only what an answer showed counts as
the person it is about. Of a look-up by name it counts that the agency is given a handle which it had not:
it can tell that itself, while whether others knew the person it cannot.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from gateway.domain.access import Decision, Outcome
from gateway.domain.acts import Act, ActRefusedError, Objection
from gateway.domain.caller import Caller
from gateway.domain.counts import Budget, Count, Over, Use
from gateway.domain.facts import Facts
from gateway.domain.ids import PersonId
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.vocabulary import CALLER_ALONE, Action, EnforcementReason

MINUTE_S, HOUR_S = 60, 3600

EMERGENCY = "emergency"
"""The basis of what a declared emergency opens."""


class Rate(StrEnum):
    REQUESTS = "requests"
    CONTENT = "content"
    TOLD = "told"
    TOKEN = "token"  # noqa: S105 - the name of a limit


@dataclass(frozen=True, slots=True)
class Limit:
    """`allowed` in `within_s`; the words are the operators' page."""

    allowed: int
    within_s: int
    whose: str
    counts: str
    then: str
    setting: str = ""


_REFUSED = "refused with `RATE_LIMITED`, an entry each; the officers of the agency are told once an hour"

TABLE: Mapping[Budget | Rate, Limit] = MappingProxyType(
    {
        Budget.PERSONS_OF_ACCOUNT: Limit(
            30,
            HOUR_S,
            "account",
            "different persons whose documents are asked for by release, dry run or list; of what is refused "
            "as if it did not exist, each identifier",
            f"{_REFUSED}. What a declared emergency opens is counted and never refused",
            "GATEWAY_PERSONS_PER_ACCOUNT",
        ),
        Budget.PERSONS_OF_AGENCY: Limit(
            300, HOUR_S, "agency", "the same, by all its accounts", "the same", "GATEWAY_PERSONS_PER_AGENCY"
        ),
        Budget.MISSES: Limit(
            20,
            HOUR_S,
            "account",
            "identifiers that do not exist for the caller, and look-ups of persons of whom her agency had no "
            "handle",
            f"{_REFUSED}. What she may know of goes on. Never refused: withdrawing, stopping, ending, "
            "refusing what was asked, and the look-up for an emergency or a report",
        ),
        Rate.REQUESTS: Limit(
            600,
            MINUTE_S,
            "client; account, of the family portal and of the pages",
            "requests with an accepted token or cookie",
            "refused at the door, with one entry a minute. Withdrawing, stopping, ending, refusing and "
            "declaring an emergency never wait",
        ),
        Rate.CONTENT: Limit(
            600,
            MINUTE_S,
            "the same",
            "releases and look-ups of persons, which are not among those requests",
            "the same. However many lists are asked for, what an emergency is declared for stays open",
        ),
        Rate.TOLD: Limit(1, MINUTE_S, "the same", "entries that say that the door refused", "no entry"),
        Rate.TOKEN: Limit(60, MINUTE_S, "client", "requests for a token", "refused"),
    }
)

BUDGETS: MappingProxyType[Budget, Limit] = MappingProxyType({one: TABLE[one] for one in Budget})
"""Those that the fence judges; a deployment may have its own figures for the first two."""

NEVER_COUNTED: frozenset[str] = frozenset(
    {
        "withdraw_consent",
        "withdraw_agreement",
        "stop_sharing",
        "end_sign_in",
        "refuse_recommendation",
        "answer_transfer",
        "declare_emergency",
        "submit_report",
        Act.HOLD,
        Act.MARK_IN_ERROR,
        Act.DELETE,
        Act.END_ASSIGNMENT,
        Act.END_AUTHORITY,
        Act.END_CAPACITY,
        Act.END_HARM,
        Act.END_INSTRUMENT,
        Act.RECUSE,
        Act.CLOSE_SESSION,
        Act.ADMINISTER_AGENCY,
        Act.ADMINISTER_NETWORK,
    }
)
"""Acts whose refusals count for nothing: they narrow, or a life hangs on them."""

_OURS: frozenset[str] = frozenset(EnforcementReason)


class Taken(NamedTuple):
    """How many of those asked for are let through; of none, after which wait one would be."""

    given: int
    wait_us: int
    arrival: int
    """The theoretical arrival time that is to be kept."""


class OverBudgetError(ActRefusedError):
    """Leaves an act before it changes anything; who asked for it records the refusal."""

    def __init__(self, over: Over) -> None:
        super().__init__(Objection(EnforcementReason.RATE_LIMITED, hidden=False, retry_after_s=over.wait_s))


def take(limit: Limit, arrival: int, now: Instant, wanted: int = 1) -> Taken:
    """Let through as many of those wanted as the rate allows now (GCRA, virtual scheduling).

    From a row that is not there yet (`arrival` 0) `allowed` pass at once; in any time t, no more than
    `allowed` and those that the rate makes free in t.
    """
    step = -(-limit.within_s * SECOND_US // limit.allowed)
    begins = max(arrival, now)
    free = limit.allowed - -(-(begins - now) // step)
    given = max(0, min(wanted, free))
    wait_us = 0 if given else max(0, begins - now - (limit.allowed - 1) * step)
    return Taken(given, wait_us, begins + given * step)


def count_of(caller: Caller, asked: str, facts: Facts, told: Decision) -> Count | None:
    """Say what a question about a fragment uses up, by what its asker is told.

    None where the answer would be the same of anything at all. What no reading shows (some actions need no
    link) counts under its identifier too.
    """
    reason = told.reasons[0] if told.reasons else ""
    if reason in _OURS or (not told.permitted and told.disclose_existence and reason in CALLER_ALONE):
        return None
    if not told.permitted and not told.disclose_existence:
        return _missed(caller, asked)
    if facts.query.document.get("action", Action.READ) != Action.READ:
        return Count(_persons(caller, asked))
    urgent = told.permitted and told.basis == EMERGENCY
    return Count(_persons(caller, facts.fragment.person), urgent)


def count_of_person(caller: Caller, person: PersonId) -> Count:
    """Say what a list about one person uses up."""
    return Count(_persons(caller, person))


def count_of_handle(caller: Caller, person: PersonId, *, urgent: bool) -> Count:
    """Say what a look-up uses up that brings the caller's agency a handle which it did not have."""
    return Count((Use(Budget.MISSES, caller.account, f"handle\n{person}"),), urgent)


def count_of_refusal(caller: Caller, act: str, detail: Mapping[str, Any], told: Decision) -> Count | None:
    """Say what the refusal of an act uses up: None unless it hides what was named."""
    reason = told.reasons[0] if told.reasons else ""
    if told.disclose_existence or reason in _OURS or act in NEVER_COUNTED:
        return None
    # Some details hold free text: a digest of it is remembered, not the text.
    named = json.dumps([act, {**detail}], sort_keys=True, default=str)
    return _missed(caller, hashlib.sha256(named.encode()).hexdigest())


def limited(decision: Decision) -> Decision:
    """Refuse for want of time alone, in place of what would have been answered of this or of anything."""
    return replace(
        decision,
        outcome=Outcome.DENY,
        basis="",
        reasons=(str(EnforcementReason.RATE_LIMITED),),
        obligations=frozenset({"log_access"}),
        disclose_existence=True,
        questions=None,
    )


def _missed(caller: Caller, asked: str) -> Count:
    return Count((*_persons(caller, f"id\n{asked}"), Use(Budget.MISSES, caller.account, f"id\n{asked}")))


def _persons(caller: Caller, what: str) -> tuple[Use, ...]:
    mine = Use(Budget.PERSONS_OF_ACCOUNT, caller.account, what)
    if caller.agency is None:
        return (mine,)
    return mine, Use(Budget.PERSONS_OF_AGENCY, caller.agency, what)


def rows() -> Iterator[tuple[str, ...]]:
    """List the table for whoever runs a gateway."""
    for one in TABLE.values():
        span = {MINUTE_S: "a minute", HOUR_S: "an hour"}.get(
            one.within_s, f"{one.within_s // MINUTE_S} minutes"
        )
        setting = f" (`{one.setting}`)" if one.setting else ""
        yield one.counts, one.whose, f"{one.allowed} in {span}{setting}", one.then


def limits_markdown() -> str:
    """Render the table as Markdown."""
    lines = "".join(f"| {counts} | {whose} | {much} | {then} |\n" for counts, whose, much, then in rows())
    return f"| What counts | Of each | How much | Then |\n|---|---|---|---|\n{lines}"
