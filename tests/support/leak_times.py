"""Whether two kinds of questions can be told apart by their answers: what they say, and when they leave."""

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.leak_stage import Answer

Question = Callable[[], Answer]

_OWN_MEMBERS = frozenset({"request_id", "instance", "ledger_entry", "recorded_at"})
_OWN_HEADERS = frozenset({"x-request-id", "date"})


def ask_interleaved(
    questions: Mapping[str, Question], each: int, *, lanes: int = 1, seed: int = 1
) -> dict[str, list[Answer]]:
    """Ask every question `each` times, in one random order, over so many connections at once."""
    for question in questions.values():
        question()
    order = [name for name in questions for _ in range(each)]
    random.Random(seed).shuffle(order)
    with ThreadPoolExecutor(lanes) as pool:
        answers = list(pool.map(lambda name: questions[name](), order))
    found: dict[str, list[Answer]] = {name: [] for name in questions}
    for name, answer in zip(order, answers, strict=True):
        found[name].append(answer)
    return found


def to_shape(answer: Answer) -> tuple[Any, ...]:
    """Everything that an answer shows, less its own ids and dates: status, headers in order, body."""
    headers = tuple((name, "" if name.lower() in _OWN_HEADERS else value) for name, value in answer.headers)
    body = {name: None if name in _OWN_MEMBERS and value else value for name, value in answer.said.items()}
    return answer.status, headers, repr(body)


def shapes(answers: Mapping[str, Sequence[Answer]]) -> set[tuple[Any, ...]]:
    return {to_shape(answer) for kind in answers.values() for answer in kind}


def area_under_curve(first: Sequence[float], second: Sequence[float]) -> float:
    """How often a time of the second kind is longer than one of the first, ties counted half: by ranks.

    0.5 tells nothing; 0 and 1 tell the two kinds apart each time (Mann and Whitney).
    """
    everything = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks, place = 0.0, 0
    while place < len(everything):
        after = place
        while after < len(everything) and everything[after][0] == everything[place][0]:
            after += 1
        # Places start + 1 to after share their middle rank.
        ranks += (place + 1 + after) / 2 * sum(kind for _, kind in everything[place:after])
        place = after
    count = len(second)
    return (ranks - count * (count + 1) / 2) / (len(first) * count)


def times(answers: Sequence[Answer]) -> list[float]:
    return [answer.took_s for answer in answers]
