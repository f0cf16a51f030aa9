"""A family's answers, each with its receipt: to a recommendation, to a transfer."""

from dataclasses import replace

from gateway.adapters.sql.acts.findings import change_finding
from gateway.adapters.sql.acts.receipts import Receipts
from gateway.adapters.sql.acts.standing import note_act
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.domain.acting import Note
from gateway.domain.facts import FragmentRef
from gateway.domain.findings import Finding
from gateway.domain.instants import Instant
from gateway.domain.receipt_answer import AnswerGiven


def refuse_recommendation(note: Note, ref: FragmentRef, receipts: Receipts) -> Change:
    """Change nothing but the ledger; whoever decided is left her receipt."""
    return _receipted(note_act(note), note, AnswerGiven.to_recommendation(ref), receipts)


def answer_transfer(note: Note, transfer: Finding, receipts: Receipts, *, narrows: bool) -> Change:
    """Write the next revision, in the state that the family gave it; raises as `change_finding`."""
    write = change_finding(receipts.vault, note, transfer, narrows=narrows)
    return _receipted(write, note, AnswerGiven.to_transfer(transfer), receipts)


def _receipted(write: Change, note: Note, answer: AnswerGiven, receipts: Receipts) -> Change:
    async def change(tx: Tx, at: Instant) -> Effect:
        return replace(await write(tx, at), receipt=receipts.of_answer(note, answer))

    return change
