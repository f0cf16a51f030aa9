"""From the records of a seed to those that the acts write."""

import json
from collections.abc import Callable, Iterator

from gateway.domain.findings import Finding, FindingKind
from gateway.domain.fragment import DOCUMENT_SECTION
from gateway.domain.ids import AgencyId, AssignmentId, AuthorityId, FindingId, SectionId
from gateway.domain.instruments import Instrument
from gateway.domain.person import Attributes, Described
from gateway.domain.registry import (
    Identity,
    NewAgency,
    NewAssignment,
    NewAuthority,
    NewClient,
    NewOrder,
    NewPerson,
    NewWorker,
)
from gateway.domain.seed import shape as of

ReadFile = Callable[[str], bytes]
"""Gives a file beside the seed, by its path in the seed."""


def agency_of(agency: of.SeedAgency) -> NewAgency:
    """Give the agency as it is admitted, a member whatever the seed says."""
    return NewAgency(
        id=AgencyId(agency.id),
        name_fr=agency.name_fr,
        name_en=agency.name_en,
        profile=agency.profile,
        consent_model=agency.consent_model,
        sector=agency.sector,
        bound_by_secrecy=agency.bound_by_secrecy,
        protection_mission=agency.protection_mission,
        protected=agency.protected,
    )


def worker_of(worker: of.SeedWorker) -> NewWorker:
    return NewWorker(
        id=worker.id,
        agency=worker.agency,
        name=worker.name,
        roles=worker.roles,
        identity=_identity(worker.identity),
        active=worker.active,
        network_wide=worker.network_wide,
        overdue_reviews=worker.overdue_reviews,
    )


def person_of(person: of.SeedPerson) -> NewPerson:
    described = Described(person.family_name, person.given_name, person.birth_date)
    attributes = Attributes(described, person.capable, person.time_zone)
    return NewPerson(person.id, attributes, _identity(person.identity))


def _identity(identity: of.Identity | None) -> Identity | None:
    return None if identity is None else Identity(identity.iss, identity.sub)


def order_of(order: of.SeedOrder) -> NewOrder:
    """Give the instrument as the policy reads it, less its period."""
    instrument = Instrument(
        type=order.type,
        basis=order.basis,
        recipients=order.recipients,
        categories=order.categories,
        purposes=order.purposes,
        sealed_from_family=order.sealed_from_family,
    )
    return NewOrder(order.id, order.subject, instrument.to_policy(), order.from_at, order.until_at)


def finding_of(found: of.SeedFinding, otherwise: FindingId, seed: of.Seed) -> Finding:
    """Give the record, with the agencies of the workers that it names, where it does not say which."""
    agencies = {one.id: one.agency for one in seed.workers}
    document = dict(found.document)
    if found.kind is FindingKind.TRANSFER:
        document["to_agency"] = agencies[document["to_person"]]
    if found.kind is FindingKind.SESSION and not document["agencies_at_consent"]:
        document["agencies_at_consent"] = sorted({agencies[one] for one in document["members"]})
    name = found.id or otherwise
    from_at, until_at = found.from_at, found.until_at
    return Finding(name, found.subject, found.kind, document, from_at=from_at, until_at=until_at)


def parts_of(fragment: of.SeedFragment, read_file: ReadFile) -> Iterator[tuple[SectionId, bytes]]:
    """Give what is sealed apart: each section as JSON, or the one document."""
    for section in fragment.sections:
        yield section.id, json.dumps(section.content, ensure_ascii=False).encode()
    if fragment.file is not None:
        yield DOCUMENT_SECTION, read_file(fragment.file)
    elif fragment.text is not None:
        yield DOCUMENT_SECTION, fragment.text.encode()


def client_of(client: of.SeedClient) -> NewClient:
    return NewClient(client.id, client.agency)


def authority_of(authority: of.SeedAuthority, otherwise: AuthorityId) -> NewAuthority:
    """Give the authority, under the other identifier where the seed names none."""
    return NewAuthority(
        id=authority.id or otherwise,
        person=authority.subject,
        holder=authority.holder,
        kind=authority.authority,
        scope=authority.scope,
        from_at=authority.from_at,
        until_at=authority.until_at,
    )


def assignment_of(assignment: of.SeedAssignment, otherwise: AssignmentId) -> NewAssignment:
    """Give the assignment, under the other identifier where the seed names none."""
    return NewAssignment(
        id=assignment.id or otherwise,
        worker=assignment.worker,
        person=assignment.person,
        from_at=assignment.from_at,
        until_at=assignment.until_at,
    )
