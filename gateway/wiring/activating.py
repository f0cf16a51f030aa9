"""Whether this process's bundle may decide: the first of a ledger does, a later one after a second person."""

import getpass
import json

from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.sql.acts.policies import activate, ask_to_activate, find_active
from gateway.domain.acting import Note
from gateway.domain.ids import ApprovalId, DecisionId
from gateway.domain.ledger import EntryKind
from gateway.observe import Event
from gateway.wiring.parts import Parts


def operator() -> str:
    """An operator's act names the operating-system user."""
    return getpass.getuser()


def note_of(parts: Parts, kind: EntryKind, detail: dict[str, object]) -> Note:
    """Say what an operator did, and who she is."""
    return Note(kind, DecisionId(parts.ids.new("dec")), None, {**detail, "operator": operator()})


async def has_activated(parts: Parts) -> bool:
    """Whether this process's bundle is the active one; where it is not, a second person has been asked.

    A ledger that holds nothing but its start has nothing to release and nobody to ask: there the start
    activates.
    """
    bundle = parts.bundle
    active = await find_active(parts.database)
    if active == bundle.digest:
        return True
    if parts.asked is not None:
        return False
    alone = active is None or await parts.registry.is_untouched()
    if not alone and parts.settings.insecure_policy_activation:
        parts.log.line(Event.INSECURE_ACTIVATION, policy=bundle.digest)
        alone = True
    if alone:
        note = note_of(parts, EntryKind.POLICY_ACTIVATED, {"digest": bundle.digest})
        await activate(parts.database, parts.writer, note, bundle.digest, _archive(bundle))
        parts.log.line(Event.POLICY_ACTIVATED, policy=bundle.digest)
        return True
    parts.asked = await _ask(parts)
    parts.log.line(Event.POLICY_WAITS, policy=bundle.digest, approval=parts.asked)
    return False


async def _ask(parts: Parts) -> ApprovalId:
    """Ask once a start: who has declined is not asked again by the same process."""
    approval = ApprovalId(parts.ids.new("apv"))
    bundle = (parts.bundle.digest, _archive(parts.bundle))
    detail: dict[str, object] = {"approval": approval, "digest": parts.bundle.digest}
    note = note_of(parts, EntryKind.APPROVAL_ASKED, detail)
    return await ask_to_activate(parts.writer, note, approval, operator(), bundle)


def _archive(bundle: Bundle) -> bytes:
    """Every file of a bundle by its path: kept, so that any decision can be asked again."""
    return json.dumps({path: content.decode() for path, content in bundle.files.items()}).encode()
