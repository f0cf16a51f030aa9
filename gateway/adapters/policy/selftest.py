"""Known answers: an engine that gets one wrong never decides about a child.

They travel with the bundle, in `gateway/selftest`: rows of decision tables, and what each question of the
packages `gateway/language` answers. The same answers are asked of every engine that is to decide.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.adapters.policy.answer import parse_decision
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.tables import Row, read_rows
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError

FOLDER = "gateway/selftest"
MIN_QUESTIONS = 300
MIN_ROWS = 40


@dataclass(frozen=True, slots=True)
class Topic:
    """One package of questions: what each answers, and which must stay undefined."""

    name: str
    answers: Mapping[str, Any]
    undefined: frozenset[str]

    def require(self, answers: object) -> None:
        """Compare with what an engine says of every topic; helpers begin with `_` and do not count.

        Raises:
            PolicyUnavailableError: A question is answered otherwise, or one too many is answered.
        """
        said = answers.get(self.name) if isinstance(answers, dict) else None
        if not isinstance(said, dict):
            raise PolicyUnavailableError(f"the engine does not answer the questions of language: {self.name}")
        for name in {name for name in said if not name.startswith("_")} | self.answers.keys():
            # Texts are compared, so that 1 and true do not pass for one another.
            if name not in said or name not in self.answers or _text(said[name]) != _text(self.answers[name]):
                raise PolicyUnavailableError(f"the engine answers a question of language wrongly: {name}")


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """What a bundle brings to try an engine with."""

    rows: tuple[Row, ...]
    topics: tuple[Topic, ...]
    digest: str

    @classmethod
    def of(cls, bundle: Bundle) -> "KnownAnswers":
        """Read them.

        Raises:
            PolicyUnavailableError: Not readable, or too few to tell a wrong engine from a right one.
        """
        rows: list[Row] = []
        topics: list[Topic] = []
        for path, document in bundle.documents(FOLDER):
            try:
                rows.extend(read_rows(document) if "rows" in document else ())
                topics.extend(_topics(document.get("topics", {})))
            except (KeyError, TypeError, AttributeError):
                raise PolicyUnavailableError("known answers are not readable", field=path) from None
        questions = sum(len(topic.answers) + len(topic.undefined) for topic in topics)
        if len(rows) < MIN_ROWS or questions < MIN_QUESTIONS:
            raise PolicyUnavailableError("the bundle brings too few known answers")
        return cls(tuple(rows), tuple(topics), bundle.digest)

    def require_row(self, row: Row, said: object) -> None:
        """Compare an engine's answer to one row of a decision table.

        Raises:
            PolicyUnavailableError: It is no answer, or another one. The message names the row, which is about
                invented people.
        """
        try:
            parse_decision(said, self.digest)
        except PolicyContractError as error:
            raise PolicyUnavailableError(f"known answer missed: {row.name}: {error}") from None
        assert isinstance(said, dict)
        for wrong in row.differences(said):
            raise PolicyUnavailableError(f"known answer missed: {row.name}: {wrong}")


def _topics(topics: Mapping[str, Any]) -> Iterator[Topic]:
    for name, topic in topics.items():
        yield Topic(name, topic["answers"], frozenset(topic["undefined"]))


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
