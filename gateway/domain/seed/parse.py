"""From the text of a seed file to checked facts."""

from collections.abc import Callable
from typing import Any

from gateway.domain.errors import MalformedError
from gateway.domain.ids import (
    AssignmentId,
    AuthorityId,
    ClientId,
    DossierId,
    OrderId,
    PersonId,
    WorkerId,
)
from gateway.domain.instants import Instant
from gateway.domain.seed.checks import check_references
from gateway.domain.seed.consents import read_consent, read_recipients
from gateway.domain.seed.findings import (
    read_agreement,
    read_capacity,
    read_consultation,
    read_harm,
    read_session,
    read_transfer,
)
from gateway.domain.seed.fragments import read_fragment
from gateway.domain.seed.reading import (
    Calendar,
    agency_id,
    code,
    fields_of,
    flag,
    identifier,
    list_of,
    long_text,
    member_of,
    number,
    one_of,
    text,
    word_or,
)
from gateway.domain.seed.shape import (
    Identity,
    Seed,
    SeedAgency,
    SeedAssignment,
    SeedAuthority,
    SeedClient,
    SeedDossier,
    SeedOrder,
    SeedPerson,
    SeedWorker,
)
from gateway.domain.strict_json import parse_json_object
from gateway.domain.vocabulary import AgencyStatus, AuthorityKind, Role

SEED_BYTES = 16 * 1024 * 1024
"""A larger seed is refused; large documents are files beside it."""


def parse_seed(source: bytes, *, now: Instant) -> Seed:
    """Read a seed file.

    Args:
        source: UTF-8 JSON of at most 16 MiB, as `deploy/seed-format.md` describes it.
        now: The moment of seeding, to which `now` and `today` in the file refer.

    Raises:
        MalformedError: The first thing that is wrong; `field` is its path, such as `fragments[2].category`.
    """
    if len(source) > SEED_BYTES:
        raise MalformedError("a seed is at most 16 MiB; put large documents beside it")
    calendar = Calendar(now)

    def dated(read: Callable[[Any, str, Calendar], Any]) -> Callable[[Any, str], Any]:
        return lambda value, path: read(value, path, calendar)

    with fields_of(parse_json_object(source), "") as fields:
        fields.need("format", one_of("gateway-seed-1"))
        seed = Seed(
            agencies=fields.need("agencies", list_of(_agency)),
            clients=fields.may("clients", list_of(_client, empty=True), ()),
            workers=fields.may("workers", list_of(_worker, empty=True), ()),
            persons=fields.may("persons", list_of(dated(_person), empty=True), ()),
            authorities=fields.may("authorities", list_of(dated(_authority), empty=True), ()),
            orders=fields.may("orders", list_of(dated(_order), empty=True), ()),
            assignments=fields.may("assignments", list_of(dated(_assignment), empty=True), ()),
            dossiers=fields.may("dossiers", list_of(_dossier, empty=True), ()),
            consents=fields.may("consents", list_of(dated(read_consent), empty=True), ()),
            fragments=fields.may("fragments", list_of(dated(read_fragment), empty=True), ()),
            findings=tuple(
                one
                for name, read in _FINDINGS
                for one in fields.may(name, list_of(dated(read), empty=True), ())
            ),
        )
    check_references(seed)
    return seed


_FINDINGS = (
    ("capacity_findings", read_capacity),
    ("harm_determinations", read_harm),
    ("consultations", read_consultation),
    ("agreements", read_agreement),
    ("sessions", read_session),
    ("transfers", read_transfer),
)


def _agency(value: object, path: str) -> SeedAgency:
    with fields_of(value, path) as fields:
        name = fields.need("name", _two_languages)
        return SeedAgency(
            id=fields.need("id", agency_id),
            name_fr=name["fr"],
            name_en=name["en"],
            profile=fields.need("profile", code),
            consent_model=fields.may(
                "consent_model", one_of("express", "presumed", "shared_secret"), "express"
            ),
            status=fields.may("status", _status, AgencyStatus.MEMBER),
            sector=fields.may("sector", code, None),
            bound_by_secrecy=fields.may("bound_by_secrecy", flag, default=False),
            protection_mission=fields.may("protection_mission", flag, default=False),
            protected=fields.may("protected", flag, default=False),
        )


def _status(value: object, path: str) -> AgencyStatus:
    """Read whether an agency is a member or suspended; who has left is not seeded."""
    return AgencyStatus(one_of(str(AgencyStatus.MEMBER), str(AgencyStatus.SUSPENDED))(value, path))


