"""The seed: everything a gateway can be started with, in one documented file (`deploy/seed-format.md`)."""

from gateway.domain.seed.parse import parse_seed
from gateway.domain.seed.shape import Seed

__all__ = ["Seed", "parse_seed"]
