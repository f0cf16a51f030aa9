"""Passkeys (WebAuthn level 3), over py_webauthn: what an authenticator is asked, and what is believed.

Whoever holds it is verified each time, so a passkey is a strong authentication. Origin and relying party
come from the configured public base, never from a request. No attestation is asked for: which maker's key a
family uses is not ours to know.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway.domain.enrolments import CHALLENGE_US, KeptPasskey
from gateway.domain.errors import MalformedError, UnauthenticatedError

CHALLENGE_BYTES: Final = 32
MAX_CHALLENGE: Final = 128
"""Bytes of one that says of itself until when it holds, and more than enough."""
MAX_ANSWER: Final = 16 * 1024
MAX_CREDENTIAL: Final = 1023
"""Bytes that a credential's id may have (WebAuthn level 3, section 5.8.3)."""
_TIMEOUT_MS: Final = CHALLENGE_US // 1000
_ODD = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError)
"""What the library raises where an answer is not one; its messages repeat what was sent, and are dropped."""


class WebAuthn:
    """Believes answers given on the pages of this public base.

    Args:
        public_base: Where browsers reach the gateway; its host is the relying party.
    """

    def __init__(self, public_base: str) -> None:
        parts = urlsplit(public_base)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._rp = parts.hostname or ""

    def new_challenge(self) -> bytes:
        return secrets.token_bytes(CHALLENGE_BYTES)

    def to_register(self, challenge: bytes, account: bytes, label: str) -> Mapping[str, Any]:
        """What `navigator.credentials.create` is given, in the JSON of WebAuthn level 3."""
        options = generate_registration_options(
            rp_id=self._rp,
            rp_name=self._rp,
            user_name=label,
            user_id=account,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        asked: Mapping[str, Any] = json.loads(options_to_json(options))
        return asked

    def to_sign_in(self, challenge: bytes) -> Mapping[str, Any]:
        """What `navigator.credentials.get` is given: any passkey of this relying party will do."""
        options = generate_authentication_options(
            rp_id=self._rp,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        asked: Mapping[str, Any] = json.loads(options_to_json(options))
        return asked

    def challenge_of(self, answer: str) -> bytes:
        try:
            client = json.loads(base64url_to_bytes(_read(answer)["response"]["clientDataJSON"]))
            challenge = base64url_to_bytes(client["challenge"])
        except _ODD:
            raise MalformedError("not an authenticator's answer", field="response") from None
        if not CHALLENGE_BYTES <= len(challenge) <= MAX_CHALLENGE:
            raise MalformedError("not an authenticator's answer", field="response")
        return challenge

    def credential_of(self, answer: str) -> bytes:
        try:
            credential = base64url_to_bytes(_read(answer)["rawId"])
        except _ODD:
            raise MalformedError("not an authenticator's answer", field="response") from None
        if not 1 <= len(credential) <= MAX_CREDENTIAL:
            raise MalformedError("not an authenticator's answer", field="response")
        return credential

    def registered(self, answer: str, challenge: bytes) -> tuple[bytes, bytes, int]:
        try:
            found = verify_registration_response(
                credential=_read(answer),
                expected_challenge=challenge,
                expected_rp_id=self._rp,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except _ODD:
            raise UnauthenticatedError("the authenticator's answer does not hold") from None
        if len(found.credential_id) > MAX_CREDENTIAL:
            raise UnauthenticatedError("the authenticator's answer does not hold")
        return found.credential_id, found.credential_public_key, found.sign_count

    def asserted(self, answer: str, challenge: bytes, kept: KeptPasskey) -> int:
        try:
            found = verify_authentication_response(
                credential=_read(answer),
                expected_challenge=challenge,
                expected_rp_id=self._rp,
                expected_origin=self._origin,
                credential_public_key=kept.public_key,
                credential_current_sign_count=kept.sign_count,
                require_user_verification=True,
            )
        except _ODD:
            raise UnauthenticatedError("the authenticator's answer does not hold") from None
        return found.new_sign_count


def _read(answer: str) -> dict[str, Any]:
    """Read an answer's JSON, of bounded size.

    Raises:
        ValueError: It is none.
    """
    if len(answer) > MAX_ANSWER:
        raise ValueError("too long")
    try:
        document = json.loads(answer)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind of error for one kind of fault
    return document