def _two_languages(value: object, path: str) -> dict[str, str]:
    with fields_of(value, path) as fields:
        return {"fr": fields.need("fr", text), "en": fields.need("en", text)}


def _client(value: object, path: str) -> SeedClient:
    with fields_of(value, path) as fields:
        client = ClientId(fields.need("id", identifier))
        if fields.may("family_portal", flag, default=False):
            return SeedClient(client, None)
        agency = fields.need("agency", agency_id)
        return SeedClient(client, agency, fields.may("keys", list_of(_public_key), ()))


def _public_key(value: object, path: str) -> dict[str, Any]:
    """Read a JWK's members; whether it is a key that may be used is said before anything is written."""
    with fields_of(value, path) as fields:
        kept = {"kty": fields.need("kty", text)}
        for name in ("crv", "x", "y", "e", "kid", "alg", "use"):
            kept |= {name: fields.need(name, text)} if fields.has(name) else {}
        return kept | ({"n": fields.need("n", long_text)} if fields.has("n") else {})


def _worker(value: object, path: str) -> SeedWorker:
    with fields_of(value, path) as fields:
        return SeedWorker(
            id=WorkerId(fields.need("id", identifier)),
            agency=fields.need("agency", agency_id),
            name=fields.need("name", text),
            roles=fields.need("roles", list_of(member_of(Role))),
            identity=fields.may("identity", _identity, None),
            active=fields.may("active", flag, default=True),
            network_wide=fields.may("network_wide", flag, default=False),
            overdue_reviews=fields.may("overdue_reviews", number, 0),
        )


def _identity(value: object, path: str) -> Identity:
    with fields_of(value, path) as fields:
        return Identity(iss=fields.need("iss", text), sub=fields.need("sub", text))


def _person(value: object, path: str, calendar: Calendar) -> SeedPerson:
    with fields_of(value, path) as fields:
        names = fields.need("names", _names)
        return SeedPerson(
            id=PersonId(fields.need("id", identifier)),
            given_name=names["given"],
            family_name=names["family"],
            birth_date=fields.need("birth_date", calendar.day),
            capable=fields.may("capable", _capable, default=True),
            time_zone=fields.may("time_zone", text, "America/Toronto"),
            identity=fields.may("identity", _identity, None),
        )


def _names(value: object, path: str) -> dict[str, str]:
    with fields_of(value, path) as fields:
        return {"given": fields.need("given", text), "family": fields.need("family", text)}


def _capable(value: object, path: str) -> bool | tuple[str, ...]:
    return value if isinstance(value, bool) else list_of(code)(value, path)


def _authority(value: object, path: str, calendar: Calendar) -> SeedAuthority:
    with fields_of(value, path) as fields:
        return SeedAuthority(
            id=fields.may("id", lambda found, where: AuthorityId(identifier(found, where)), None),
            subject=PersonId(fields.need("subject", identifier)),
            holder=fields.need("person", agency_id),
            authority=fields.need("authority", member_of(AuthorityKind)),
            scope=fields.may("scope", word_or("all", list_of(code)), "all"),
            from_at=fields.may("from", calendar.instant, None),
            until_at=fields.may("until", calendar.instant, None),
        )


def _order(value: object, path: str, calendar: Calendar) -> SeedOrder:
    with fields_of(value, path) as fields:
        return SeedOrder(
            id=OrderId(fields.need("id", identifier)),
            subject=PersonId(fields.need("subject", identifier)),
            type=fields.need("type", one_of("require", "prohibit")),
            basis=fields.may("basis", one_of("court_order", "statutory_demand"), "court_order"),
            recipients=fields.need("recipients", read_recipients),
            categories=fields.may("categories", list_of(code), None),
            purposes=fields.may("purposes", list_of(code), None),
            from_at=fields.may("from", calendar.instant, None),
            until_at=fields.may("until", calendar.instant, None),
            sealed_from_family=fields.may("sealed_from_family", flag, default=False),
        )


def _assignment(value: object, path: str, calendar: Calendar) -> SeedAssignment:
    with fields_of(value, path) as fields:
        return SeedAssignment(
            id=fields.may("id", lambda found, where: AssignmentId(identifier(found, where)), None),
            worker=WorkerId(fields.need("worker", identifier)),
            person=PersonId(fields.need("person", identifier)),
            from_at=fields.may("from", calendar.instant, None),
            until_at=fields.may("until", calendar.instant, None),
        )


def _dossier(value: object, path: str) -> SeedDossier:
    with fields_of(value, path) as fields:
        return SeedDossier(
            id=DossierId(fields.need("id", identifier)), person=PersonId(fields.need("person", identifier))
        )
