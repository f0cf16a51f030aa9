"""Loading a scenario's world into the store, act by act, each with its entry."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from gateway.domain.acting import Note
from gateway.domain.contexts import SectionSlot
from gateway.domain.facts import FragmentRef
from gateway.domain.fragment import DOCUMENT_SECTION, Manifest, SealedSection, SectionLabel
from gateway.domain.ids import (
    AgencyId,
    AssignmentId,
    AuthorityId,
    ClientId,
    DecisionId,
    DossierId,
    FragmentId,
    OrderId,
    PersonId,
    WorkerId,
    parents_of,
)
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Attributes, Described
from gateway.domain.registry import (
    Identity,
    NewAgency,
    NewAssignment,
    NewAuthority,
    NewClient,
    NewDossier,
    NewOrder,
    NewPerson,
    NewWorker,
)
from gateway.domain.vocabulary import (
    FAMILY_ROLES,
    AgencyStatus,
    AuthorityKind,
    FragmentStatus,
    Role,
)
from tests.support.stack import ISSUER, Stack
from tests.twin.finding import emergency_of, findings_of
from tests.twin.rendering import agencies_in, born, directive_of, labels_of
from tests.twin.scenario import UnstorableError, World

DAY_US = 24 * 3600 * 1_000_000
FAMILY = ClientId("twin:family")

STATED: dict[str, type] = {"necessity": str, "family_informed": bool, "inform_exception": str}
"""What a reader says herself, and of which type the API takes it."""

_OF_AGENCY = ("bound_by_secrecy", "protection_mission")


def note(stack: Stack, kind: EntryKind, person: str | None = None, **more: Any) -> Note:  # noqa: ANN401
    """An operator's act, as a seed's are."""
    about = None if person is None else PersonId(person)
    return Note(kind, DecisionId(stack.parts.ids.new("dec")), None, {"act": "twin"}, person=about, **more)


class Loading:
    """One world on its way into the store."""

    def __init__(self, stack: Stack, world: World) -> None:
        self.stack, self.world = stack, world
        self.acts = stack.parts.acts

    async def __call__(self) -> None:
        """Write everything that is so before the question is asked.

        Raises:
            UnstorableError: Something that no act can bring about.
        """
        self._check()
        await self._agencies()
        await self._people()
        await self._fragment()
        for consent in self.world.consents:
            line = directive_of(consent, self.world.subject["id"])
            about = note(self.stack, EntryKind.CONSENT_RECORDED, line.subject, consent=line.id)
            await self.acts.give(about, line, None)
        emergency_of(self.world)
        for finding in findings_of(self.world):
            about = note(self.stack, EntryKind.SESSION_OPENED, finding.person)
            await self.acts.add_finding(about, finding, narrows=False)
        await self._suspend()

    def _check(self) -> None:
        world = self.world
        age = world.subject.get("age")
        if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age <= 120:
            raise UnstorableError("an age that is no number of whole years")
        if world.actor["role"] in FAMILY_ROLES and world.actor.get("active") is not True:
            raise UnstorableError("a family member's account that is closed")
        if not isinstance(world.context.get("unavailable", []), list):
            raise UnstorableError("dependencies that are no list")
        if any(not isinstance(world.context.get(name, kind()), kind) for name, kind in STATED.items()):
            raise UnstorableError("a statement of another type")
        if world.actor.get("role") not in set(Role):
            raise UnstorableError("a role that the gateway does not know")
        categories = {one.code for one in self.stack.uses.vocabulary.fragment_kinds}
        if world.fragment.get("category") not in categories:
            raise UnstorableError("a category that is not in the vocabulary")
        if world.profile not in self.stack.parts.bundle.tables()["gateway"]["profiles"]["rules"]:
            raise UnstorableError("a profile that is not in the vocabulary")
        numbered = [(one["id"], one.get("version", 1)) for one in world.consents]
        if len(set(numbered)) != len(numbered):
            raise UnstorableError("one version of a consent, twice")

    # --- Agencies, and who acts for them ---------------------------------------------------------------

    async def _agencies(self) -> None:
        world, made = self.world, self._named_agencies()
        for name in sorted(made, key=lambda one: one.count("/")):
            new = NewAgency(
                AgencyId(name), "Organisme inventé", "Invented agency", world.profile, **made[name]
            )
            await self.acts.add_agency(note(self.stack, EntryKind.AGENCY_ADMITTED), new)
        agency = world.actor.get("agency")
        if agency is not None:
            client = NewClient(ClientId(world.own("client")), AgencyId(agency))
            await self.acts.add_client(note(self.stack, EntryKind.CLIENT_REGISTERED), client)

    def _named_agencies(self) -> dict[str, dict[str, Any]]:
        """Every agency that the world names, with what is said of it."""
        world = self.world
        owner, actor = world.fragment["owner_agency"], world.actor
        said: dict[str, dict[str, Any]] = {}
        for name in [*agencies_in(world.consents), *agencies_in(world.subject["orders"]), owner]:
            said |= {parent: {} for parent in parents_of(AgencyId(name)) if parent not in said}
        committee = world.context.get("committee") or {}
        requester = world.context.get("audit_requester_agency")
        holders = [one["person"] for one in world.subject["authorities"] if one["authority"] == "agency"]
        others = [*(committee.get("agencies_at_consent") or ()), actor.get("agency"), requester, *holders]
        for name in others:
            if name is not None:
                said |= {parent: {} for parent in parents_of(AgencyId(name)) if parent not in said}
        said[owner]["consent_model"] = world.context.get("consent_model") or "express"
        if world.fragment.get("owner_sector") is not None:
            said[owner]["sector"] = world.fragment["owner_sector"]
        if actor.get("agency") is not None:
            self._say_of_actor(said[actor["agency"]])
        return said

    def _say_of_actor(self, said: dict[str, Any]) -> None:
        actor = self.world.actor
        for name in _OF_AGENCY:
            if actor.get(name) is not None:
                said[name] = bool(actor[name])
        if actor.get("sector", said.get("sector")) != said.get("sector", actor.get("sector")):
            raise UnstorableError("an agency in two sectors")
        if actor.get("sector") is not None:
            said["sector"] = actor["sector"]
        elif "sector" in said:
            raise UnstorableError("an agency whose sector is and is not known")

    async def _suspend(self) -> None:
        status = self.world.actor.get("agency_status", "member")
        if self.world.actor.get("agency") is not None and status != "member":
            agency = AgencyId(self.world.actor["agency"])
            about = note(self.stack, EntryKind.AGENCY_SUSPENDED)
            await self.acts.set_agency_status(about, agency, AgencyStatus.SUSPENDED, "1")

    # --- People ----------------------------------------------------------------------------------------

    async def _people(self) -> None:
        world = self.world
        family = world.actor["role"] in FAMILY_ROLES
        everybody = dict.fromkeys(self._named_people())
        for name in everybody:
            is_subject = name == world.subject["id"]
            birth_on = born(world.at, world.subject["age"]) if is_subject else date(1988, 5, 1)
            described = Described("Inventé", f"Personne {name.rpartition('.')[2]}"[:80], birth_on)
            said = world.subject.get("capable") if is_subject else None
            capable = True if said is None else said
            attributes = Attributes(described, tuple(capable) if isinstance(capable, list) else bool(capable))
            identity = Identity(ISSUER, name) if family and name == world.actor["id"] else None
            new = NewPerson(PersonId(name), attributes, identity)
            await self.acts.add_person(note(self.stack, EntryKind.PERSON_RECORDED, name), new)
        if not family:
            await self._worker()
        await self._standing()

    def _named_people(self) -> Iterator[str]:
        world = self.world
        yield world.subject["id"]
        if world.actor["role"] in FAMILY_ROLES:
            yield world.actor["id"]
        yield from (one["person"] for one in world.subject["authorities"] if one["authority"] != "agency")
        declared = world.context.get("break_glass")
        if declared is not None:
            yield declared["subject"]

    async def _worker(self) -> None:
        actor = self.world.actor
        if not self.world.named_agency:
            raise UnstorableError("a worker of no agency")
        if actor.get("agency_status") not in {"member", "suspended"}:
            raise UnstorableError("an agency that is neither a member nor suspended")
        new = NewWorker(
            id=WorkerId(actor["id"]),
            agency=AgencyId(actor["agency"]),
            name="Travailleuse inventée",
            roles=(Role(actor["role"]),),
            identity=Identity(ISSUER, actor["id"]),
            active=bool(actor.get("active")),
            network_wide=bool(actor.get("network_wide")),
            overdue_reviews=actor.get("overdue_reviews") or 0,
        )
        await self.acts.add_worker(note(self.stack, EntryKind.WORKER_REGISTERED), new)
        if actor.get("assigned") is True:
            person = self.world.subject["id"]
            given = NewAssignment(
                AssignmentId(self.world.own("assigned")),
                new.id,
                PersonId(person),
                Instant(self.world.at - DAY_US),
            )
            await self.acts.assign(note(self.stack, EntryKind.ASSIGNED, person), given)

    async def _standing(self) -> None:
        person = PersonId(self.world.subject["id"])
        for n, held in enumerate(self.world.subject["authorities"]):
            scope = "all" if held.get("scope") is None else held["scope"]
            new = NewAuthority(
                id=AuthorityId(self.world.own(f"aut{n}")),
                person=person,
                holder=held["person"],
                kind=AuthorityKind(held["authority"]),
                scope="all" if scope == "all" else tuple(scope),
                from_at=held.get("from"),
                until_at=held.get("until"),
            )
            await self.acts.add_authority(note(self.stack, EntryKind.AUTHORITY_RECORDED, person), new)
        for order in self.world.subject["orders"]:
            document = {key: value for key, value in order.items() if key not in {"id", "from", "until"}}
            made = NewOrder(OrderId(order["id"]), person, document, order.get("from"), order.get("until"))
            await self.acts.add_order(note(self.stack, EntryKind.ORDER_RECORDED, person), made)

    # --- The fragment ----------------------------------------------------------------------------------

    async def _fragment(self) -> None:
        stack, world, fragment = self.stack, self.world, self.world.fragment
        person, owner = PersonId(world.subject["id"]), AgencyId(fragment["owner_agency"])
        labels = labels_of(fragment)
        dossier = NewDossier(DossierId(world.own("dossier")), person)
        await self.acts.open_dossier(note(stack, EntryKind.PERSON_CHANGED, person), dossier)
        path = await self.acts.key_path(owner, person)
        name = FragmentId(fragment["id"])
        key, wrap = await stack.parts.state.keyring.new_data_key(path, name, 1)
        own = labels.sections or (SectionLabel(DOCUMENT_SECTION),)
        manifest = Manifest(bool(labels.sections), "application/json", own, None)
        kind = "section" if manifest.structured else "document"
        sealed = []
        for section in own:
            plain = json.dumps({"of": section.id}).encode()
            slot = SectionSlot(section.id, kind, manifest.media_type)
            sealed.append(SealedSection(section.id, len(plain), key.seal(slot, plain), None))
        ref = FragmentRef(name, 1, dossier.id, person, owner, labels.category, path, wrap)
        about = note(stack, EntryKind.DEPOSITED, person, fragment=name, owner=owner)
        await self.acts.deposit(about, ref, labels, manifest, sealed)
        if fragment.get("status") == "erased":
            about = note(stack, EntryKind.ERASED, person, fragment=name, owner=owner)
            await self.acts.erase(about, name, "1")
        elif fragment.get("status") != "active":
            status = FragmentStatus(fragment["status"])
            about = note(stack, EntryKind.FRAGMENT_HELD, person, fragment=name, owner=owner)
            await self.acts.set_fragment_status(about, name, status, "1")


__all__ = ["FAMILY", "STATED", "Loading", "note"]
