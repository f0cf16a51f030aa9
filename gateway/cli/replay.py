"""Recorded decisions taken again: under the bundle of their time, or under a candidate."""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.policy.scenarios import Decides
from gateway.adapters.sql.verify.recorded import RecordedDecision
from gateway.cli.engines import EngineName, engine_of_then, proven_engine, read_bundle
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.output import JsonFlag, print_json, print_rows, progress
from gateway.cli.recorded import Recording
from gateway.domain.access import Decision
from gateway.domain.errors import MalformedError, PolicyContractError, PolicyUnavailableError
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.vocabulary import EnforcementReason

Since = Annotated[
    str | None, typer.Option("--since", help="Only entries from this instant on, as 2026-03-10T14:00:00Z.")
]
_OWN = frozenset(map(str, EnforcementReason))


@dataclass(slots=True)
class Replayed:
    """What came of it; a case is named by its entry, and told in codes alone."""

    decisions: int = 0
    not_by_policy: int = 0
    unopened: int = 0
    different: list[dict[str, Any]] = field(default_factory=list)


def ledger_replay(since: Since = None, engine: EngineName = "embedded", as_json: JsonFlag = False) -> None:
    """Take every recorded decision again, on its own facts, under the bundle of its time.

    Needs the keys of the state directory. Exit 1 if any comes out otherwise. Attempts that the gateway turned
    away by itself, before or after the policy, are counted and left alone.
    """
    found = Replayed()
    with progress() as display, Recording(_instant(since)) as recording, ExitStack() as engines:
        display.add_task("deciding again", total=None)
        held: dict[str, Decides] = {}
        for recorded in recording.decisions():
            if not _is_policys(recorded):
                found.not_by_policy += 1
                continue
            digest = recorded.policy_digest
            if digest not in held:
                held[digest] = engines.enter_context(engine_of_then(engine, recording.bundle(digest)))
            found.decisions += 1
            again = _decide(held[digest], recorded)
            wrong = [name for name, value in recorded.answer.items() if again.get(name) != value]
            if wrong:
                found.different.append({**_named(recorded), "fields": wrong, "becomes": again["reasons"][:1]})
    found.unopened = recording.unopened
    same = found.decisions - len(found.different)
    _print(found, f"{same} of {found.decisions} decisions come out the same", as_json=as_json)
    if found.different:
        raise typer.Exit(1)


def policy_replay(
    candidate: Annotated[Path, typer.Option("--candidate", help="Folder of the bundle to try.")],
    since: Since = None,
    as_json: JsonFlag = False,
) -> None:
    """Take recorded decisions under another bundle: who would newly be refused, and who newly permitted."""
    found = Replayed()
    with (
        progress() as display,
        proven_engine("embedded", read_bundle(candidate)) as policy,
        Recording(_instant(since)) as recording,
    ):
        display.add_task("deciding again", total=None)
        for recorded in recording.decisions():
            if not _is_policys(recorded):
                found.not_by_policy += 1
                continue
            found.decisions += 1
            again = _decide(policy, recorded)
            if again["outcome"] != recorded.answer["outcome"]:
                change = f"{recorded.answer['outcome']} to {again['outcome']}"
                found.different.append(
                    {**_named(recorded), "change": change, "becomes": again["reasons"][:1]}
                )
    found.unopened = recording.unopened
    _print(found, f"{len(found.different)} of {found.decisions} decisions would change", as_json=as_json)


def _instant(text: str | None) -> Instant:
    try:
        return Instant(0) if text is None else parse_instant(text, field="since")
    except MalformedError as error:
        raise CommandError(USAGE, f"--since: {error}") from None


def _is_policys(recorded: RecordedDecision) -> bool:
    return _OWN.isdisjoint(recorded.answer["reasons"])


def _decide(policy: Decides, recorded: RecordedDecision) -> Mapping[str, Any]:
    try:
        return _told(policy.decide_document(recorded.document))
    except (PolicyUnavailableError, PolicyContractError):
        return {"outcome": "deny", "reasons": [str(EnforcementReason.POLICY_UNAVAILABLE)]}


def _told(decision: Decision) -> dict[str, Any]:
    """As an entry tells it."""
    return {
        "outcome": str(decision.outcome),
        "basis": decision.basis,
        "reasons": list(decision.reasons),
        "obligations": sorted(decision.obligations),
        "withheld": sorted(decision.withheld),
        "hidden": not decision.disclose_existence,
        "consents": [[used.id, used.version] for used in decision.consents_used],
        "instruments": list(decision.instrument_ids),
    }


def _named(recorded: RecordedDecision) -> dict[str, Any]:
    return {
        "ledger": recorded.ledger,
        "index": recorded.index,
        "agency": recorded.agency,
        "was": recorded.answer["reasons"][:1],
    }


def _print(found: Replayed, line: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
        return
    print(line)
    if found.not_by_policy:
        print(f"{found.not_by_policy} attempts were turned away by the gateway itself, not by the policy")
    if found.unopened:
        print(f"{found.unopened} do not open: erased on purpose, or altered; `gateway ledger verify` tells")
    counted = Counter(
        (one.get("change", "differs"), one["agency"], one["was"][0], one["becomes"][0])
        for one in found.different
    )
    columns = ("change", "agency", "was", "becomes", "count")
    rows = [dict(zip(columns, (*key, count), strict=True)) for key, count in sorted(counted.items())]
    if rows:
        print_rows(rows, columns, as_json=False, none="")
        print("entries: " + ", ".join(f"{one['ledger']}:{one['index']}" for one in found.different))
