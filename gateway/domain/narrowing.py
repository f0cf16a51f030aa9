"""A finding that stands, made as narrow as another revision of it was (promise P10).

What takes access away from a record only ever moves one way: its end comes earlier, more members are recused,
a transfer is shut. So of two revisions that went different ways the narrower of each part is taken, in any
order and any number of times. Source: domain rules 3.1 and C13.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gateway.domain.findings import Finding, FindingKind
from gateway.domain.instants import Instant
from gateway.domain.meetings import TransferState

NARROWS_ALONE = frozenset({FindingKind.CAPACITY, FindingKind.HARM, FindingKind.CONSULTATION})
"""Kinds of which a first revision takes away; of any other it opens something."""

_OPENS_AS_IT_ENDS = frozenset({FindingKind.HARM, FindingKind.CONSULTATION})
_SHUT = (TransferState.COMPLETED, TransferState.DECLINED, TransferState.REFUSED_BY_FAMILY)
"""Each leaves open no more than the one before it; the family's word stands over all."""


def as_narrow_as(standing: Finding, told: Finding) -> Finding:
    """The record's next revision, less whatever `told` took away; `standing` itself where that is nothing.

    Raises:
        KeyError: A document lacks a field of its kind.
        ValueError: A transfer is in a state that does not exist.
    """
    until_at, document = standing.until_at, dict(standing.document)
    if standing.kind not in _OPENS_AS_IT_ENDS:
        until_at = _earlier(until_at, told.until_at)
    if standing.kind is FindingKind.SESSION:
        document["recused"] = _all_of(document["recused"], told.document["recused"])
    if standing.kind is FindingKind.TRANSFER:
        document["signed"] = _all_of(document["signed"], told.document["signed"])
        document["state"] = str(_shut(document["state"], told.document["state"]))
    if (until_at, document) == (standing.until_at, standing.document):
        return standing
    return replace(standing, document=document, until_at=until_at, revision=standing.revision + 1)


def _earlier(one: Instant | None, other: Instant | None) -> Instant | None:
    return min((end for end in (one, other) if end is not None), default=None)


def _all_of(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    return sorted({*one, *other})


def _shut(standing: str, told: str) -> TransferState:
    """The state that leaves less open; a completion is none of a transfer that is not accepted here."""
    now, then = TransferState(standing), TransferState(told)
    if then not in _SHUT or (now in _SHUT and _SHUT.index(then) <= _SHUT.index(now)):
        return now
    if then is TransferState.COMPLETED and now is not TransferState.ACCEPTED:
        return now
    return then
