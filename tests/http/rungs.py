"""What every published operation answers on each rung: to a stranger, to who is refused, to who may."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey

from tests.http.served import ADA, BOB, CONTE, DIA, EVA, FIL, RECIT
from tests.support.stack import ISSUER, network

GUS = "gus@client:house"
"""An administrator whom the network itself made network-wide."""

NED = "ned@client:clinic"
"""The second privacy officer of the clinic."""

HEL = "hel@client:house"
"""An officer whose agency knows nothing of the child."""

OLGA = "olga@client:school"
"""An officer of the agency that owns the fragments."""

PUBLIC_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
"""Of RFC 7517, appendix A.1."""

KID = "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"
"""Its thumbprint."""

Asker = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Rung:
    """One operation; `{handle}` stands for the child's handle at the caller's own agency."""

    path: str
    allowed: Asker
    refused: Asker | None = None
    stranger: Asker | None = None
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None


def rung_network() -> dict[str, Any]:
    seed = network()
    gus = {
        "id": "w:gus",
        "agency": "qc:house",
        "name": "Inventé gus",
        "roles": ["agency_admin"],
        "network_wide": True,
        "identity": {"iss": ISSUER, "sub": "gus"},
    }
    hel = {
        "id": "w:hel",
        "agency": "qc:house",
        "name": "Inventé hel",
        "roles": ["privacy_officer"],
        "identity": {"iss": ISSUER, "sub": "hel"},
    }
    ned = {
        "id": "w:ned",
        "agency": "qc:clinic",
        "name": "Inventé ned",
        "roles": ["privacy_officer"],
        "identity": {"iss": ISSUER, "sub": "ned"},
    }
    olga = {
        "id": "w:olga",
        "agency": "qc:school",
        "name": "Inventé olga",
        "roles": ["privacy_officer"],
        "identity": {"iss": ISSUER, "sub": "olga"},
    }
    seed["workers"] += [gus, hel, ned, olga]
    seed["agencies"][2]["protection_mission"] = True
    advice = {"id": "frg_advice", "category": "recommendation"}
    seed["fragments"].append({**seed["fragments"][0], **advice})
    return seed | _found(seed)


def _found(seed: dict[str, Any]) -> dict[str, Any]:
    """One record of each kind about the child, and another child whose parents hold joint authority."""
    for person in ("p:second", "p:third"):
        names = {"given": "Autre", "family": "Inventé"}
        seed["persons"].append({"id": person, "names": names, "birth_date": "2000-01-01"})
    for holder in ("p:parent", "p:third"):
        seed["authorities"].append({"subject": "p:second", "person": holder, "authority": "joint"})
    child = {"subject": "p:child"}
    schools = {**child, "agency": "qc:school"}
    package = ["frg_letter"]
    return {
        "capacity_findings": [{**schools, "id": "fnd_1", "capable": True, "assessed_by": "Dre Inventée"}],
        "harm_determinations": [{**child, "id": "fnd_2", "owner_agency": "qc:school", "to": ["youth"]}],
        "agreements": [{"id": "agr_1", "subject": "p:second", "giver": "p:parent", "guardian": "p:third"}],
        "sessions": [
            {**schools, "id": "ses_1", "members": ["w:cam"], "package": package, "closes": "now+1h"}
        ],
        "transfers": [
            {**child, "id": "trf_1", "from_worker": "w:ada", "to_person": "w:bob", "package": package}
        ],
    }


_SEEN = {"If-Match": '"1"'}
_UNTIL = f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}"
_SOON = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"
_ASKED = {"purpose": "coordination"}
_PERMIT = {
    "person": "{handle}",
    "decision": "permit",
    "recipients": [{"agency": "qc:house"}],
    "purposes": ["coordination"],
    "categories": ["education"],
    "until": _UNTIL,
}
_SECTIONS = {"category": "education", "sensitivity": "N", "sections": [{"id": "a", "content": 1}]}
_PERSON = {"family_name": "Inventé", "given_name": "Nouvelle", "birth_date": "2018-01-01"}
_WORKER = {"id": "w:new", "agency": "qc:clinic", "name": "Inventé new", "roles": ["caseworker"]}
_TERMS = {
    "version": "2026-1",
    "title": {"fr": "Entente inventée", "en": "Invented agreement"},
    "text": "Chacun garde ce qu'on lui confie.",
    "effective": "2026-01-01T00:00:00Z",
    "sign_by": "2026-02-01T00:00:00Z",
}
_DIGEST = hashlib.sha256(str(_TERMS["text"]).encode()).hexdigest()
LEAVING_KEY = ECKey.generate_key("P-256")
LEAVING = {
    "agency": "qc:clinic",
    "key": {name: LEAVING_KEY.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")},
    "keep_keys_until": _SOON,
}
_ROW = {"id": "w:listed", "name": "Inventé listed", "roles": ["caseworker"]}
_TEAM = {"agency": "qc:clinic", "name": "Équipe de nuit"}
_AGENCY = {"id": "qc:new", "name": {"fr": "Nouvelle", "en": "New"}, "profile": "QC-PRIV"}
_PROHIBITION = {
    "person": "{handle}",
    "type": "prohibit",
    "basis": "court_order",
    "recipients": [{"agency": "qc:house"}],
    "words": "An invented judgment.",
}
_CAPACITY = {"capable": True, "assessed_by": "Dre Inventée"}
_HARM = {"to": ["youth"], "categories": ["education"]}
_SESSION = {
    "person": "{handle}",
    "members": ["w:cam"],
    "package": ["frg_letter"],
    "opens": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    "closes": f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
}
_TRANSFER = {"person": "{handle}", "to_person": "w:bob", "package": ["frg_letter"]}
_FOUND = "/v1/persons/{handle}"
_EMERGENCY = {
    "person": "{handle}",
    "risk": "risk_to_life",
    "justification": "Une menace inventée, ce soir même.",
    "consent_unobtainable": True,
    "categories": ["education"],
}
_LETTER = {"agency": "qc:house", "words": "Un enfant imaginaire a peur."}
_CLAIM = {"holder": {"agency": "qc:school"}, "authority": "agency"}

RUNGS: Mapping[tuple[str, str], Rung] = {
    ("GET", "/v1/me"): Rung("/v1/me", (DIA, 200)),
    ("POST", "/v1/agencies"): Rung("/v1/agencies", (GUS, 201), (BOB, 403), None, _AGENCY),
    ("POST", "/v1/clients"): Rung(
        "/v1/clients", (GUS, 201), (BOB, 403), None, {"id": "client:new", "agency": "qc:clinic"}
    ),
    ("GET", "/v1/clients/{client}/keys"): Rung("/v1/clients/client:clinic/keys", (FIL, 200), (BOB, 403)),
    ("POST", "/v1/clients/{client}/keys"): Rung(
        "/v1/clients/client:clinic/keys", (FIL, 201), (BOB, 403), None, {"key": PUBLIC_KEY}
    ),
    ("DELETE", "/v1/clients/{client}/keys/{kid}"): Rung(
        f"/v1/clients/client:clinic/keys/{KID}", (FIL, 200), (BOB, 403)
    ),
    ("POST", "/v1/token-keys"): Rung("/v1/token-keys", (GUS, 201), (BOB, 403), None, {"at_once": False}),
    ("GET", "/v1/workers"): Rung("/v1/workers", (FIL, 200), (BOB, 403)),
    ("POST", "/v1/workers"): Rung("/v1/workers", (FIL, 201), (BOB, 403), None, _WORKER),
    ("GET", "/v1/assignments"): Rung("/v1/assignments", (FIL, 200)),
    ("POST", "/v1/assignments"): Rung(
        "/v1/assignments", (FIL, 201), (BOB, 403), None, {"worker": "w:cam", "person": "{handle}"}
    ),
    ("POST", "/v1/worker-imports"): Rung(
        "/v1/worker-imports", (FIL, 200), (BOB, 403), (DIA, 403), {"agency": "qc:clinic", "rows": [_ROW]}
    ),
    ("GET", "/v1/teams"): Rung("/v1/teams", (FIL, 200), (BOB, 403)),
    ("POST", "/v1/teams"): Rung("/v1/teams", (FIL, 201), (BOB, 403), None, _TEAM),
    ("GET", "/v1/teams/{team}"): Rung("/v1/teams/{team}", (FIL, 200), (BOB, 403), (HEL, 404)),
    ("POST", "/v1/teams/{team}/duties"): Rung(
        "/v1/teams/{team}/duties", (FIL, 201), (BOB, 403), None, {"worker": "w:cam", "duty": "member"}
    ),
    ("POST", "/v1/teams/{team}/assignments"): Rung(
        "/v1/teams/{team}/assignments", (FIL, 201), (BOB, 403), None, {"person": "{handle}"}
    ),
    ("DELETE", "/v1/duties/{duty}"): Rung("/v1/duties/{duty}", (FIL, 200), (BOB, 403)),
    ("DELETE", "/v1/team-assignments/{assignment}"): Rung(
        "/v1/team-assignments/{team assignment}", (FIL, 200), (BOB, 403)
    ),
    ("DELETE", "/v1/teams/{team}"): Rung("/v1/teams/{team}", (FIL, 200), (BOB, 403)),
    ("GET", "/v1/network-agreements"): Rung("/v1/network-agreements", (FIL, 200)),
    ("POST", "/v1/network-agreements"): Rung("/v1/network-agreements", (GUS, 201), (BOB, 403), None, _TERMS),
    ("GET", "/v1/network-agreements/{version}"): Rung("/v1/network-agreements/{version}", (FIL, 200)),
    ("POST", "/v1/network-agreements/{version}/signatures"): Rung(
        "/v1/network-agreements/{version}/signatures", (FIL, 201), (BOB, 403), None, {"digest": _DIGEST}
    ),
    ("POST", "/v1/leavings"): Rung("/v1/leavings", (FIL, 201), (BOB, 403), None, LEAVING),
    ("GET", "/v1/own-fragments"): Rung("/v1/own-fragments", (FIL, 200), (BOB, 403)),
    ("POST", "/v1/fragments/{fragment}/exports"): Rung(
        "/v1/fragments/{own fragment}/exports", (FIL, 201), (BOB, 403), (GUS, 404)
    ),
    ("POST", "/v1/person-matches"): Rung("/v1/person-matches", (BOB, 201), (EVA, 403), None, _PERSON),
    # Before its agency holds authority: who would decide in her place finds nothing about her capacity.
    ("GET", "/v1/persons/{person}/capacity-findings"): Rung(
        f"{_FOUND}/capacity-findings", (ADA, 200), None, (DIA, 404)
    ),
    ("POST", "/v1/persons/{person}/capacity-findings"): Rung(
        f"{_FOUND}/capacity-findings", (ADA, 201), (EVA, 403), (DIA, 404), _CAPACITY
    ),
    ("DELETE", "/v1/persons/{person}/capacity-findings/{finding}"): Rung(
        f"{_FOUND}/capacity-findings/fnd_1", (ADA, 200), (EVA, 403), (DIA, 404)
    ),
    ("GET", "/v1/persons/{person}/authorities"): Rung(
        "/v1/persons/{handle}/authorities", (BOB, 200), None, (DIA, 404)
    ),
    ("POST", "/v1/persons/{person}/authorities"): Rung(
        "/v1/persons/{handle}/authorities", (EVA, 201), (BOB, 403), (HEL, 404), _CLAIM
    ),
    ("GET", "/v1/instruments"): Rung("/v1/instruments?person={handle}", (EVA, 200), (BOB, 403), (HEL, 404)),
    ("POST", "/v1/instruments"): Rung("/v1/instruments", (EVA, 201), (BOB, 403), (HEL, 404), _PROHIBITION),
    ("DELETE", "/v1/instruments/{instrument}"): Rung(
        "/v1/instruments/{instrument}", (EVA, 200), (BOB, 403), (HEL, 404)
    ),
    ("GET", "/v1/approvals"): Rung("/v1/approvals", (NED, 200), (BOB, 403)),
    ("POST", "/v1/approvals/{approval}/answers"): Rung(
        "/v1/approvals/{approval}/answers", (NED, 201), (EVA, 403), (HEL, 404), {"answer": "approved"}
    ),
    ("GET", "/v1/persons/{person}/harm-determinations"): Rung(
        f"{_FOUND}/harm-determinations", (ADA, 200), None, (DIA, 404)
    ),
    ("POST", "/v1/persons/{person}/harm-determinations"): Rung(
        f"{_FOUND}/harm-determinations", (ADA, 201), (EVA, 403), (DIA, 404), _HARM
    ),
    ("DELETE", "/v1/persons/{person}/harm-determinations/{finding}"): Rung(
        f"{_FOUND}/harm-determinations/fnd_2", (ADA, 200), (EVA, 403), (DIA, 404)
    ),
    ("POST", "/v1/fragments/{fragment}/consultations"): Rung(
        "/v1/fragments/frg_letter/consultations",
        (ADA, 201),
        (EVA, 403),
        (DIA, 404),
        {"harm_expected": False},
    ),
    ("POST", "/v1/agreements"): Rung(
        "/v1/agreements",
        (CONTE, 201),
        (BOB, 403),
        (RECIT, 404),
        {"person": "p:second", "guardian": "p:third"},
    ),
    ("POST", "/v1/agreements/{agreement}/withdrawals"): Rung(
        "/v1/agreements/agr_1/withdrawals", (CONTE, 201), None, (RECIT, 404)
    ),
    ("POST", "/v1/sessions"): Rung("/v1/sessions", (ADA, 201), (EVA, 403), (DIA, 404), _SESSION),
    ("GET", "/v1/sessions/{session}"): Rung("/v1/sessions/ses_1", (ADA, 200), None, (DIA, 404)),
    ("POST", "/v1/sessions/{session}/recusals"): Rung(
        "/v1/sessions/ses_1/recusals", (ADA, 201), (EVA, 403), (DIA, 404), {"member": "w:cam"}
    ),
    ("POST", "/v1/sessions/{session}/closing"): Rung(
        "/v1/sessions/ses_1/closing", (ADA, 201), (EVA, 403), (DIA, 404)
    ),
    ("POST", "/v1/transfers"): Rung("/v1/transfers", (ADA, 201), (EVA, 403), (DIA, 404), _TRANSFER),
    ("GET", "/v1/transfers/{transfer}"): Rung("/v1/transfers/trf_1", (CONTE, 200), None, (RECIT, 404)),
    ("POST", "/v1/transfers/{transfer}/family-answers"): Rung(
        "/v1/transfers/trf_1/family-answers", (CONTE, 201), (BOB, 403), (RECIT, 404), {"answer": "agreed"}
    ),
    ("POST", "/v1/transfers/{transfer}/receiver-answers"): Rung(
        "/v1/transfers/trf_1/receiver-answers", (BOB, 201), (EVA, 403), (DIA, 404), {"answer": "accepted"}
    ),
    ("POST", "/v1/transfers/{transfer}/completions"): Rung(
        "/v1/transfers/trf_1/completions", (ADA, 201), (EVA, 403), (DIA, 404)
    ),
    ("GET", "/v1/dossiers"): Rung("/v1/dossiers", (BOB, 200)),
    ("POST", "/v1/dossiers"): Rung(
        "/v1/dossiers", (BOB, 201), (EVA, 403), (DIA, 404), {"person": "{handle}"}
    ),
    ("GET", "/v1/dossiers/{dossier}"): Rung("/v1/dossiers/dos_child", (BOB, 200), None, (DIA, 404)),
    ("GET", "/v1/dossiers/{dossier}/fragments"): Rung(
        "/v1/dossiers/dos_child/fragments?purpose=coordination", (BOB, 200), (EVA, 403), (DIA, 404)
    ),
    ("POST", "/v1/dossiers/{dossier}/fragments"): Rung(
        "/v1/dossiers/dos_child/fragments", (BOB, 201), (EVA, 403), (DIA, 404), _SECTIONS
    ),
    ("GET", "/v1/fragments/{fragment}"): Rung("/v1/fragments/frg_letter", (BOB, 200), None, (DIA, 404)),
    ("PATCH", "/v1/fragments/{fragment}"): Rung(
        "/v1/fragments/frg_letter", (ADA, 200), None, (DIA, 404), {"youth_alone": False}, _SEEN
    ),
    ("POST", "/v1/fragments/{fragment}/holds"): Rung(
        "/v1/fragments/frg_report/holds", (ADA, 201), (EVA, 403), (DIA, 404), None, _SEEN
    ),
    ("DELETE", "/v1/fragments/{fragment}/holds"): Rung(
        "/v1/fragments/frg_report/holds", (ADA, 200), (EVA, 403), (DIA, 404), None, {"If-Match": '"2"'}
    ),
    ("POST", "/v1/fragments/{fragment}/corrections"): Rung(
        "/v1/fragments/frg_report/corrections", (ADA, 201), (EVA, 403), (DIA, 404), {}, {"If-Match": '"3"'}
    ),
    ("DELETE", "/v1/fragments/{fragment}"): Rung(
        "/v1/fragments/frg_marks", (ADA, 200), None, (DIA, 404), None, _SEEN
    ),
    ("POST", "/v1/decisions"): Rung(
        "/v1/decisions", (BOB, 200), None, (DIA, 404), {**_ASKED, "fragment": "frg_letter"}
    ),
    ("POST", "/v1/emergency-accesses"): Rung(
        "/v1/emergency-accesses", (BOB, 201), (EVA, 403), (DIA, 404), _EMERGENCY
    ),
    ("GET", "/v1/emergency-accesses"): Rung("/v1/emergency-accesses", (BOB, 200), (EVA, 403)),
    ("POST", "/v1/fragments/{fragment}/answers"): Rung(
        "/v1/fragments/frg_advice/answers", (CONTE, 201), (BOB, 403), (RECIT, 404), {"answer": "refused"}
    ),
    ("GET", "/v1/receipts/{receipt}"): Rung("/v1/receipts/{receipt}", (CONTE, 200), None, (RECIT, 404)),
    ("GET", "/v1/consents"): Rung("/v1/consents?person={handle}", (BOB, 200), None, (DIA, 404)),
    ("POST", "/v1/consents"): Rung("/v1/consents", (CONTE, 201), (FIL, 403), (RECIT, 404), _PERMIT),
    ("GET", "/v1/consents/{consent}"): Rung("/v1/consents/cns_1", (CONTE, 200), None, (RECIT, 404)),
    ("GET", "/v1/consents/{consent}/receipt"): Rung(
        "/v1/consents/{given}/receipt", (CONTE, 200), None, (RECIT, 404)
    ),
    ("POST", "/v1/consents/{consent}/confirmations"): Rung(
        "/v1/consents/{waiting}/confirmations", (CONTE, 201), (BOB, 403), (RECIT, 404)
    ),
    ("GET", "/v1/enrolments"): Rung("/v1/enrolments", (CONTE, 200)),
    ("DELETE", "/v1/enrolments/{enrolment}"): Rung(
        "/v1/enrolments/{enrolment}", (CONTE, 200), (FIL, 403), (DIA, 404)
    ),
    ("GET", "/v1/paper-codes"): Rung("/v1/paper-codes?person={handle}", (ADA, 200), (FIL, 403), (DIA, 404)),
    ("POST", "/v1/paper-codes"): Rung(
        "/v1/paper-codes", (ADA, 201), (FIL, 403), (DIA, 404), {"person": "{handle}"}
    ),
    ("POST", "/v1/passkeys/challenges"): Rung(
        "/v1/passkeys/challenges", (CONTE, 201), None, None, {"label": "Inventé"}
    ),
    ("POST", "/v1/passkeys"): Rung(
        "/v1/passkeys", (CONTE, 201), None, None, {"label": "Inventé", "response": "{response}"}
    ),
    ("GET", "/v1/ledger/entries"): Rung("/v1/ledger/entries", (EVA, 200)),
    ("GET", "/v1/ledger/entries/{entry}"): Rung("/v1/ledger/entries/{entry}", (EVA, 200), None, (DIA, 404)),
    ("GET", "/v1/ledger/entries/{entry}/proof"): Rung(
        "/v1/ledger/entries/{entry}/proof", (EVA, 200), None, (DIA, 404)
    ),
    ("GET", "/v1/ledger/checkpoint"): Rung("/v1/ledger/checkpoint", (DIA, 200)),
    ("GET", "/v1/notices"): Rung("/v1/notices", (CONTE, 200)),
    ("POST", "/v1/notices/{notice}/read"): Rung("/v1/notices/{notice}/read", (CONTE, 201), None, (DIA, 404)),
    ("GET", "/v1/notices/held"): Rung("/v1/notices/held", (OLGA, 200), (BOB, 403)),
    ("POST", "/v1/notices/{notice}/delay"): Rung(
        "/v1/notices/{held}/delay",
        (OLGA, 201),
        (BOB, 403),
        (HEL, 404),
        {"until": _SOON, "reason": "Inventé."},
    ),
    ("POST", "/v1/notices/{notice}/release"): Rung(
        "/v1/notices/{held}/release", (OLGA, 201), (BOB, 403), (HEL, 404)
    ),
    # A report is held back from the family: after what is held above.
    ("POST", "/v1/reports"): Rung(
        "/v1/reports", (BOB, 201), (EVA, 403), (DIA, 404), {**_LETTER, "person": "{handle}"}
    ),
    ("POST", "/v1/consultations"): Rung("/v1/consultations", (BOB, 201), (EVA, 403), None, _LETTER),
    ("GET", "/v1/reviews"): Rung("/v1/reviews", (OLGA, 200), (BOB, 403)),
    ("POST", "/v1/reviews/{review}/finding"): Rung(
        "/v1/reviews/{review}/finding", (OLGA, 201), (BOB, 403), (HEL, 404), {"finding": "justified"}
    ),
    ("POST", "/v1/fragments/{fragment}/releases"): Rung(
        "/v1/fragments/frg_letter/releases", (BOB, 201), (EVA, 403), (DIA, 404), _ASKED
    ),
    ("GET", "/v1/sign-ins"): Rung("/v1/sign-ins", (BOB, 200)),
    ("DELETE", "/v1/sign-ins/{sign_in}"): Rung("/v1/sign-ins/{sign_in}", (BOB, 200), None, (DIA, 404)),
    ("DELETE", "/v1/sign-ins"): Rung("/v1/sign-ins", (CONTE, 200)),
    # What ends something comes last, so that everything before it still stands.
    ("POST", "/v1/consents/{consent}/withdrawals"): Rung(
        "/v1/consents/cns_1/withdrawals", (CONTE, 201), None, (RECIT, 404), {}
    ),
    ("POST", "/v1/stops"): Rung(
        "/v1/stops", (CONTE, 201), (BOB, 403), (RECIT, 404), {"person": "{handle}", "reach": {"kind": "all"}}
    ),
    ("GET", "/v1/stops/{stop}/receipt"): Rung("/v1/stops/{stop}/receipt", (CONTE, 200), None, (RECIT, 404)),
    ("POST", "/v1/stops/{stop}/undo"): Rung("/v1/stops/{stop}/undo", (CONTE, 201), None, (RECIT, 404), {}),
    ("PATCH", "/v1/workers/{worker}"): Rung(
        "/v1/workers/w:cam", (FIL, 200), (BOB, 403), (DIA, 403), {"active": False}, _SEEN
    ),
    ("DELETE", "/v1/assignments/{assignment}"): Rung(
        "/v1/assignments/asg_2", (FIL, 200), (BOB, 403), (DIA, 403)
    ),
    ("DELETE", "/v1/persons/{person}/authorities/{authority}"): Rung(
        "/v1/persons/{handle}/authorities/aut_1", (EVA, 200), (BOB, 403), (HEL, 404)
    ),
    ("DELETE", "/v1/clients/{client}"): Rung("/v1/clients/client:school", (GUS, 200), (BOB, 403)),
    ("PATCH", "/v1/agencies/{agency}"): Rung(
        "/v1/agencies/qc:school", (GUS, 200), (BOB, 403), None, {"status": "suspended"}, _SEEN
    ),
    ("DELETE", "/v1/leavings/{agency}"): Rung("/v1/leavings/qc:clinic", (FIL, 200), (BOB, 403)),
}
