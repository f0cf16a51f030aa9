# ruff: noqa: RUF001 - French writes its apostrophe so.
"""Receipts by themselves: what their texts say, how they read, and what no verifier lets pass."""

import hashlib
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from gateway.adapters.crypto.receipts import ReceiptKey, ReceiptVerifier
from gateway.cli.receipt import check
from gateway.domain.errors import MalformedError, TamperedError
from gateway.domain.receipt import ReceiptAct, canonical
from gateway.domain.receipt_text import render
from gateway.domain.receipt_words import BASES, WORDS_1
from gateway.http.accepting import choose_media
from tests.support.receipts import ANSWERS, EVERY, PERMIT, WHOLE, open_independently, told

KEY, OTHER = ReceiptKey(b"\x01" * 32), ReceiptKey(b"\x02" * 32)
PUBLISHED = {"keys": [{**KEY.jwk, "purpose": "receipts"}]}
RECORDS = {name: one.to_record() for name, one in WHOLE.items()}
SIGNED = KEY.sign(canonical(RECORDS["given"]))
TEXTS = [(name, language) for name in RECORDS for language in ("fr", "en")]


@pytest.mark.parametrize(("name", "language"), TEXTS)
def test_the_digest_of_each_text_is_inside_the_record(name: str, language: str) -> None:
    text = render(RECORDS[name], language)
    assert RECORDS[name]["text"]["sha256"][language] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(("name", "language"), TEXTS)
def test_a_family_reads_short_sentences(name: str, language: str) -> None:
    for line in render(RECORDS[name], language).splitlines():
        for sentence in re.split(r"(?<=[.!?]) ", line):
            assert len(sentence.split()) <= 15, sentence


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_a_receipt_says_is_easy(language: str) -> None:
    # As the reasons are measured: LIX below 35.
    said = [*WORDS_1.values(), *BASES.values()]
    text = " ".join(one[language] for one in said if one[language].endswith("."))
    words = re.findall(r"[^\W\d_]+", text)
    lix = len(words) / len(re.findall(r"[.!?]", text)) + 100 * sum(len(word) > 6 for word in words) / len(
        words
    )
    assert len(words) > 200
    assert lix < 35


@pytest.mark.parametrize("name", list(EVERY))
def test_every_agency_and_label_of_the_record_is_in_the_text_of_its_language(name: str) -> None:
    record = RECORDS[name]
    processing = record["pii_processing"]
    named = [one for key in ("purposes", "pii_information") for one in processing[key] if one != "any"]
    labels = [] if record["stop"] is not None else [one["label"] for one in named if isinstance(one, dict)]
    shown = [*labels, *(one["party_name"] for one in record["party_identification"])]
    for language in ("fr", "en"):
        text = render(record, language)
        assert all(one[language] in text for one in shown)
        assert record["receipt_id"] in text
        assert record["ledger_entry"]["id"] in text


def test_the_hour_is_the_familys_own_and_utc_says_so() -> None:
    assert "Date : 9 mars 2026 à 22 h 30\n" in render(RECORDS["given"], "fr")
    assert "Date: 10 March 2026 at 02:30 (UTC)\n" in render(RECORDS["in utc"], "en")


def test_who_may_not_be_named_is_an_organisation_and_somebody() -> None:
    record = RECORDS["in utc"]
    assert "ex:house" not in json.dumps(record)
    assert "wrk_invented" not in json.dumps(record)
    assert "- un organisme\n" in render(record, "fr")


def test_another_family_member_is_told_neither_author_nor_start() -> None:
    record = told(ReceiptAct.WITHDRAWN, PERMIT, own=False, entity="per_youth").to_record()
    assert "per_mother" not in json.dumps(record)
    assert record["event"]["validity_duration"]["from"] is None
    assert "Vous avez mis fin à un accord." in render(record, "fr")


def test_a_stop_that_waits_for_the_policy_says_so_and_a_told_one_says_what_and_why() -> None:
    waiting, whole = RECORDS["stopped"], RECORDS["stopped and told"]
    assert "Nous ne pouvons pas encore dire ce qui continue." in render(waiting, "fr")
    assert waiting["stop"]["continues"] is None
    text = render(whole, "en")
    assert "- Invented school reads its own file. It is its own work.\n  - schooling\n" in text
    assert "- Invented clinic may read what Invented school holds. A court requires it.\n" in text


def test_a_stop_where_another_decides_is_called_a_request() -> None:
    text = render(RECORDS["stopped as a view"], "en")
    assert "You asked to stop the sharing.\n" in text
    assert "Your word is kept as your view.\n" in text
    assert "You stopped" not in text


