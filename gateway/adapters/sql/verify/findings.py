"""What a verification found, those of the lowest index first."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mismatch:
    """`first`..`last` are the indices concerned: one entry, or a range that holds the wrong one."""

    ledger: int
    first: int
    last: int
    what: str

    @property
    def text(self) -> str:
        place = f"entry {self.first}" if self.first == self.last else f"entries {self.first} to {self.last}"
        return f"ledger {self.ledger}, {place}: {self.what}"


@dataclass(slots=True)
class Report:
    """No finding means that every entry is as it was signed, as far as the newest checkpoint goes."""

    entries: int = 0
    covered: int = 0
    """How many entries of the last ledger stand under a checkpoint that holds."""
    outside: bool = False
    """Whether a checkpoint kept outside the database was given: without one, nothing proves the end."""
    keys: bool = False
    findings: list[Mismatch] = field(default_factory=list)

    def add(self, ledger: int, index: int, what: str, last: int | None = None) -> None:
        self.findings.append(Mismatch(ledger, index, index if last is None else last, what))

    def sort(self) -> None:
        """Put those of the lowest index first; of the same index, in the order in which they were found."""
        self.findings.sort(key=lambda one: (one.ledger, one.first))

    @property
    def holds(self) -> bool:
        return not self.findings
