# ruff: noqa: RUF001 - French writes its apostrophe so.
"""The words of receipts, French first. Nothing here is ever changed: signed records hold digests of it.

Words for an act that no receipt was of before are added; what a signed text says stays as it is.

A new wording is a new table beside `WORDS_1`, with its own number in `receipt_text.WORDINGS`.

Sentences for families: at most 15 words, active, no jargon.
"""

from collections.abc import Mapping, Sequence
from typing import Final

_Words = Mapping[str, Mapping[str, str]]

WORDS_1: Final[_Words] = {
    "title": {"fr": "REÇU", "en": "RECEIPT"},
    "number": {"fr": "Numéro du reçu : {}", "en": "Receipt number: {}"},
    "when": {"fr": "Date : {}", "en": "Date: {}"},
    "moment": {"fr": "{} à {} h {}", "en": "{} at {}:{}"},
    "given": {"fr": "Vous avez donné votre accord.", "en": "You gave your consent."},
    "changed_permit": {
        "fr": "Vous avez changé votre réponse. Maintenant, vous acceptez.",
        "en": "You changed your answer. Now you agree.",
    },
    "changed_deny": {
        "fr": "Vous avez changé votre réponse. Maintenant, vous refusez.",
        "en": "You changed your answer. Now you refuse.",
    },
    "without_effect": {
        "fr": "Ce choix ne compte pas ici. La loi laisse la décision à quelqu’un d’autre :",
        "en": "This choice does not count here. The law leaves the decision to somebody else:",
    },
    "refused": {"fr": "Vous avez refusé ce partage.", "en": "You refused this sharing."},
    "withdrawn_permit": {
        "fr": "Vous avez retiré votre accord. Il ne compte plus.",
        "en": "You withdrew your consent. It no longer counts.",
    },
    "withdrawn_permit_other": {
        "fr": "Vous avez mis fin à un accord. Il ne compte plus.",
        "en": "You ended a consent. It no longer counts.",
    },
    "withdrawn_deny": {
        "fr": "Vous avez retiré votre refus. Il ne compte plus.",
        "en": "You withdrew your refusal. It no longer counts.",
    },
    "withdrawn_deny_other": {
        "fr": "Vous avez mis fin à un refus. Il ne compte plus.",
        "en": "You ended a refusal. It no longer counts.",
    },
    "was_over": {
        "fr": "Vous avez demandé la fin. C’était déjà fini.",
        "en": "You asked to end this. It was over already.",
    },
    "stopped": {"fr": "Vous avez arrêté le partage.", "en": "You stopped the sharing."},
    "stop_asked": {
        "fr": "Vous avez demandé d’arrêter le partage.",
        "en": "You asked to stop the sharing.",
    },
    "undone": {
        "fr": "Vous avez mis fin à un arrêt du partage.",
        "en": "You ended a stop of the sharing.",
    },
    "recommendation_refused": {
        "fr": "Vous avez refusé une recommandation.",
        "en": "You refused a recommendation.",
    },
    "transfer_agreed": {"fr": "Vous avez accepté un transfert.", "en": "You agreed to a transfer."},
    "transfer_refused": {"fr": "Vous avez refusé un transfert.", "en": "You refused a transfer."},
    "answered_fragment": {"fr": "Document : {}", "en": "Document: {}"},
    "answered_transfer": {"fr": "Transfert : {}", "en": "Transfer: {}"},
    "receiver": {"fr": "Vers :", "en": "To:"},
    "only_recommendation_refused": {
        "fr": "Votre refus ne change rien d’autre.",
        "en": "Your refusal changes nothing else.",
    },
    "only_transfer_agreed": {
        "fr": "Ce n’est pas un accord de partage. Votre réponse ne change rien d’autre.",
        "en": "This is no consent to share. Your answer changes nothing else.",
    },
    "only_transfer_refused": {
        "fr": "Ce transfert s’arrête. Votre refus ne change rien d’autre.",
        "en": "This transfer stops. Your refusal changes nothing else.",
    },
    "recorded": {
        "fr": "Une personne de cet organisme l’a noté pour vous : {}.",
        "en": "A person at this organisation wrote it down for you: {}.",
    },
    "who_permit": {"fr": "Qui peut lire :", "en": "Who may read:"},
    "who_deny": {"fr": "Qui ne peut pas lire :", "en": "Who may not read:"},
    "who_permit_past": {"fr": "Qui pouvait lire :", "en": "Who could read:"},
    "who_deny_past": {"fr": "Qui ne pouvait pas lire :", "en": "Who could not read:"},
    "what": {"fr": "Quoi :", "en": "What:"},
    "whose": {"fr": "Gardé par :", "en": "Held by:"},
    "why": {"fr": "Pour quoi faire :", "en": "What for:"},
    "everybody": {"fr": "tout le monde", "en": "everybody"},
    "everything": {"fr": "tout", "en": "everything"},
    "every_agency": {"fr": "tous les organismes", "en": "all organisations"},
    "every_purpose": {"fr": "toutes les raisons", "en": "all reasons"},
    "with_units": {"fr": "avec ses services", "en": "with its units"},
    "one_person": {"fr": "une seule personne ({})", "en": "one person only ({})"},
    "somebody": {"fr": "une seule personne", "en": "one person only"},
    "one_committee": {"fr": "un comité ({})", "en": "a committee ({})"},
    "level": {"fr": "Au plus, des faits : {}", "en": "At most, facts that are: {}"},
    "documents": {"fr": "Seulement ces documents : {}", "en": "Only these documents: {}"},
    "data_from": {"fr": "Seulement des faits depuis : {}", "en": "Only facts since: {}"},
    "data_until": {"fr": "Seulement des faits avant : {}", "en": "Only facts before: {}"},
    "one_time": {"fr": "Une seule lecture est permise.", "en": "Only one reading is allowed."},
    "notify_family": {"fr": "Vous avez demandé un avis.", "en": "You asked to be told."},
    "exception_permit": {"fr": "Sauf ceci, qui est permis :", "en": "Except this, which is allowed:"},
    "exception_deny": {"fr": "Sauf ceci, qui est refusé :", "en": "Except this, which is refused:"},
    "from": {"fr": "Depuis : {}", "en": "Since: {}"},
    "until": {"fr": "Jusqu’à : {}", "en": "Until: {}"},
    "no_end": {"fr": "Sans date de fin.", "en": "No end date."},
    "reach": {"fr": "L’arrêt touche :", "en": "The stop covers:"},
    "reach_all": {"fr": "- tout le dossier", "en": "- the whole file"},
    "reach_agency": {"fr": "- ce que {} peut lire", "en": "- what {} may read"},
    "reach_agency_units": {
        "fr": "- ce que {} et ses services peuvent lire",
        "en": "- what {} and its units may read",
    },
    "reach_category": {"fr": "- {}", "en": "- {}"},
    "reach_document": {"fr": "- le document {}", "en": "- document {}"},
    "stay_withdrawn": {
        "fr": "Les accords retirés restent retirés. Vous pouvez en signer de nouveaux.",
        "en": "Consents that were withdrawn stay so. You may sign new ones.",
    },
    "kept_as_view": {
        "fr": "Ici, une autre personne décide. Votre parole est gardée comme votre avis.",
        "en": "Here, another person decides. Your word is kept as your view.",
    },
    "ended": {"fr": "Accords retirés : {}", "en": "Consents withdrawn: {}"},
    "cannot_tell": {
        "fr": "Nous ne pouvons pas encore dire ce qui continue. Votre arrêt est noté.",
        "en": "We cannot yet tell what goes on. Your stop is written down.",
    },
    "continues": {"fr": "Ce qui continue, et pourquoi :", "en": "What goes on, and why:"},
    "nothing_continues": {
        "fr": "Nous n’avons rien trouvé qui continue et que nous pouvons vous dire.",
        "en": "We found nothing that goes on and that we may tell you.",
    },
    "still": {"fr": "- {} peut lire ce que {} garde.", "en": "- {} may read what {} holds."},
    "still_own": {"fr": "- {} lit son propre dossier.", "en": "- {} reads its own file."},
    "law_may": {
        "fr": "La loi permet parfois d’autres lectures, par exemple en urgence.",
        "en": "The law sometimes allows other readings, for example in an emergency.",
    },
    "change_mind": {
        "fr": "Vous pouvez changer d’avis à tout moment. Dites-le à un organisme.",
        "en": "You may change your mind at any time. Tell an organisation.",
    },
    "read_stays": {
        "fr": "Ce qui a déjà été lu ne peut pas être effacé.",
        "en": "What was already read cannot be unread.",
    },
    "entry_recorded": {"fr": "Numéro au registre : {}", "en": "Number in the ledger: {}"},
    "entry_awaited": {
        "fr": "Le registre est en pause. Votre choix est déjà noté. Numéro réservé : {}",
        "en": "The ledger is paused. Your choice is already noted. Number kept for it: {}",
    },
    "signed": {
        "fr": "Ce reçu est signé. Un changement se verrait.",
        "en": "This receipt is signed. A change would show.",
    },
}

