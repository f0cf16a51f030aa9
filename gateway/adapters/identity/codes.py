"""Codes for paper, from the system's randomness."""

import secrets

from gateway.domain.enrolments import PaperCode, code_of


class RandomCodes:
    def new(self) -> PaperCode:
        """Forty bits that nobody can guess."""
        return code_of(secrets.token_bytes(5))
