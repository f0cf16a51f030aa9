import re
from pathlib import Path

import pytest
import yaml

from gateway.domain import errors
from gateway.domain.errors import GatewayError
from gateway.domain.ledger import EntryKind
from gateway.domain.notices import KINDS
from gateway.domain.vocabulary import EnforcementReason
from gateway.http.problems import _BY_STATUS, _OFFERS, _UNAVAILABLE
from gateway.http.words import Audience, Language, Words, choose_language, read_words

WORDS = read_words()
LIFTABLE = yaml.safe_load(
    (Path(__file__).parents[2] / "policies/gateway/emergency/data.yaml").read_text(encoding="utf-8")
)
NOTHING_GIVEN = re.compile(
    r"\brien\b|nothing|n.est pas permis|is not allowed|empêche|prevents", re.IGNORECASE
)
# Every reason of the domain's rules, spelt once more so that a lost line of the catalogue is noticed.
GATES = Path(__file__).parents[2] / "policies/gateway/explanation/data.yaml"
LIST = Path(__file__).with_name("reasons.txt")
LINES = [line.split() for line in LIST.read_text(encoding="ascii").splitlines()]
REASONS = frozenset(code for code, _ in LINES)
PERMITS = frozenset(code for code, kind in LINES if kind == "permit")
# What the family must not learn from a refusal: that a section, an order, a danger or a wish is behind it.
HIDING = ("SECTION_SEALED", "COURT_ORDER_PROHIBITS", "YOUTH_REFUSES", "NO_AUTHORITY", "HARM_DETERMINATION")
TELLING = re.compile(
    r"section|tribunal|court|ordonn|danger|harm|préjudice|secret|scell|seal|refus", re.IGNORECASE
)


def leaves(kind: type[GatewayError]) -> set[type[GatewayError]]:
    return {kind}.union(*(leaves(child) for child in kind.__subclasses__()))


def test_every_reason_has_words_and_no_word_is_left_over() -> None:
    assert WORDS.reasons.keys() == REASONS | frozenset(EnforcementReason)


def test_the_catalogue_is_in_both_languages_for_both_audiences() -> None:
    for code, text in WORDS.reasons.items():
        assert text.sentences.keys() == {(a, lang) for a in Audience for lang in Language}, code
        assert all(sentence.endswith(".") for sentence in text.sentences.values()), code


def test_every_refusal_has_a_remedy_and_no_permit_has_one() -> None:
    without = {code for code, text in WORDS.reasons.items() if not text.remedies}
    assert without == PERMITS


def test_every_reason_names_the_gates_that_give_it_and_its_source() -> None:
    words = yaml.safe_load((GATES).read_text(encoding="utf-8"))
    gates = {step["id"] for steps in words.values() for step in steps}
    own = frozenset(map(str, EnforcementReason)) - REASONS
    for code, text in WORDS.reasons.items():
        assert set(text.rules) <= gates, code
        assert (text.rules == ()) == (code in own), code
        assert text.source.keys() == set(Language), code


def test_the_family_reads_short_sentences() -> None:
    for code, text in WORDS.reasons.items():
        for language in Language:
            for sentence in re.split(r"(?<=[.!?]) ", text.sentences[Audience.FAMILY, language]):
                assert len(sentence.split()) <= 15, code


@pytest.mark.parametrize("language", Language)
def test_what_the_family_reads_is_easy(language: Language) -> None:
    # LIX (Björnsson, 1968): words a sentence, and words of more than six letters in a hundred. Below 30 is
    # children's books, 40 the daily press. One sentence's score is noise, so all are judged together.
    reasons = WORDS.reasons.values()
    said = [reason.sentences[Audience.FAMILY, language] for reason in reasons]
    text = " ".join(said + [one.lifted[language] for one in reasons if one.lifted is not None])
    words = re.findall(r"[^\W\d_]+", text)
    sentences = len(re.findall(r"[.!?]", text))
    lix = len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)
    assert len(words) > 500
    assert lix < 35


def test_what_an_emergency_lifts_has_words_for_the_family_that_refuse_nothing() -> None:
    lifted = {*LIFTABLE["liftable"], *LIFTABLE["liftable_without_offer"]}
    assert {code for code, text in WORDS.reasons.items() if text.lifted is not None} == lifted
    for code in lifted:
        for sentences in (WORDS.reasons[code].lifted or {}).values():
            assert not NOTHING_GIVEN.search(sentences), code
            for sentence in re.split(r"(?<=[.!?]) ", sentences):
                assert len(sentence.split()) <= 15, code


@pytest.mark.parametrize("code", HIDING)
@pytest.mark.parametrize("language", Language)
def test_a_hiding_refusal_tells_the_family_nothing(code: str, language: Language) -> None:
    text = WORDS.reasons[code]
    assert not TELLING.search(text.sentences[Audience.FAMILY, language])
    assert text.lifted is None or not TELLING.search(text.lifted[language])


def test_every_error_that_has_a_code_of_its_own_has_words() -> None:
    own = {kind.code for kind in leaves(GatewayError) if kind.__module__ == errors.__name__}
    assert own - {"error"} <= WORDS.problems.keys()


def test_every_code_that_the_edge_chooses_has_words() -> None:
    chosen = {*_BY_STATUS.values(), *_UNAVAILABLE.values(), "refused", "internal"}
    assert chosen <= WORDS.problems.keys()
    assert set(_OFFERS.values()) <= WORDS.remedies.keys()


def test_every_kind_of_notice_has_words_and_no_word_is_left_over() -> None:
    alone = {one for one in WORDS.notices if " " not in one}
    assert alone == KINDS
    for kind, entry in (one.split() for one in WORDS.notices.keys() - alone):
        assert kind in KINDS
        assert entry in set(EntryKind)


def test_a_notice_has_short_sentences() -> None:
    for kind, texts in WORDS.notices.items():
        for text in texts.values():
            for sentence in re.split(r"(?<=[.!?]) ", text):
                assert len(sentence.split()) <= 15, kind


def test_every_503_says_when_to_come_back() -> None:
    for code, text in WORDS.problems.items():
        assert (text.retry_after_s is not None) == (text.status in {429, 503}), code


def test_no_remedy_is_left_over() -> None:
    used = {rel for text in WORDS.reasons.values() for rel in text.remedies} | set(_OFFERS.values())
    used |= {rel for problem in WORDS.problems.values() for rel in problem.remedies}
    assert WORDS.remedies.keys() == used


def test_a_missing_sentence_refuses_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.http.words._read", lambda _: {"X": {"worker": {"fr": "x"}}})
    with pytest.raises(ValueError, match="both languages"):
        read_words()


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "fr"),
        ("", "fr"),
        ("en", "en"),
        ("en-CA,en;q=0.9,fr;q=0.8", "en"),
        ("fr-CA,en;q=0.9", "fr"),
        ("de, en;q=0.1", "en"),
        ("de", "fr"),
        ("*", "fr"),
        ("en;q=0", "fr"),
        ("EN", "en"),
        ("en;q=abc", "fr"),
        ("," * 10_000 + "en", "fr"),
    ],
)
def test_the_language_is_french_unless_english_is_preferred(accept: str | None, language: str) -> None:
    assert choose_language(accept) == language


def test_the_words_are_one_frozen_object() -> None:
    assert isinstance(WORDS, Words)
