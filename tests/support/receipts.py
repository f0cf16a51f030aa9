"""Invented receipts, one of each act, and a verification of receipts that shares no code with the gateway."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.domain.consent import Directive, ReachKind, Recipient, StopReach
from gateway.domain.ids import AgencyId, ConsentId, FragmentId, PersonId
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.receipt import ReceiptAct, StopTold, Told
from gateway.domain.receipt_answer import AnswerGiven, AnswerTold
from gateway.domain.receipt_parts import Party, ReceiptLabels, Sayer
from gateway.domain.stopping import Continues, refusal_within
from gateway.domain.vocabulary import Sensitivity
from tests.support.proving import unb64

SCHOOL, CLINIC, HOUSE = AgencyId("ex:school"), AgencyId("ex:clinic"), AgencyId("ex:house")
AT = parse_instant("2026-03-10T02:30:00Z", field="at")
UNTIL = parse_instant("2026-09-10T02:30:00Z", field="until")
_CHILD, _MOTHER = PersonId("per_child"), PersonId("per_mother")

PARTIES = {
    SCHOOL: Party(SCHOOL, {"fr": "École inventée", "en": "Invented school"}, "QC-PRIV"),
    CLINIC: Party(CLINIC, {"fr": "Clinique inventée", "en": "Invented clinic"}, "QC-LRSSS"),
}
LABELS = ReceiptLabels(
    purposes={"coordination": {"fr": "coordination", "en": "coordination"}},
    categories={
        "education": {"fr": "scolarité", "en": "schooling"},
        "mental_health": {"fr": "santé mentale", "en": "mental health"},
    },
    roles={"caseworker": {"fr": "intervenant·e", "en": "caseworker"}},
)
SAYER = Sayer(PARTIES, LABELS, names_people=True, zone="America/Toronto")

PERMIT = Directive(
    id=ConsentId("cns_invented"),
    version=2,
    subject=_CHILD,
    giver=_MOTHER,
    given_as="guardian",
    decision="permit",
    recipients=(
        Recipient(agency=CLINIC, include_units=True),
        Recipient(agency=SCHOOL, role="caseworker"),
        Recipient(person="wrk_invented"),
        Recipient(committee="com_invented"),
    ),
    owners=(SCHOOL, HOUSE),
    purposes=("coordination",),
    categories=("education", "unheard_of"),
    from_at=AT,
    until_at=UNTIL,
    max_sensitivity=Sensitivity.RESTRICTED,
    data_period=(AT, None),
    fragments=(FragmentId("frg_invented"),),
    one_time=True,
    notify_family=True,
    exceptions=({"decision": "deny", "recipients": [{"agency": CLINIC}], "categories": ["mental_health"]},),
    capture={"method": "verbal", "notice_version": "2026-01"},
)
REFUSAL = replace(
    PERMIT,
    decision="deny",
    recipients="any",
    owners="any",
    purposes="any",
    categories="any",
    until_at=None,
    max_sensitivity=None,
    data_period=None,
    fragments=None,
    one_time=False,
    notify_family=False,
    exceptions=(),
    capture={},
)
_OWN = Continues("ex:school", "ex:school", "education", "service_delivery", "owner_use", "OWNER_ACCESS")
_BY_COURT = Continues("ex:clinic", "ex:school", "education", "legal", "instrument", "COURT_ORDER_REQUIRES")
_BY_OTHER = Continues("ex:house", "ex:clinic", "mental_health", "legal", "other", "UNHEARD_OF")


def told(act: ReceiptAct, line: Directive, **changes: Any) -> Told:  # noqa: ANN401 - fields of any type
    made = Told(
        id="rcp_invented",
        act=act,
        line=line,
        principal="per_child",
        entity="per_mother",
        own=True,
        recorded_by=None,
        replaces=None,
        was_over=False,
        decision_id="dec_invented",
        entered=True,
        at=AT,
        event_at=AT,
        say=SAYER,
    )
    return replace(made, **changes)


def a_stop(reach: StopReach) -> Directive:
    line = refusal_within(reach, (ConsentId("cns_stop"), _CHILD), _MOTHER)
    return replace(line, from_at=Instant(AT))


_ENDED = (("cns_invented", 2),)
_EVERYTHING = a_stop(StopReach(ReachKind.ALL))

EVERY: Mapping[str, Told] = {
    "given": told(ReceiptAct.GIVEN, PERMIT),
    "recorded": told(ReceiptAct.GIVEN, PERMIT, recorded_by=(CLINIC, "caseworker"), entity=None),
    "refused": told(ReceiptAct.REFUSED, REFUSAL),
    "changed": told(ReceiptAct.CHANGED, PERMIT, replaces=1),
    "changed to no, in quarantine": told(ReceiptAct.CHANGED, REFUSAL, replaces=1, entered=False),
    "withdrawn": told(ReceiptAct.WITHDRAWN, PERMIT),
    "withdrawn by another": told(ReceiptAct.WITHDRAWN, PERMIT, own=False),
    "refusal withdrawn": told(ReceiptAct.WITHDRAWN, REFUSAL),
    "refusal withdrawn by another": told(ReceiptAct.WITHDRAWN, REFUSAL, own=False),
    "over already": told(ReceiptAct.WITHDRAWN, PERMIT, was_over=True),
    "stopped": told(ReceiptAct.STOPPED, _EVERYTHING, stop=StopTold("stp_invented", _ENDED)),
    "stopped and told": told(
        ReceiptAct.STOPPED,
        _EVERYTHING,
        stop=StopTold("stp_invented", _ENDED, (_OWN, _BY_COURT, _BY_OTHER), in_force=True),
        supplements="rcp_first",
    ),
    "stopped as a view": told(
        ReceiptAct.STOPPED,
        a_stop(StopReach(ReachKind.DOCUMENT, fragment=FragmentId("frg_invented"))),
        stop=StopTold("stp_invented", (), (), in_force=False),
    ),
    "agency stopped": told(
        ReceiptAct.STOPPED,
        a_stop(StopReach(ReachKind.AGENCY, agency=CLINIC)),
        stop=StopTold("stp_invented", ()),
    ),
    "category stopped": told(
        ReceiptAct.STOPPED,
        a_stop(StopReach(ReachKind.CATEGORY, category="education")),
        stop=StopTold("stp_invented", ()),
    ),
    "undone": told(ReceiptAct.UNDONE, _EVERYTHING, stop=StopTold("stp_invented", ()), own=False),
    "in utc": told(ReceiptAct.GIVEN, PERMIT, say=replace(SAYER, zone=None, names_people=False)),
}
"""Every branch of the texts at least once; the house is nobody's to name."""


