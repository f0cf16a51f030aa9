"""What somebody has found about the person of a scenario, as the records that the gateway keeps of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.findings import Finding, FindingKind
from gateway.domain.ids import FindingId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import FAMILY_ROLES
from tests.twin.scenario import UnstorableError, World

_MOVES = frozenset({"transfer", "referral"})


def findings_of(world: World) -> Iterator[Finding]:
    """Every record but the emergency, which stands from the moment at which it was declared."""
    context, fragment = world.context, world.fragment
    if context.get("committee") is not None:
        yield _session(world, context["committee"])
    if context.get("transfer") is not None:
        yield _transfer(world, context["transfer"])
    if context.get("co_guardian_agrees") is True:
        yield from _agreements(world)
    if fragment.get("guardian_access") is not None:
        consulted = fragment["guardian_access"]
        if consulted.keys() != {"youth_consulted", "harm_expected"}:
            raise UnstorableError("a consultation that says half")
        yield _finding(world, FindingKind.CONSULTATION, {"fragment": fragment["id"], **consulted})
    if fragment.get("harm_if_disclosed_to"):
        yield _finding(
            world,
            FindingKind.HARM,
            {
                "owner": fragment["owner_agency"],
                "to": fragment["harm_if_disclosed_to"],
                "categories": "all",
                "fragment": fragment["id"],
                "grounds": "",
            },
        )


def emergency_of(world: World) -> tuple[Instant, Finding] | None:
    """The declaration that the question names, and when it was made."""
    declared = world.context.get("break_glass")
    if declared is None or world.actor["role"] in FAMILY_ROLES:
        return None
    if declared.get("declared_at") is None:
        raise UnstorableError("an emergency that was declared at no time")
    kept = {name: value for name, value in declared.items() if name not in {"declared_at", "subject"}}
    document = {**kept, "worker": world.actor["id"]}
    finding = Finding(
        FindingId(world.own("emergency")), PersonId(declared["subject"]), FindingKind.EMERGENCY, document
    )
    return declared["declared_at"], finding


def _session(world: World, committee: Mapping[str, Any]) -> Finding:
    opens, closes = committee.get("opens"), committee.get("closes")
    status = committee.get("status")
    if status == "closed" and (closes is None or closes > world.at):
        closes = world.at
    if status not in {"open", "closed"} and opens is None:
        raise UnstorableError("a session that is not open, and opens at no time")
    document = {name: committee.get(name) or [] for name in ("members", "recused", "package")}
    document["agencies_at_consent"] = committee.get("agencies_at_consent") or []
    document["agency"] = None
    return Finding(
        FindingId(committee["id"]),
        PersonId(world.subject["id"]),
        FindingKind.SESSION,
        document,
        from_at=opens,
        until_at=closes,
    )


def _transfer(world: World, transfer: Mapping[str, Any]) -> Finding:
    purpose = world.purpose if world.purpose in _MOVES else "transfer"
    document = {
        "from_worker": world.own("sender"),
        "to_person": transfer["to_person"],
        "to_agency": world.actor.get("agency"),
        "package": transfer["package"],
        "purpose": purpose,
        "meeting": None,
        "state": transfer["state"],
        "signed": [],
    }
    return _finding(world, FindingKind.TRANSFER, document)


def _agreements(world: World) -> Iterator[Finding]:
    """Of everybody else who holds joint authority."""
    for held in world.subject["authorities"]:
        if held["authority"] == "joint" and held["person"] != world.actor["id"]:
            said = {"giver": held["person"], "guardian": world.actor["id"], "fragment": None}
            yield _finding(world, FindingKind.AGREEMENT, said, held["person"])


def _finding(world: World, kind: FindingKind, document: Mapping[str, Any], whose: str = "") -> Finding:
    name = FindingId(world.own(f"{kind}{whose.rpartition('.')[2]}"))
    return Finding(name, PersonId(world.subject["id"]), kind, document)
