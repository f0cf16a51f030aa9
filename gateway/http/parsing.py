"""Reading what a path, a header or a body names; past here no bare `str` stands for an identifier."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from gateway.domain.access import NOTHING_STATED, Stated
from gateway.domain.acting import Once
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError, NotVisibleError
from gateway.domain.ids import AgencyId, FindingId, parse_agency_id, parse_id
from gateway.domain.vocabulary import Action, Role
from gateway.http.wire import parse_idempotency_key

PURPOSE = r"^[a-z][a-z0-9_]{0,59}$"
MAX_WORDS = 4000
"""How long a justification may be, in characters."""

_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,59}\Z", re.ASCII)
_OWN_PURPOSES = {
    Role.GUARDIAN: "family_access",
    Role.YOUTH: "family_access",
    Role.PRIVACY_OFFICER: "privacy_investigation",
    Role.AUDITOR: "audit",
    Role.AGENCY_ADMIN: "administration",
    Role.SYSTEM: "administration",
    Role.COMMITTEE_MEMBER: "committee_review",
}
_USUAL_PURPOSE = "service_delivery"


def read_path_id(text: str) -> str:
    """Answer an identifier out of a path.

    Raises:
        NotVisibleError: Another shape, which nothing has: the same answer as for an unknown one.
    """
    try:
        return parse_id(text, field="id")
    except MalformedError:
        raise NotVisibleError("no such thing") from None


def read_path_agency(text: str) -> AgencyId:
    """Answer an agency's identifier out of a path; a wrong shape is the same 404 as an unknown one."""
    try:
        return parse_agency_id(text)
    except MalformedError:
        raise NotVisibleError("no such thing") from None


def read_purpose(value: object) -> str:
    """Answer a purpose; whether it is known, and hers, is the policy's to say.

    Raises:
        MalformedError: Not the shape of a code, so that no entry repeats a stranger's text in the clear.
    """
    if not isinstance(value, str) or not _PURPOSE.match(value):
        raise MalformedError("a purpose is a code of the vocabulary", field="purpose")
    return value


def purpose_or_own(caller: Caller, purpose: str | None) -> str:
    """Answer the purpose that was said, else the one that the caller's role acts for."""
    return _OWN_PURPOSES.get(caller.role, _USUAL_PURPOSE) if purpose is None else read_purpose(purpose)


def read_words(value: object, *, field: str) -> str:
    """Answer free text of at most 4,000 characters; it is kept sealed.

    Raises:
        MalformedError: Something else, or too long.
    """
    if not isinstance(value, str) or len(value) > MAX_WORDS:
        raise MalformedError("a text is too long, or none", field=field)
    return value


def state(named: Mapping[str, Any], action: Action = Action.READ) -> Stated:
    """Answer what an asker states, in the policy's fields; nothing stated is the one shared nothing."""
    emergency = named.get("emergency")
    context = {name: value for name, value in named.items() if name != "emergency"}
    if not context and emergency is None and action is Action.READ:
        return NOTHING_STATED
    return Stated(action, context, None if emergency is None else FindingId(emergency))


def read_stated(body: Mapping[str, Any]) -> Stated:
    """Answer what a release's body states beside its purpose; what is left out is not stated.

    Raises:
        MalformedError: A text, a yes or no, or an identifier of another shape.
    """
    named: dict[str, Any] = {
        name: read_words(body[name], field=name) for name in ("necessity", "inform_exception") if name in body
    }
    if "family_informed" in body:
        if not isinstance(body["family_informed"], bool):
            raise MalformedError("the family was informed, or it was not", field="family_informed")
        named["family_informed"] = body["family_informed"]
    if "emergency" in body:
        named["emergency"] = parse_id(body["emergency"], field="emergency")
    return state(named)


def read_once(caller: Caller, key: str | None, *request: bytes) -> Once | None:
    """Answer the idempotency key of an act, None where there is none.

    The digest binds who asks, in which role, and every part of the request: the same key of a colleague
    behind the same client is another request and brings nothing of hers back.

    Raises:
        MalformedError: Another shape.
    """
    key = parse_idempotency_key(key)
    return None if key is None else Once(key, digest_of(caller, *request))


def digest_of(caller: Caller, *request: bytes) -> bytes:
    """Hash a request and its caller, each part with its length in front."""
    digest = hashlib.sha256()
    for part in (caller.account.encode(), caller.role.encode(), *request):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
