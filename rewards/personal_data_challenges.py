"""What export, erasure and merge do with stamps and cards (see ``members.registry``)."""

from django.utils.translation import gettext_lazy as _

from members import registry
from members.registry import PersonalData
from rewards.models import StampBook, StampCard, StampGrant
from rewards.services.challenges import merging

_STAMPS_KEPT = _(
    "Stamps stay as numbers and dates beside the purchases that gave them; they hold no name "
    "and no text."
)


def register():
    registry.register_personal_data(
        PersonalData(
            "rewards.StampBook",
            export=_export_cards,
            erase=_forget_notes,
            merge=merging.merge_books,
            undo=merging.undo_merge,
            why_kept=_STAMPS_KEPT,
            count=lambda member: StampBook.objects.filter(member=member).count(),
        )
    )


def _export_cards(member):
    cards = StampCard.objects.filter(book__member=member).order_by("book_id", "round")
    return list(
        cards.values(
            "book__challenge__name", "round", "stamp_count", "target", "begun_at", "filled_at"
        )
    )


def _forget_notes(member, now):
    StampGrant.objects.filter(book__member=member).update(note="")
