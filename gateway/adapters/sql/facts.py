"""Facts: one snapshot of everything a decision about a fragment rests on, as the policy's input.

A fragment that does not exist takes the very same way with a decoy's in its place (promise P9).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, text

from gateway.adapters.sql.actors import has_left, read_actor, read_bodies
from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.directives import all_directives, directives_for
from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.fence import read_epochs
from gateway.adapters.sql.findings import find_finding
from gateway.adapters.sql.people import PersonFacts, PersonReader
from gateway.adapters.sql.tables import (
    agency_keys,
    fragments,
    subject_keys,
    versions,
)
from gateway.domain.access import NOTHING_STATED, ConsentRef, Query, Stated
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive, caller_keys
from gateway.domain.emergency import own_declaration
from gateway.domain.errors import CorruptionError
from gateway.domain.facts import (
    POLICY_SCOPE,
    Epochs,
    Facts,
    FragmentRef,
    Stretch,
    agency_scope,
    person_scope,
)
from gateway.domain.found import committees_of, with_findings
from gateway.domain.fragment import Manifest
from gateway.domain.ids import AgencyId, DossierId, FragmentId, PersonId
from gateway.domain.instants import FAR_FUTURE, Instant, to_text
from gateway.domain.instruments import subject_of
from gateway.domain.keys import KeyPath
from gateway.domain.protecting import with_named
from gateway.domain.vocabulary import FragmentStatus
from gateway.ports import RecordKeys

_HEAD = text(
    "SELECT recorded_at, (SELECT value FROM deployment WHERE name = 'policy') AS policy "
    "FROM ledger_head WHERE one = 1"
)
_FRAGMENT_COLUMNS = [
    *fragments.c,
    versions.c.manifest,
    versions.c.data_wrap,
    versions.c.agency_key_version,
    versions.c.subject_key_version,
    agency_keys.c.wrap.label("agency_wrap"),
    subject_keys.c.wrap.label("subject_wrap"),
]
_JOINED = (
    select(*_FRAGMENT_COLUMNS)
    .join_from(
        fragments,
        versions,
        (versions.c.fragment == fragments.c.id) & (versions.c.version == fragments.c.version),
    )
    .join(
        agency_keys,
        (agency_keys.c.agency == fragments.c.owner)
        & (agency_keys.c.version == versions.c.agency_key_version),
    )
    .join(
        subject_keys,
        (subject_keys.c.agency == fragments.c.owner)
        & (subject_keys.c.person == fragments.c.person)
        & (subject_keys.c.version == versions.c.subject_key_version),
    )
)
_FRAGMENTS = _JOINED.where(in_list(fragments.c.id, "ids"))
_PAGE = (
    _JOINED.where(fragments.c.dossier == bindparam("of_dossier"), fragments.c.id > bindparam("after"))
    .order_by(fragments.c.id)
    .limit(bindparam("page", type_=fragments.c.version.type))
)


async def read_head(tx: Tx) -> tuple[Instant, str]:
    """The head's `recorded_at`, and the digest of the active bundle.

    Raises:
        CorruptionError: The ledger has no head.
    """
    head = await tx.one(_HEAD)
    if head is None:
        raise CorruptionError("the ledger has no head")
    return Instant(head["recorded_at"]), head["policy"] or ""


class Sought(NamedTuple):
    """For whom and for what facts are read; `every` asks for all directives, not the near ones alone."""

    caller: Caller
    purpose: str
    now: Instant
    every: bool
    stated: Stated = NOTHING_STATED


class FactsReader:
    """Reads facts inside a snapshot; `decoys` are the 64 fragments that stand in for unknown ids."""

    def __init__(
        self, keys: RecordKeys, owners: OwnerKeys, people: PersonReader, decoys: Sequence[FragmentId]
    ) -> None:
        self._keys = keys
        self._people = people
        self._owners = owners
        self._decoys = decoys

    async def one(self, tx: Tx, fragment: FragmentId, sought: Sought) -> Facts:
        """The facts about one fragment, or about the decoy that this unknown id always gets."""
        decoy = self.decoy_for(fragment)
        rows = await tx.all(_FRAGMENTS, ids=json.dumps([fragment, decoy]))
        by_id = {row["id"]: row for row in rows}
        row = by_id.get(fragment) or by_id.get(decoy)
        if row is None:
            raise CorruptionError("a decoy is missing")
        return (await self._all(tx, [row], sought))[0]

    async def ref(self, tx: Tx, fragment: FragmentId) -> tuple[FragmentRef, Manifest, Instant] | None:
        """Which version of a fragment there is, how labelled, and since when; None where it is erased."""
        rows = await tx.all(_FRAGMENTS, ids=json.dumps([fragment]))
        if not rows or rows[0]["data_wrap"] is None:
            return None
        found = _ref(rows[0])
        key = await self._owners.require(tx, f"person:{found.person}")
        place = self._keys.place(found.owner, found.person, found.id, found.version)
        manifest = Manifest.of_json(self._keys.unseal_manifest(key, place, rows[0]["manifest"]))
        return found, manifest, Instant(rows[0]["created_at"])

    def decoy_for(self, asked: str) -> FragmentId:
        """The decoy that what is asked for always gets, where it is unknown."""
        return self._decoys[self._keys.handle("decoy", asked)[0] % len(self._decoys)]

    async def page(self, tx: Tx, page: Stretch, sought: Sought) -> Sequence[Facts]:
        """The facts about the next fragments of a dossier, by id; all of one person, read once."""
        rows = await tx.all(_PAGE, of_dossier=page.dossier, after=page.after, page=page.limit)
        return await self._all(tx, rows, sought) if rows else ()

    async def _all(self, tx: Tx, rows: Sequence[Row], sought: Sought) -> Sequence[Facts]:
        caller = sought.caller
        floor, active = await read_head(tx)
        at = Instant(max(sought.now, floor))
        person = PersonId(rows[0]["person"])
        known = await self._people.read(tx, person, at)
        owners = {AgencyId(row["owner"]) for row in rows}
        bodies = await read_bodies(tx, owners | ({caller.agency} if caller.agency is not None else set()))
        mine = await read_actor(tx, caller, person, bodies, (at, self._people.terms.review_us))
        directives = await self._directives(tx, known, sought, at)
        scopes = {*mine.scopes, POLICY_SCOPE, person_scope(person), *(agency_scope(one) for one in bodies)}
        numbers = await read_epochs(tx, sorted(scopes))
        epochs: Epochs = tuple((scope, numbers.get(scope, 0)) for scope in sorted(scopes))
        protected = tuple(AgencyId(one["id"]) for one in bodies.values() if one["protected"])
        one_time = frozenset(ConsentRef(one.id, one.version) for one in directives if one.one_time)
        shared = {
            "consents": [one.to_policy(known.owners) for one in directives],
            "actor": mine.actor,
            "action": str(sought.stated.action),
            "purpose": sought.purpose,
        }
        stated = {**sought.stated.context, "break_glass": await self._declared(tx, sought)}
        viewers = known.viewers
        if protected:
            # Whoever of the family named such an agency, in whatever line and whenever (rule 3.10, A6).
            viewers = with_named(viewers, await all_directives(tx, person))
        key = await self._owners.require(tx, f"person:{person}")
        agreed_until = _next_agreement(directives, at)
        found = []
        for row in rows:
            ref = _ref(row)
            place = self._keys.place(ref.owner, person, ref.id, ref.version)
            manifest = Manifest.of_json(self._keys.unseal_manifest(key, place, row["manifest"]))
            document = {**_document(row, manifest, known, bodies[ref.owner]), **shared}
            document["context"] |= stated
            if has_left(bodies, ref.owner) and row["status"] == FragmentStatus.ACTIVE:
                # Nothing of an agency that left is released; the policy knows no other owner who holds back.
                document["fragment"]["status"] = str(FragmentStatus.OWNER_HOLD)
            found.append(
                Facts(
                    query=Query.of(with_findings(document, known.findings, at)),
                    epochs=epochs,
                    floor=floor,
                    horizon=Instant(min(known.horizon, mine.horizon, agreed_until)),
                    fragment=ref,
                    viewers=viewers,
                    one_time=one_time,
                    policy_digest=active,
                    protected=protected,
                )
            )
        return found

    async def _directives(
        self, tx: Tx, known: PersonFacts, sought: Sought, at: Instant
    ) -> Sequence[Directive]:
        caller, person = sought.caller, PersonId(known.subject["id"])
        if sought.every:
            return await all_directives(tx, person)
        sits_in = committees_of(known.findings, caller.account, at)
        keys = caller_keys(caller.account, caller.agency, str(caller.role), committees=sits_in)
        return await directives_for(tx, person, keys, at)

    async def _declared(self, tx: Tx, sought: Sought) -> Mapping[str, Any] | None:
        """The emergency that the asker names, if it is her own; about whomever it is, the policy judges."""
        if sought.stated.emergency is None:
            return None
        finding = await find_finding(tx, self._keys, self._owners, sought.stated.emergency)
        return own_declaration(finding, sought.caller)


def _next_agreement(directives: Sequence[Directive], at: Instant) -> Instant:
    """When a permit to a committee begins or ends next: by these, a session among several is chosen."""
    bounds = [
        bound
        for one in directives
        if one.recipients != "any" and any(to.committee for to in one.recipients)
        for bound in (one.from_at, one.until_at)
        if bound is not None and bound > at
    ]
    return Instant(min(bounds, default=FAR_FUTURE))


def _document(row: Row, manifest: Manifest, known: PersonFacts, owner: Row) -> dict[str, Any]:
    """The policy's input in the schema of the decision scenarios, less the instant."""
    fragment: dict[str, Any] = {
        "id": row["id"],
        "owner_agency": row["owner"],
        "category": row["category"],
        "sensitivity": row["sensitivity"],
        "status": row["status"],
        "created": to_text(Instant(row["created_at"])),
    }
    if manifest.structured:
        fragment["sections"] = [section.to_json() for section in manifest.sections]
    if owner["sector"] is not None:
        fragment["owner_sector"] = owner["sector"]
    if row["youth_alone"]:
        fragment["youth_alone"] = True
    return {
        "profile": owner["profile"],
        "subject": subject_of(known.subject, known.recorded_by, AgencyId(row["owner"])),
        "fragment": fragment,
        "context": {"consent_model": owner["consent_model"]},
    }


def _ref(row: Row) -> FragmentRef:
    owner, person = AgencyId(row["owner"]), PersonId(row["person"])
    path = KeyPath(
        agency=owner,
        agency_key_version=row["agency_key_version"],
        agency_wrap=row["agency_wrap"],
        person=person,
        subject_key_version=row["subject_key_version"],
        subject_wrap=row["subject_wrap"],
    )
    return FragmentRef(
        id=FragmentId(row["id"]),
        version=row["version"],
        dossier=DossierId(row["dossier"]),
        person=person,
        owner=owner,
        category=row["category"],
        path=path,
        data_wrap=row["data_wrap"] or b"",
    )
