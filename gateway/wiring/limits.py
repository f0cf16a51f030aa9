"""The limits in force: the reviewed table, with the figures that a deployment may have of its own."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.domain.counts import Budget
from gateway.domain.limits import BUDGETS, TABLE, Limit, Rate
from gateway.settings import Settings


def budgets_of(settings: Settings) -> Mapping[Budget, Limit]:
    """Give the budgets with this deployment's figures; none where limits are off."""
    if settings.insecure_limits_off:
        return {}
    own = {
        Budget.PERSONS_OF_ACCOUNT: settings.persons_per_account,
        Budget.PERSONS_OF_AGENCY: settings.persons_per_agency,
    }
    return {one: replace(limit, allowed=own.get(one, limit.allowed)) for one, limit in BUDGETS.items()}


def rates_of(settings: Settings) -> Mapping[Rate, Limit]:
    """Give the rates; none where limits are off."""
    return {} if settings.insecure_limits_off else {one: TABLE[one] for one in Rate}
