"""What of an authenticator's answer is believed: everything goes, or nothing does."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.identity.passkeys import MAX_ANSWER, WebAuthn
from gateway.domain.enrolments import Enrolment, EnrolmentId, EnrolmentKind, KeptPasskey
from gateway.domain.errors import MalformedError, UnauthenticatedError
from tests.support.authenticator import Authenticator
from tests.support.proving import b64
from tests.support.registry import AT

ORIGIN, RP = "https://gateway.example", "gateway.example"
WEB = WebAuthn(f"{ORIGIN}/")
ENROLMENT = Enrolment(EnrolmentId("enr_1"), EnrolmentKind.PASSKEY, "p:one", None, None, None, AT)


def registered() -> tuple[Authenticator, KeptPasskey]:
    one = Authenticator(ORIGIN, RP)
    challenge = WEB.new_challenge()
    options = WEB.to_register(challenge, b"handle", "Mon appareil")
    credential, key, count = WEB.registered(one.create(options), challenge)
    assert credential == one.credential
    return one, KeptPasskey(ENROLMENT, key, count)


def test_a_key_is_kept_and_its_signatures_hold() -> None:
    one, kept = registered()
    for count in (1, 2, 3):
        challenge = WEB.new_challenge()
        answer = one.get(WEB.to_sign_in(challenge))
        assert WEB.challenge_of(answer) == challenge
        assert WEB.credential_of(answer) == one.credential
        assert WEB.asserted(answer, challenge, kept) == count
        kept = replace(kept, sign_count=count)


def test_what_is_asked_demands_a_verified_holder_and_no_attestation() -> None:
    asked = WEB.to_register(bytes(32), b"handle", "x")
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert (asked["attestation"], asked["rp"]["id"]) == ("none", RP)
    signing = WEB.to_sign_in(bytes(32))
    assert (signing["userVerification"], signing["rpId"]) == ("required", RP)
    assert signing["allowCredentials"] == []


def test_no_challenge_is_given_twice() -> None:
    assert len({WEB.new_challenge() for _ in range(100)}) == 100


WRONG: dict[str, Any] = {
    "another origin": {"origin": "https://evil.example"},
    "a part of our origin": {"origin": "https://gateway.example.evil.example"},
    "another port": {"origin": f"{ORIGIN}:8443"},
    "plain http": {"origin": "http://gateway.example"},
    "another kind of answer": {"type": "webauthn.other"},
    "another challenge": {"challenge": b64(bytes(32))},
    "no origin": {"origin": None},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_an_assertion_with_anything_wrong_is_refused(wrong: dict[str, Any]) -> None:
    one, kept = registered()
    challenge = WEB.new_challenge()
    answer = one.get(WEB.to_sign_in(challenge), **wrong)
    with pytest.raises(UnauthenticatedError):
        WEB.asserted(answer, challenge, kept)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_registration_with_anything_wrong_is_refused(wrong: dict[str, Any]) -> None:
    challenge = WEB.new_challenge()
    answer = Authenticator(ORIGIN, RP).create(WEB.to_register(challenge, b"h", "x"), **wrong)
    with pytest.raises(UnauthenticatedError):
        WEB.registered(answer, challenge)


@pytest.mark.parametrize(
    "changed",
    [{"rp": "evil.example"}, {"verifies": False}, {"present": False}],
    ids=["another relying party", "its holder is not verified", "nobody is there"],
)
def test_an_authenticator_that_says_too_little_is_refused(changed: dict[str, Any]) -> None:
    one, kept = registered()
    other = replace(one, **changed)
    challenge = WEB.new_challenge()
    with pytest.raises(UnauthenticatedError):
        WEB.asserted(other.get(WEB.to_sign_in(challenge)), challenge, kept)
    with pytest.raises(UnauthenticatedError):
        WEB.registered(other.create(WEB.to_register(challenge, b"h", "x")), challenge)


def test_a_counter_that_does_not_move_on_is_refused() -> None:
    one, kept = registered()
    for count in (4, 5):
        one.count = count - 1
        challenge = WEB.new_challenge()
        with pytest.raises(UnauthenticatedError):
            WEB.asserted(one.get(WEB.to_sign_in(challenge)), challenge, replace(kept, sign_count=5))


def test_another_keys_signature_is_refused() -> None:
    one, kept = registered()
    thief = Authenticator(ORIGIN, RP, credential=one.credential)
    challenge = WEB.new_challenge()
    with pytest.raises(UnauthenticatedError):
        WEB.asserted(thief.get(WEB.to_sign_in(challenge)), challenge, kept)


@pytest.mark.parametrize("name", ["clientDataJSON", "authenticatorData", "signature"])
def test_one_bit_elsewhere_is_refused(name: str) -> None:
    one, kept = registered()
    challenge = WEB.new_challenge()
    answer = json.loads(one.get(WEB.to_sign_in(challenge)))
    raw = bytearray(answer["response"][name].encode())
    raw[10] = ord("A") if raw[10] != ord("A") else ord("B")
    answer["response"][name] = raw.decode()
    with pytest.raises(UnauthenticatedError):
        WEB.asserted(json.dumps(answer), challenge, kept)


NONSENSE = ["", "null", "[]", "{}", "{", '{"rawId": 1}', "[" * 5000, '{"rawId":' * 900 + "1" + "}" * 900]


@pytest.mark.parametrize("text", [*NONSENSE, "x" * (MAX_ANSWER + 1)], ids=lambda text: text[:12])
def test_what_is_no_answer_is_said_to_be_none(text: str) -> None:
    _, kept = registered()
    for read in (WEB.challenge_of, WEB.credential_of):
        with pytest.raises(MalformedError):
            read(text)
    with pytest.raises(UnauthenticatedError):
        WEB.asserted(text, bytes(32), kept)
    with pytest.raises(UnauthenticatedError):
        WEB.registered(text, bytes(32))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "signature"]), inner
            )
        ),
        max_leaves=8,
    )
)
def test_no_json_does_more_than_be_refused(document: Any) -> None:  # noqa: ANN401 - any JSON
    text = json.dumps(document)
    with pytest.raises(UnauthenticatedError):
        WEB.registered(text, bytes(32))
    with pytest.raises(UnauthenticatedError):
        WEB.asserted(text, bytes(32), KeptPasskey(ENROLMENT, b"", 0))
    with pytest.raises(MalformedError):
        WEB.challenge_of(text)