LEVELS: Final[_Words] = {
    "N": {"fr": "ordinaires", "en": "ordinary"},
    "R": {"fr": "sensibles", "en": "sensitive"},
    "V": {"fr": "très sensibles", "en": "very sensitive"},
}

BASES: Final[_Words] = {
    "OWNER_ACCESS": {"fr": "C’est son propre travail.", "en": "It is its own work."},
    "CONSENT_PERMITS": {
        "fr": "Un autre accord le permet.",
        "en": "Another consent allows it.",
    },
    "PRESUMED_CONSENT": {
        "fr": "La loi le permet entre services de santé et sociaux.",
        "en": "The law allows it between health and social services.",
    },
    "SHARED_SECRET": {
        "fr": "La loi le permet pour protéger l’enfant.",
        "en": "The law allows it to protect the child.",
    },
    "COURT_ORDER_REQUIRES": {"fr": "Un tribunal l’exige.", "en": "A court requires it."},
    "STATUTORY_DEMAND": {"fr": "La loi l’exige.", "en": "The law requires it."},
    "YOUTH_DECISION_PREVAILS": {
        "fr": "La loi confie cette décision au jeune.",
        "en": "The law leaves this decision to the youth.",
    },
    "BREAK_GLASS": {"fr": "Une urgence a été déclarée.", "en": "An emergency was declared."},
    "": {"fr": "La loi ou un accord le permet.", "en": "The law or a consent allows it."},
}
"""Why a reading goes on, by the decision's reason; the last for any other."""

MONTHS: Final[Mapping[str, Sequence[str]]] = {
    "fr": (
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
