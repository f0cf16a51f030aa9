"""The way to a decision in words: of one policy input, or of a recorded decision on its own facts."""

from collections.abc import Iterator
from pathlib import Path

from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.explanation import Explanation
from gateway.adapters.sql.verify.recorded import RecordedWord
from gateway.cli.engines import read_bundle
from gateway.cli.failure import REFUSED, CommandError
from gateway.cli.recorded import Recording
from gateway.domain.instants import Instant, to_text

_TOLD = ("basis", "obligations", "redacted_sections", "disclose_existence", "valid_until")


def explained(decision_id: str, bundle: Path | None) -> Iterator[str]:
    """Explain a recorded decision, under the bundle of its time unless another is named.

    What an act was asked about every owner and category is told once for all that have one answer by one way.

    Raises:
        CommandError: Nobody asked for anything by this id, or no policy decided it.
    """
    with Recording(Instant(0)) as recording:
        recorded = recording.named(decision_id)
        if recorded is None:
            raise CommandError(REFUSED, f"no decision is called {decision_id}")
        if not recorded.words:
            why = "its facts were not kept" if recorded.untold else "no policy decided it"
            raise CommandError(REFUSED, f"{decision_id} cannot be explained: {why}")
        yield f"{decision_id}  entry {recorded.ledger}:{recorded.index}"
        for word in recorded.words:
            found = recording.bundle(word.policy_digest) if bundle is None else read_bundle(bundle)
            yield f"recorded: {word.answer['outcome']}: {', '.join(word.answer['reasons'])}"
            yield f"asked at {to_text(word.questions.at)}, under bundle {found.digest}"
            yield from _each(EmbeddedPolicy(found), word)


def to_lines(explanation: Explanation) -> Iterator[str]:
    """Render the answer and the way to it."""
    answer = explanation.answer
    yield f"{answer['decision']}: {', '.join(answer['reasons'])}"
    yield from explanation.way
    for field in _TOLD:
        yield f"{field}: {to_text_of(answer[field])}"
    yield ""


def to_text_of(value: object) -> str:
    """Render a value of an answer."""
    return "[" + ", ".join(str(item) for item in value) + "]" if isinstance(value, list) else str(value)


def _each(policy: EmbeddedPolicy, word: RecordedWord) -> Iterator[str]:
    told: dict[tuple[str, ...], list[str]] = {}
    for document in word.documents:
        about = document["fragment"]
        lines = tuple(to_lines(policy.explain(document)))
        told.setdefault(lines, []).append(f"{about['owner_agency']}/{about['category']}")
    for lines, pairs in told.items():
        yield f"about {', '.join(pairs)}"
        yield from lines
