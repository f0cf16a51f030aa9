"""Recorded decisions taken again: under the bundle of their time, or under a candidate."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.policy.scenarios import Decides
from gateway.adapters.sql.verify.recorded import RecordedDecision, RecordedWord
from gateway.cli.engines import EngineName, engine_of_then, proven_engine, read_bundle
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.output import JsonFlag, print_json, print_rows, progress
from gateway.cli.recorded import Recording
from gateway.declaring import declared_by
from gateway.domain.access import Decision, Way
from gateway.domain.errors import MalformedError, PolicyContractError, PolicyUnavailableError
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.vocabulary import EnforcementReason
from gateway.judging import primary_of

Since = Annotated[
    str | None, typer.Option("--since", help="Only entries from this instant on, as 2026-03-10T14:00:00Z.")
]
_OWN = frozenset(map(str, EnforcementReason))


@dataclass(slots=True)
class Replayed:
    """What came of it; a case is named by its entry, and told in codes alone.

    Each entry of somebody who asked counts once: as a decision, in `not_by_policy`, in `without_facts`
    (written by an older version) or, with those that nobody can tell, in `unopened`. Of a list, whose lines
    are decided one by one, each line that comes out otherwise is a case.
    """

    decisions: int = 0
    not_by_policy: int = 0
    without_facts: int = 0
    unopened: int = 0
    different: list[dict[str, Any]] = field(default_factory=list)

    def words(self, recording: Recording) -> Iterator[tuple[RecordedDecision, RecordedWord]]:
        """Count every entry, and give each word of the policy."""
        for recorded in recording.decisions():
            words = [one for one in recorded.words if _is_policys(one)]
            self.decisions += bool(words)
            self.without_facts += recorded.untold
            self.not_by_policy += not words and not recorded.untold
            for word in words:
                yield recorded, word
        self.unopened = recording.unopened

    def changed(self) -> int:
        """How many entries are among the different ones."""
        return len({(one["ledger"], one["index"]) for one in self.different})


def ledger_replay(since: Since = None, engine: EngineName = "embedded", as_json: JsonFlag = False) -> None:
    """Take every recorded decision again, on its own facts, under the bundle of its time.

    Needs the keys of the state directory. Exit 1 if any comes out otherwise. What the policy did not decide
    is counted and left alone: the table of acts, a check that the entry names, or the gateway itself.
    """
    found = Replayed()
    with progress() as display, Recording(_instant(since)) as recording, ExitStack() as engines:
        display.add_task("deciding again", total=None)
        held: dict[str, Decides] = {}
        for recorded, word in found.words(recording):
            digest = word.policy_digest
            if digest not in held:
                held[digest] = engines.enter_context(engine_of_then(engine, recording.bundle(digest)))
            again = _decide(held[digest], word)
            wrong = [name for name, value in word.answer.items() if again.get(name) != value]
            if wrong:
                case = _named(recorded, word)
                found.different.append({**case, "fields": wrong, "becomes": again["reasons"][:1]})
    same = found.decisions - found.changed()
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
        for recorded, word in found.words(recording):
            again = _decide(policy, word)
            if again["outcome"] != word.answer["outcome"]:
                change = f"{word.answer['outcome']} to {again['outcome']}"
                case = _named(recorded, word)
                found.different.append({**case, "change": change, "becomes": again["reasons"][:1]})
    _print(found, f"{found.changed()} of {found.decisions} decisions would change", as_json=as_json)


def _instant(text: str | None) -> Instant:
    try:
        return Instant(0) if text is None else parse_instant(text, field="since")
    except MalformedError as error:
        raise CommandError(USAGE, f"--since: {error}") from None


def _is_policys(word: RecordedWord) -> bool:
    return _OWN.isdisjoint(word.answer["reasons"])


def _decide(policy: Decides, word: RecordedWord) -> Mapping[str, Any]:
    try:
        answers = [policy.decide_document(one) for one in word.documents]
    except (PolicyUnavailableError, PolicyContractError):
        return {"outcome": "deny", "reasons": [str(EnforcementReason.POLICY_UNAVAILABLE)]}
    if word.questions.way is Way.DECLARED:
        return _told(declared_by(answers[0]))
    return _told(primary_of(answers, linked=word.questions.linked))


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


def _named(recorded: RecordedDecision, word: RecordedWord) -> dict[str, Any]:
    return {
        "ledger": recorded.ledger,
        "index": recorded.index,
        "agency": recorded.agency,
        "was": word.answer["reasons"][:1],
    }


def _print(found: Replayed, line: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
        return
    print(line)
    if found.not_by_policy:
        print(f"{found.not_by_policy} were not the policy's: the table of acts, or the gateway itself")
    if found.without_facts:
        print(f"{found.without_facts} were recorded without their facts, by an older version")
    if found.unopened:
        print(f"{found.unopened} do not open: erased on purpose, or altered; `gateway ledger verify` tells")
    counted = Counter(
        (one.get("change", "differs"), one["agency"] or "", one["was"][0], one["becomes"][0])
        for one in found.different
    )
    columns = ("change", "agency", "was", "becomes", "count")
    rows = [dict(zip(columns, (*key, count), strict=True)) for key, count in sorted(counted.items())]
    if rows:
        print_rows(rows, columns, as_json=False, none="")
        print("entries: " + ", ".join(f"{one['ledger']}:{one['index']}" for one in found.different))