@pytest.mark.parametrize(
    ("name", "french", "english"),
    [
        (
            "recommendation refused",
            (
                "Vous avez refusé une recommandation.\n\nDocument : ans_invented\nQuoi :\n- scolarité\n"
                "Gardé par :\n- Clinique inventée\n\nVotre refus ne change rien d’autre.\n"
            ),
            (
                "You refused a recommendation.\n\nDocument: ans_invented\nWhat:\n- schooling\n"
                "Held by:\n- Invented clinic\n\nYour refusal changes nothing else.\n"
            ),
        ),
        (
            "transfer agreed",
            (
                "Pour quoi faire :\n- coordination\nVers :\n- Clinique inventée\n\n"
                "Ce n’est pas un accord de partage. Votre réponse ne change rien d’autre.\n"
            ),
            (
                "What for:\n- coordination\nTo:\n- Invented clinic\n\n"
                "This is no consent to share. Your answer changes nothing else.\n"
            ),
        ),
        (
            "transfer refused",
            "Vers :\n- un organisme\n\nCe transfert s’arrête. Votre refus ne change rien d’autre.\n",
            "To:\n- an organisation\n\nThis transfer stops. Your refusal changes nothing else.\n",
        ),
    ],
)
def test_an_answer_says_what_it_was_to_and_that_it_changes_nothing_else(
    name: str, french: str, english: str
) -> None:
    record = RECORDS[name]
    assert french in render(record, "fr")
    assert english in render(record, "en")
    assert check(record)[1] == []
    assert "ex:house" not in json.dumps(record)


def test_an_answer_is_no_consent() -> None:
    for name in ANSWERS:
        record = RECORDS[name]
        assert (record["pii_processing"], record["event"]["entity_id"]) == (None, "per_mother")
        assert "consent" not in record


def test_without_a_ledger_the_receipt_says_that_the_choice_counts_all_the_same() -> None:
    record = RECORDS["changed to no, in quarantine"]
    assert record["ledger_entry"] == {"id": "dec_invented", "state": "awaited"}
    assert "Le registre est en pause. Votre choix est déjà noté." in render(record, "fr")


@pytest.mark.parametrize(
    "record",
    [{}, {"text": {"wording": 2}}, {"text": 1}, {**RECORDS["given"], "event": None}, [], "x"],
)
def test_what_is_not_a_record_has_no_text(record: Any) -> None:  # noqa: ANN401 - untrusted JSON
    with pytest.raises(MalformedError):
        render(record, "fr")


def test_anybody_verifies_with_the_published_key_alone() -> None:
    assert open_independently(SIGNED, PUBLISHED) == RECORDS["given"]
    assert ReceiptVerifier.of_document(PUBLISHED).open(SIGNED) == RECORDS["given"]
    assert ReceiptVerifier.of_document(KEY.jwk).open(SIGNED) == RECORDS["given"]
    assert ReceiptVerifier.of_public(KEY.public).open(SIGNED) == RECORDS["given"]
    assert check(RECORDS["given"])[1] == []


@pytest.mark.parametrize("place", range(0, len(SIGNED), 97))
def test_a_flipped_sign_anywhere_does_not_hold(place: int) -> None:
    sign = "A" if SIGNED[place] != "A" else "B"
    flipped = SIGNED[:place] + sign + SIGNED[place + 1 :]
    with pytest.raises(TamperedError):
        ReceiptVerifier.of_document(PUBLISHED).open(flipped)
    with pytest.raises((InvalidSignature, ValueError, KeyError, AssertionError)):
        open_independently(flipped, PUBLISHED)


def test_another_key_does_not_hold_whatever_it_is_called() -> None:
    for published in ({"keys": [OTHER.jwk]}, {**OTHER.jwk, "kid": KEY.kid}):
        with pytest.raises(TamperedError, match="a key that was not given"):
            ReceiptVerifier.of_document(published).open(SIGNED)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": KEY.kid, "typ": "consent-receipt"},
        {"alg": "HS256", "kid": KEY.kid, "typ": "consent-receipt"},
        {"alg": "EdDSA", "kid": KEY.kid, "typ": "at+jwt"},
        {"alg": "EdDSA", "kid": KEY.kid},
        {"alg": "EdDSA", "kid": KEY.kid, "typ": "consent-receipt", "jwk": OTHER.jwk},
    ],
)
def test_another_header_is_no_receipt(header: dict[str, Any]) -> None:
    from base64 import urlsafe_b64encode  # noqa: PLC0415 - only this test spells a header itself

    first = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    for rest in (SIGNED.partition(".")[2], f"{SIGNED.split('.')[1]}."):
        with pytest.raises(TamperedError):
            ReceiptVerifier.of_document(PUBLISHED).open(f"{first}.{rest}")


@pytest.mark.parametrize("document", [{}, {"keys": []}, [], {"keys": [{**KEY.jwk, "purpose": "ledger"}]}])
def test_a_file_without_a_key_for_receipts_verifies_nothing(document: object) -> None:
    with pytest.raises(MalformedError):
        ReceiptVerifier.of_document(document)


def test_a_text_that_was_swapped_under_a_good_signature_is_found() -> None:
    other = replace(EVERY["given"], act=ReceiptAct.REFUSED).to_record()
    swapped = {**RECORDS["given"], "text": other["text"]}
    assert check(swapped)[1] == [
        f"the text ({language}) is not the one that was signed" for language in ("fr", "en")
    ]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/jose", "application/jose"),
        ("text/*", "text/plain"),
        ("text/plain;q=0.5, application/jose;q=0.9", "application/jose"),
        ("application/json;q=0, */*;q=0.1", "application/jose"),
        ("text/html, application/xhtml+xml", None),
        ("*/*;q=0", None),
        ("nonsense", "application/json"),
        ("a/b," * 1000, "application/json"),
    ],
)
def test_the_form_is_the_one_wanted_most(accept: str | None, chosen: str | None) -> None:
    assert choose_media(accept, ("application/json", "application/jose", "text/plain")) == chosen
