"""What a fragment is: labels, sections, versions and sealed pieces."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.errors import CorruptionError, MalformedError
from gateway.domain.ids import SectionId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import FragmentStatus, SectionTag, Sensitivity

INLINE_BYTES = 256 * 1024
"""Plaintext above this lives behind the content port, never in the database."""

DOCUMENT_SECTION = SectionId("document")
"""The one section of a fragment that is a document."""

MAX_SECTIONS = 200


@dataclass(frozen=True, slots=True)
class SectionLabel:
    """A section's own label; an absent category or sensitivity is inherited from the fragment."""

    id: SectionId
    category: str | None = None
    sensitivity: Sensitivity | None = None
    tags: frozenset[SectionTag] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """The label as the policy reads it; what is inherited is left out."""
        named: dict[str, Any] = {"id": self.id, "category": self.category, "sensitivity": self.sensitivity}
        kept = {key: str(value) for key, value in named.items() if value is not None}
        return {**kept, "tags": sorted(self.tags)} if self.tags else kept

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> "SectionLabel":
        """Read what `to_json` rendered. Raises KeyError, TypeError or ValueError on anything else."""
        sensitivity = document.get("sensitivity")
        return cls(
            SectionId(document["id"]),
            document.get("category"),
            None if sensitivity is None else Sensitivity(sensitivity),
            frozenset(SectionTag(tag) for tag in document.get("tags", ())),
        )


@dataclass(frozen=True, slots=True)
class SectionChange:
    """What changes of a section's label; what is None stays as it is, a seal above all."""

    id: SectionId
    category: str | None = None
    sensitivity: Sensitivity | None = None
    tags: frozenset[SectionTag] | None = None

    def onto(self, label: SectionLabel) -> SectionLabel:
        """The label after the change."""
        return SectionLabel(
            label.id,
            self.category or label.category,
            self.sensitivity or label.sensitivity,
            label.tags if self.tags is None else self.tags,
        )

    def to_json(self) -> dict[str, Any]:
        """The change as the ledger tells it."""
        named = {"id": self.id, "category": self.category, "sensitivity": self.sensitivity}
        kept: dict[str, Any] = {key: str(value) for key, value in named.items() if value is not None}
        return kept if self.tags is None else {**kept, "tags": sorted(self.tags)}


@dataclass(frozen=True, slots=True)
class NewLabels:
    """How a fragment is to be labelled from now on; `sections` holds those that change."""

    category: str
    sensitivity: Sensitivity
    youth_alone: bool
    sections: tuple[SectionChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """How a fragment is labelled for the policy."""

    category: str
    sensitivity: Sensitivity
    created_at: Instant
    sections: tuple[SectionLabel, ...] = ()
    youth_alone: bool = False

    @property
    def effective_sensitivity(self) -> Sensitivity:
        """At least the highest of its sections' (domain rule C5)."""
        return highest(self.sensitivity, self.sections)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is sealed beside the content: the sections' labels, the media type, the file's name."""

    structured: bool
    media_type: str
    sections: tuple[SectionLabel, ...]
    filename: str | None = None

    def to_json(self) -> bytes:
        """Render for sealing."""
        document = {
            "structured": self.structured,
            "media_type": self.media_type,
            "filename": self.filename,
            "sections": [section.to_json() for section in self.sections],
        }
        return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def of_json(cls, text: bytes) -> "Manifest":
        """Read what `to_json` rendered.

        Raises:
            CorruptionError: Anything else.
        """
        try:
            document = json.loads(text)
            sections = tuple(SectionLabel.of_json(one) for one in document["sections"])
            return cls(document["structured"], document["media_type"], sections, document["filename"])
        except (ValueError, KeyError, TypeError):
            raise CorruptionError("a fragment's manifest is unreadable") from None


@dataclass(frozen=True, slots=True)
class SealedSection:
    """One sealed section: its bytes if small, else the name under which the content port holds them."""

    id: SectionId
    plain_bytes: int
    sealed: bytes | None
    content: str | None


@dataclass(frozen=True, slots=True)
class SealedContent:
    """All sealed sections of one version, in order."""

    structured: bool
    media_type: str
    sections: tuple[SealedSection, ...]
    filename: str | None


_BECOMES = {
    FragmentStatus.OWNER_HOLD: {FragmentStatus.ACTIVE},
    FragmentStatus.ACTIVE: {FragmentStatus.OWNER_HOLD},
    FragmentStatus.ENTERED_IN_ERROR: {FragmentStatus.ACTIVE, FragmentStatus.OWNER_HOLD},
}


def may_become(now: FragmentStatus, then: FragmentStatus) -> bool:
    """Whether its owner may say so of a version; only a next version follows one that is in error."""
    return now in _BECOMES.get(then, set())


def highest(sensitivity: Sensitivity, sections: Iterable[SectionLabel]) -> Sensitivity:
    """A fragment's label, raised to the highest of its sections' (domain rule C5)."""
    named = (one.sensitivity for one in sections if one.sensitivity is not None)
    return max((sensitivity, *named), key=tuple(Sensitivity).index)


def check_labels(labels: Labels | NewLabels, *, categories: frozenset[str]) -> None:
    """Accept labels whose categories are known and whose sections are few and named once.

    Raises:
        MalformedError: An unknown category, a repeated section, or more than 200 sections.
    """
    named = [labels.category, *(s.category for s in labels.sections if s.category)]
    if not categories.issuperset(named):
        raise MalformedError("a category is not in the vocabulary", field="category")
    ids = [section.id for section in labels.sections]
    if len(set(ids)) != len(ids):
        raise MalformedError("a section is named twice", field="sections")
    if len(ids) > MAX_SECTIONS:
        raise MalformedError("a fragment has at most 200 sections", field="sections")
