"""What export, erasure and merge do with reviews (see ``members.registry``)."""

from typing import Any

from members import registry
from members.registry import PersonalData
from surveys.enums import ReviewRefusal, ReviewState
from surveys.models import Review


def register() -> None:
    registry.register_personal_data(
        PersonalData(
            "surveys.Review",
            export=_export_reviews,
            erase=_erase_reviews,
            merge=_merge_reviews,
            undo=_undo_merge,
            locked_first=lambda ids: Review.objects.filter(member__in=ids),
        )
    )


def _export_reviews(member):
    rows = Review.objects.filter(member=member).order_by("pk")
    return list(
        rows.values(
            "product__name", "stars", "title", "text", "language", "shown_name", "may_quote",
            "written_at", "edited_at", "state", "refusal", "refusal_note", "published_at",
            "points", "reply__text",
        )
    )  # fmt: skip


def _erase_reviews(member, now):
    """Words, stars and photographs go, and with them what the club replied: people are found
    again by how they write, so a review without its name would not be nobody's.
    """
    Review.objects.filter(member=member).delete()


def _merge_reviews(source, target, now) -> dict[str, Any]:
    """Of two about the same thing the survivor's stays; the other one is taken down."""
    theirs = set(Review.objects.filter(member=target).values_list("product_id", flat=True))
    moved, hidden = [], []
    for pk, product_id, state in (
        Review.objects.filter(member=source).order_by("pk").values_list("pk", "product_id", "state")
    ):
        if product_id not in theirs:
            moved.append(pk)
        elif state in (ReviewState.PUBLISHED, ReviewState.WAITING):
            hidden.append([pk, state])
    Review.objects.filter(pk__in=moved).update(member=target)
    Review.objects.filter(pk__in=[pk for pk, _state in hidden]).update(
        state=ReviewState.HIDDEN, refusal=ReviewRefusal.AGAIN, judged_at=now, judged_by=None
    )
    return {"moved": moved, "hidden": hidden}


def _undo_merge(source, target, moved, now):
    Review.objects.filter(member=target, pk__in=moved["moved"]).update(member=source)
    for pk, state in moved["hidden"]:
        rows = Review.objects.filter(pk=pk, member=source, refusal=ReviewRefusal.AGAIN)
        rows.update(state=state, refusal="", refusal_note="")
