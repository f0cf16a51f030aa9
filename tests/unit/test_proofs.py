"""Proofs of possession: only the honest ones are believed, and a nonce is asked for."""

import hashlib

import pytest

from gateway.adapters.identity.proofs import Nonces, ProofVerifier
from gateway.domain.errors import NonceRefusedError, ProofRefusedError
from gateway.domain.instants import Instant
from tests.support.proving import Holder, b64
from tests.unit.proof_corpus import HONEST, HOSTILE, NOW_S, URL, Bench
from tests.unit.proof_corpus import TOKEN as TEXT

NOW = Instant(NOW_S * 1_000_000)
MINUTE = 60_000_000
TOKEN = b64(hashlib.sha256(TEXT.encode()).digest())


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.fixture
def nonces(bench: Bench) -> Nonces:
    nonces = Nonces(bytes(32))
    bench.nonce = nonces.current(NOW)
    return nonces


@pytest.fixture
def verifier(nonces: Nonces) -> ProofVerifier:
    return ProofVerifier(nonces)


def test_the_corpus_has_the_size_it_claims() -> None:
    assert len(HOSTILE) >= 90


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_proof_is_believed(name: str, bench: Bench, verifier: ProofVerifier) -> None:
    verifier.prove(HONEST[name](bench), "POST", URL, TOKEN, NOW)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_proof_is_refused_without_a_word(name: str, bench: Bench, verifier: ProofVerifier) -> None:
    # Also after its key has been seen: what is kept of a header must not let anything else pass.
    verifier.prove(bench.proof(), "POST", URL, TOKEN, NOW)
    with pytest.raises(ProofRefusedError) as refusal:
        verifier.prove(HOSTILE[name](bench), "POST", URL, TOKEN, NOW)
    assert str(refusal.value) == "the proof of possession is not accepted"
    assert refusal.value.__cause__ is None


def test_a_proof_names_its_key_by_its_thumbprint(bench: Bench, verifier: ProofVerifier) -> None:
    proved = verifier.prove(bench.proof(), "POST", URL, TOKEN, NOW)
    assert proved.thumbprint == bench.holder.thumbprint


def test_the_same_jti_of_one_key_is_one_use_whatever_else_differs(
    bench: Bench, verifier: ProofVerifier
) -> None:
    first = verifier.prove(bench.claimed(jti="one"), "POST", URL, TOKEN, NOW)
    second = verifier.prove(bench.claimed(jti="one", iat=NOW_S - 5), "POST", URL, TOKEN, NOW)
    other = verifier.prove(bench.proof(bench.thief, jti="one"), "POST", URL, TOKEN, NOW)
    assert first.proof.replay == second.proof.replay != other.proof.replay


def test_a_proof_is_remembered_for_as_long_as_it_is_believed(bench: Bench, verifier: ProofVerifier) -> None:
    proof = bench.claimed(iat=NOW_S + 60)
    until = verifier.prove(proof, "POST", URL, TOKEN, NOW).proof.until
    assert until == NOW + 2 * MINUTE


def test_without_a_nonce_the_proof_is_to_be_made_again(bench: Bench, verifier: ProofVerifier) -> None:
    with pytest.raises(NonceRefusedError):
        verifier.prove(bench.claimed(nonce=...), "POST", URL, TOKEN, NOW)


@pytest.mark.parametrize("nonce", ["another", "n" * 255])
def test_a_nonce_that_is_not_ours_is_to_be_made_again(
    nonce: str, bench: Bench, verifier: ProofVerifier
) -> None:
    with pytest.raises(NonceRefusedError):
        verifier.prove(bench.claimed(nonce=nonce), "POST", URL, TOKEN, NOW)


def test_a_nonce_is_taken_through_the_next_minute_and_no_longer(nonces: Nonces) -> None:
    nonce = nonces.current(NOW)
    assert nonces.knows(nonce, Instant(NOW + MINUTE))
    assert not nonces.knows(nonce, Instant(NOW + 2 * MINUTE))
    assert not nonces.knows(nonce, Instant(NOW - MINUTE))


def test_nonces_are_the_same_for_every_worker_and_for_no_other_deployment() -> None:
    assert Nonces(b"a" * 32).current(NOW) == Nonces(b"a" * 32).current(NOW) != Nonces(b"b" * 32).current(NOW)


def test_the_memory_of_keys_is_bounded(nonces: Nonces, bench: Bench) -> None:
    verifier = ProofVerifier(nonces, remembered=2)
    for _ in range(4):
        verifier.prove(bench.proof(Holder()), "POST", URL, TOKEN, NOW)
    assert len(verifier._holders) == 2


def test_a_header_is_not_kept_before_its_key_has_signed(nonces: Nonces, bench: Bench) -> None:
    verifier = ProofVerifier(nonces)
    with pytest.raises(ProofRefusedError):
        verifier.prove(bench.holder.sign(bench.thief.header(), bench.claims()), "POST", URL, TOKEN, NOW)
    assert not verifier._holders
