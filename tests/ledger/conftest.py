"""The ledger that these tests alter copies of."""

from tests.support.fault_ledger import grown

__all__ = ["grown"]
