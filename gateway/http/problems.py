"""Problems (RFC 9457): one shape for everything that is not a success, in French or English.

A problem holds codes, our own sentences and the request's id: never an exception's text, never what was sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.errors import GatewayError, NotVisibleError, RateLimitedError, UnavailableError
from gateway.domain.vocabulary import EnforcementReason
from gateway.http.words import Audience, Language, Words

MEDIA_TYPE = "application/problem+json"

_TOLD_OF_ANYTHING: frozenset[str] = frozenset(EnforcementReason)
_UNAVAILABLE: Mapping[str, str] = {
    EnforcementReason.POLICY_UNAVAILABLE: "policy_unavailable",
    EnforcementReason.AUDIT_UNAVAILABLE: "ledger_unavailable",
    EnforcementReason.KEYS_UNAVAILABLE: "keys_unavailable",
    EnforcementReason.CONTENDED: "contended",
    EnforcementReason.QUARANTINED: "quarantined",
    EnforcementReason.CLOCK_UNSURE: "clock_unsure",
}
_OFFERS: Mapping[str, str] = {
    "offer_break_glass": "declare-emergency",
    "request_other_guardian": "ask-other-guardian",
    "route_to_guardian_or_lawyer": "ask-adult-or-lawyer",
    "inform_family_before": "inform-family",
}
_BY_STATUS: Mapping[int, str] = {
    400: "malformed",
    401: "unauthenticated",
    403: "not_allowed",
    404: "not_visible",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "too_slow",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media",
    416: "range_not_satisfiable",
    422: "malformed",
    428: "precondition_required",
    429: "rate_limited",
    503: "not_ready",
}
_FALLBACK = "internal"
_DPOP = 'DPoP algs="ES256 PS256 EdDSA Ed25519"'
CHALLENGES: Mapping[str, str] = {
    "unauthenticated": f"{_DPOP}, Bearer",
    "invalid_dpop_proof": f'{_DPOP}, error="invalid_dpop_proof"',
    "use_dpop_nonce": f'{_DPOP}, error="use_dpop_nonce"',
}
"""What a 401 asks for (RFC 9449 sections 7.1 and 9)."""


class Place(NamedTuple):
    """Which request a problem belongs to, and how its reader is spoken to."""

    request_id: str
    language: Language = Language.FR
    audience: Audience = Audience.WORKER


class Problems:
    """Renders problems under the public base.

    Args:
        words: The catalogues; a code without words is answered as `internal`, never with a foreign text.
        public_base: Where callers reach the gateway, such as `https://gateway.example`.
    """

    def __init__(self, words: Words, public_base: str) -> None:
        self.words = words
        self._base = public_base.rstrip("/")

    def of_error(self, error: GatewayError, place: Place) -> Response:
        """Render an error by its code; only the name of a field goes along, and never on a 404."""
        code = error.code
        if code not in self.words.problems:
            code = "not_ready" if isinstance(error, UnavailableError) else _FALLBACK
        named = error.field is not None and not isinstance(error, NotVisibleError)
        fields = [{"name": error.field, "code": error.code}] if named else ()
        # A role that was not chosen is a fault of the request as a whole, not of a value in it.
        status = 400 if error.field == "Gateway-Role" else None
        headers = None
        if isinstance(error, RateLimitedError):
            headers = {"Retry-After": str(error.retry_after_s)}
        return self.render(code, place, fields=fields, status=status, headers=headers)

    def of_status(self, status: int, place: Place, *, headers: Mapping[str, str] | None = None) -> Response:
        """Render what the framework refused by itself: no such path, no such method, or too large."""
        return self.render(_BY_STATUS.get(status, _FALLBACK), place, status=status, headers=headers)

    def of_refusal(self, refused: Refused, place: Place) -> Response:
        """Render a refusal: hidden ones are `not_visible` and nothing else, exactly as an unknown id."""
        decision, reasons = refused.decision, refused.decision.reasons
        primary = reasons[0] if reasons else ""
        if not decision.disclose_existence:
            # What is said of anything at all may be said here too; the rest would say that it exists.
            reasons = tuple(reason for reason in reasons if reason in _TOLD_OF_ANYTHING)
        if refused.unavailable:
            code = _UNAVAILABLE.get(primary, "policy_unavailable")
        elif primary == EnforcementReason.RATE_LIMITED:
            code = "rate_limited"
        elif primary == EnforcementReason.NAMES_SOMEBODY:
            code = "names_somebody"
        elif primary == EnforcementReason.STEP_UP_REQUIRED:
            code = "step_up_required"
        elif not decision.disclose_existence:
            return self.render("not_visible", place)
        else:
            code = "refused"
        offers = offers_of(decision.obligations) if decision.disclose_existence else []
        entry = str(refused.entry.decision_id) if refused.entry is not None else None
        return self.render(code, place, reasons=reasons, offers=offers, entry=entry)

    def render(  # noqa: PLR0913 - one parameter for each member that varies
        self,
        code: str,
        place: Place,
        *,
        status: int | None = None,
        reasons: Sequence[str] = (),
        offers: Iterable[str] = (),
        entry: str | None = None,
        fields: Sequence[Mapping[str, object]] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> Response:
        """Render one problem; `reasons` and `offers` are codes of the catalogues, `more` further members."""
        text = self.words.problems[code]
        said = {**(headers or {})}
        if text.retry_after_s is not None:
            said.setdefault("Retry-After", str(text.retry_after_s))
        if code in CHALLENGES:
            said["WWW-Authenticate"] = CHALLENGES[code]
        body = {
            "type": f"{self._base}/problems/{code}",
            "title": text.titles[place.language],
            "status": status or text.status,
            "detail": text.details[place.language],
            "instance": place.request_id,
            "code": code,
            "reasons": [self.reason(reason, place) for reason in reasons],
            "remedies": self.remedies(reasons, (*offers, *text.remedies), place),
            "fields": list(fields),
            "ledger_entry": entry,
            "request_id": place.request_id,
            **(more or {}),
        }
        return Response(orjson.dumps(body), status or text.status, said, MEDIA_TYPE)

    def reason(self, code: str, place: Place) -> dict[str, str]:
        """Say one reason; a code that nobody put into words is given without a sentence."""
        text = self.words.reasons.get(code)
        sentence = text.sentences[place.audience, place.language] if text is not None else ""
        return {"code": code, "text": sentence}

    def reasons_of_permit(self, codes: Sequence[str], place: Place) -> list[dict[str, str]]:
        """Say why something was given; what an emergency lifted is no refusal to a family."""
        if place.audience is not Audience.FAMILY:
            return [self.reason(code, place) for code in codes]
        said = []
        for code in codes:
            text = self.words.reasons.get(code)
            if text is None or not text.is_refusal:
                said.append(self.reason(code, place))
            elif text.lifted is not None:
                said.append({"code": code, "text": text.lifted[place.language]})
        return said

    def remedies(self, reasons: Sequence[str], offers: Iterable[str], place: Place) -> list[dict[str, str]]:
        """Say what may be done: first what the reasons call for, then what is offered, each once."""
        named = [rel for reason in reasons for rel in self._remedies_of(reason)]
        return [self.remedy(rel, place) for rel in dict.fromkeys((*named, *offers))]

    def remedy(self, rel: str, place: Place) -> dict[str, str]:
        """Say one remedy, with the address where it is done if there is one."""
        text = self.words.remedies[rel]
        said = {"rel": rel, "text": text.sentences[place.language]}
        return said if text.path is None else {**said, "href": f"{self._base}{text.path}"}

    def _remedies_of(self, reason: str) -> tuple[str, ...]:
        text = self.words.reasons.get(reason)
        return text.remedies if text is not None else ()


def offers_of(obligations: Iterable[str]) -> list[str]:
    """Answer the remedies that a decision's obligations offer."""
    return [_OFFERS[obligation] for obligation in sorted(obligations) if obligation in _OFFERS]


def list_fields(errors: Iterable[Mapping[str, Any]], known: frozenset[str]) -> list[dict[str, str]]:
    """Name the fields that a framework's validation refused, without input, context or message.

    A location also repeats keys that the caller invented; only names of the published document are kept.
    """
    fields: list[dict[str, str]] = []
    for error in errors:
        names: list[str] = []
        for part in error.get("loc", ()):
            if not isinstance(part, int) and part not in known:
                break
            names.append(str(part))
        fields.append({"name": ".".join(names), "code": str(error.get("type", "invalid"))})
    return fields
