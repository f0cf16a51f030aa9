"""What an act owes to others, written in its own transaction; for attempts see `lines.py`."""

from gateway.adapters.sql.append import OwnerKeys, owner_of
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Effect
from gateway.adapters.sql.named import agencies_named
from gateway.adapters.sql.outbox import owed_by, owner_of_notice, put_told, told_by
from gateway.domain.access import Recorded
from gateway.domain.holding import Terms
from gateway.domain.notices import tells
from gateway.domain.telling import happening_of_note
from gateway.ports import RecordKeys


async def tell_others(
    tx: Tx, keys: RecordKeys, owners: OwnerKeys, terms: Terms, effect: Effect, entry: Recorded
) -> None:
    """Write the notices and cases of this entry, if it owes any."""
    named = await agencies_named(tx, keys, effect.ended) if effect.ended else ()
    event = happening_of_note(effect.note, named)
    if not (effect.notices or tells(event.obligations, event.views)):
        return
    owed = owed_by(event, terms, effect.notices)
    if owed is None:
        return
    own = await owners.make(tx, owner_of(event.person, event.owner or event.agency))
    nobodys = {
        owner_of_notice(None, one.recipient)
        for one in owed.notices
        if event.person is None or not one.names_person
    }
    others = {owner: await owners.make(tx, owner) for owner in sorted(nobodys)}
    await put_told(tx, [told_by(keys, own, entry.decision_id, owed, others)], entry.recorded_at)