def answered(act: ReceiptAct, code: str, agency: AgencyId = CLINIC, *, entered: bool = True) -> AnswerTold:
    answer = AnswerGiven(act, "ans_invented", 3, _CHILD, agency, code)
    return AnswerTold("rcp_invented", answer, _MOTHER, "dec_invented", entered=entered, at=AT, say=SAYER)


ANSWERS: Mapping[str, AnswerTold] = {
    "recommendation refused": answered(ReceiptAct.RECOMMENDATION_REFUSED, "education"),
    "transfer agreed": answered(ReceiptAct.TRANSFER_AGREED, "coordination"),
    "transfer refused": answered(ReceiptAct.TRANSFER_REFUSED, "coordination", HOUSE),
    "transfer refused, in quarantine": answered(
        ReceiptAct.TRANSFER_REFUSED, "coordination", HOUSE, entered=False
    ),
}
"""Every branch of the texts of an answer; to a house that is nobody's to name."""

WHOLE: Mapping[str, Told | AnswerTold] = {**EVERY, **ANSWERS}


def open_independently(signed: str, published: Mapping[str, Any]) -> dict[str, Any]:
    """Verify by RFC 7515 and RFC 8037 alone, with what the gateway publishes; raises if it does not hold."""
    header, payload, signature = signed.split(".")
    said = json.loads(unb64(header))
    (jwk,) = [one for one in published["keys"] if one["kid"] == said["kid"]]
    assert (jwk["kty"], jwk["crv"], jwk["use"], jwk["alg"]) == ("OKP", "Ed25519", "sig", said["alg"])
    assert said["alg"] == "EdDSA"
    public = Ed25519PublicKey.from_public_bytes(unb64(jwk["x"]))
    public.verify(unb64(signature), f"{header}.{payload}".encode("ascii"))
    record = json.loads(unb64(payload))
    assert isinstance(record, dict)
    return record
