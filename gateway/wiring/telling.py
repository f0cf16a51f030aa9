"""Notices and cases: their use cases, and the round that tells families what is due."""

import asyncio

from gateway.asking import Refuse
from gateway.auditing import FamilyLog
from gateway.disclosing import Disclosing
from gateway.domain.ids import NoticeId
from gateway.http.services import TellingUses
from gateway.observe import Event
from gateway.registering import Registrar
from gateway.usecases.close_review import CloseReview
from gateway.usecases.delay_notice import DelayNotice
from gateway.usecases.list_held_notices import ListHeldNotices
from gateway.usecases.list_notices import ListNotices
from gateway.usecases.list_reviews import ListReviews
from gateway.usecases.read_notice import ReadNotice
from gateway.usecases.release_notice import ReleaseNotice
from gateway.usecases.tell_due import TellDue
from gateway.wiring.parts import Parts

ROUND_S = 60.0


def build_telling(parts: Parts, family: FamilyLog) -> TellingUses:
    """Join the use cases about notices and cases."""
    told, lists, acts = parts.telling, parts.registry, parts.acts
    policy, clock, ids = parts.policy, parts.clock, parts.ids
    refuse, registrar = Refuse(acts, ids), Registrar(acts, policy, ids)
    disclosing = Disclosing(told, policy, clock)
    return TellingUses(
        list_notices=ListNotices(told, lists, acts, family, refuse, policy, ids),
        read_notice=ReadNotice(told, told, refuse, policy, ids),
        list_held_notices=ListHeldNotices(registrar, told, lists, parts.registry),
        release_notice=ReleaseNotice(told, told, disclosing, registrar, refuse),
        delay_notice=DelayNotice(told, told, registrar, clock, parts.writer.terms.approved_us),
        list_reviews=ListReviews(registrar, told, lists, clock),
        close_review=CloseReview(told, told, disclosing, registrar, refuse),
    )


def build_due(parts: Parts) -> TellDue:
    """Join what tells families of delays that are over."""
    disclosing = Disclosing(parts.telling, parts.policy, parts.clock)

    def failed(notice: NoticeId, error: Exception) -> None:
        parts.log.line(Event.NOTICE_UNTOLD, failure=error, notice=notice)

    return TellDue(parts.telling, parts.telling, disclosing, parts.clock, parts.ids, failed)


async def tell_due_forever(parts: Parts) -> None:
    """Go round every minute; what fails is tried again in the next round."""
    while True:
        await asyncio.sleep(ROUND_S)
        if not parts.started or parts.quarantine is not None:
            continue
        try:
            await build_due(parts)()
        except Exception as error:  # noqa: BLE001 - one bad round must not end all that follow
            parts.log.line(Event.UNEXPECTED, failure=error)
