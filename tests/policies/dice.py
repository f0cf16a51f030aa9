"""Values thrown with dice: what stands in a part of a situation, and how often.

A `Random` takes the place of a strategy, so that a law is tried on a hundred situations that shrink and on
thirty thousand at the cost of evaluating them.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Make = Callable[[Random], Any]


def one_of(*values: object) -> Make:
    return lambda dice: dice.choice(values)


def some_of(values: Sequence[object], most: int) -> Make:
    return lambda dice: dice.sample(values, dice.randint(0, min(most, len(values))))


def parts(**makes: Make) -> Make:
    return lambda dice: {field: make(dice) for field, make in makes.items()}


def sometimes(chance: float, **makes: Make) -> Make:
    """Each field with this chance, by itself."""
    return lambda dice: {field: make(dice) for field, make in makes.items() if dice.random() < chance}


def joined(*makes: Make) -> Make:
    return lambda dice: {field: value for make in makes for field, value in make(dice).items()}


def either(*makes: Make) -> Make:
    return lambda dice: dice.choice(makes)(dice)


def listed(make: Make, most: int, least: int = 0) -> Make:
    return lambda dice: [make(dice) for _ in range(dice.randint(least, most))]


yes_or_no: Make = lambda dice: dice.random() < 0.5  # noqa: E731 - one of the dice's tables
mostly: Make = lambda dice: dice.random() < 0.8  # noqa: E731 - the same
