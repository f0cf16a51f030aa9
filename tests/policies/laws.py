"""A law: a situation thrown with dice, what must hold of it, and whether it could have been broken at all."""

from collections.abc import Callable
from functools import wraps
from random import Random
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.policies.conftest import Ask

Holds = Callable[[Ask, Random], bool]
"""Raises where the law is broken; true if this situation could have broken it."""
FEW = 100


class Law(NamedTuple):
    holds: Holds
    pointed: float
    """The part of many situations that must have been able to break it; otherwise nothing is proved."""


LAWS: dict[str, Law] = {}


def law(*, pointed: float) -> Callable[[Holds], Callable[[Ask], None]]:
    """Keep a law by its name, and make of it a test on a few situations, which shrink."""

    def decorate(holds: Holds) -> Callable[[Ask], None]:
        LAWS[holds.__name__] = Law(holds, pointed)

        @wraps(holds)
        def test(ask: Ask) -> None:
            met = 0

            @settings(max_examples=FEW, deadline=None, suppress_health_check=list(HealthCheck))
            @given(st.randoms(use_true_random=False))
            def one(dice: Random) -> None:
                nonlocal met
                met += holds(ask, dice)

            one()
            # Hypothesis throws simple dice more often than others; these lean nowhere.
            assert met or throw(holds.__name__, ask, range(FEW))

        del test.__wrapped__  # pytest must not look for dice among its fixtures.
        return test

    return decorate


def throw(name: str, ask: Ask, seeds: range) -> int:
    """How many of these situations could have broken a law.

    Raises:
        AssertionError: One did; the message has its seed.
    """
    met = 0
    for seed in seeds:
        try:
            met += LAWS[name].holds(ask, Random(seed))
        except AssertionError as error:
            raise AssertionError(f"{name}: broken by the dice {seed}: {error}") from error
    return met
