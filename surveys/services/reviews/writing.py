"""What members do with their own reviews: write, change, delete."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.photos import CleanPhoto
from core.services.audit import record_audit
from members.models import Member
from members.selectors.guardians import check_guardian
from purchases.models import Product
from surveys.engine.flags import find_flags
from surveys.engine.pen_names import build_pen_name
from surveys.engine.typed import clean_words
from surveys.enums import ReviewName, ReviewState
from surveys.models import Review, ReviewPhoto
from surveys.models.review import MOST_PHOTOS, NAME_LENGTH, STARS, TEXT_LENGTH, TITLE_LENGTH
from surveys.selectors.reviews import can_be_reviewed, find_purchase, get_terms

MOST_WAITING = 20  # reviews of one member that staff have not seen yet


class ReviewsClosed(DomainError):
    code = "reviews_closed"
    message = _("The club takes no reviews at the moment.")


class CannotReview(DomainError):
    code = "cannot_review"
    message = _("Only a membership that is active can write reviews.")


class NotForReview(DomainError):
    code = "not_for_review"
    message = _("This can't be reviewed.")


class EmptyReview(DomainError):
    code = "empty_review"
    field = "text"
    message = _("Say in a few words what it was like, and choose one to five stars.")


class TooLongReview(DomainError):
    code = "too_long_review"
    field = "text"
    message = _("That is too long: at most %(most)s characters.")


class NicknameNeeded(DomainError):
    code = "nickname_needed"
    field = "nickname"
    message = _("Write the nickname, or choose another way to be named.")


class TooManyPhotos(DomainError):
    code = "too_many_photos"
    field = "photos"
    message = _("At most %(most)s photographs.")


class TooManyWaiting(DomainError):
    code = "too_many_waiting"
    message = _("We still have %(count)s reviews of yours to look at. Please write this one later.")


class ReviewChanged(DomainError):
    code = "review_changed"
    status = 409
    message = _(
        "You changed this review in another window meanwhile. What you typed here is still below:"
        " send it again, and it takes the place of the other."
    )


@transaction.atomic
def write_review(
    member: Member, product: Product | None, *, stars: int, text: str, title: str = "",
    language: str = "", name_kind: str = ReviewName.SHORT, nickname: str = "",
    may_quote: bool = False, edition: int = 0, photos: Sequence[CleanPhoto] = (),
    removed_photos: Collection[int] = (), by: Any, now: dt.datetime,
) -> Review:  # fmt: skip
    """The member's review of a product, or of the club (None): a new one, or changed.

    ``edition`` is the one that was on the screen, 0 for none. It waits for staff, also after a
    change, and stands nowhere until then; without any difference nothing happens. One without a
    purchase is taken too: it is only not verified. Raises the refusals above, and GuardianNeeded.
    """
    if not get_terms().is_open:
        raise ReviewsClosed
    if not member.can_spend:
        raise CannotReview
    check_guardian(member, now=now)
    if product is not None and not can_be_reviewed(product):
        raise NotForReview
    facts = _read_facts(member, stars, title, text, language, name_kind, nickname, may_quote)
    rows = Review.objects.filter(member=member).about(product)
    review = rows.select_for_update(of=("self",)).first()
    if (review.edition if review else 0) != edition:
        raise ReviewChanged
    if review is None:
        review = _add(member, product, facts, now)
        is_new, changed = True, sorted(facts)
    else:
        is_new, changed = False, _find_changes(review, facts, photos, removed_photos)
        if not changed:
            return review
        _change(review, facts, now)
    _change_photos(review, photos, removed_photos)
    record_audit(
        "review.written" if is_new else "review.changed",
        review,
        by=by,
        now=now,
        changes={"product": review.product_id, "fields": changed},
    )
    return review


def _read_facts(member, stars, title, text, language, name_kind, nickname, may_quote) -> dict:
    title, text = " ".join(clean_words(title).split()), clean_words(text)
    if stars not in STARS or not text:
        raise EmptyReview
    if len(text) > TEXT_LENGTH or len(title) > TITLE_LENGTH:
        raise TooLongReview(most=TEXT_LENGTH if len(text) > TEXT_LENGTH else TITLE_LENGTH)
    name = build_pen_name(member, name_kind, nickname)[:NAME_LENGTH]
    if name_kind == ReviewName.NICKNAME and not name:
        raise NicknameNeeded
    if not name:
        name_kind = ReviewName.ANONYMOUS
    return {
        "stars": stars,
        "title": title,
        "text": text,
        "language": language,
        "name_kind": name_kind,
        "shown_name": name,
        "may_quote": may_quote,
    }


def _add(member: Member, product: Product | None, facts: dict, now: dt.datetime) -> Review:
    waiting = Review.objects.waiting().filter(member=member).count()
    if waiting >= MOST_WAITING:
        raise TooManyWaiting(count=waiting)
    review = Review(
        member=member, product=product, purchase=find_purchase(member, product, now=now),
        written_at=now, flags=_flag(facts), **facts,
    )  # fmt: skip
    try:
        with transaction.atomic():
            review.save(force_insert=True)
    except IntegrityError as error:
        # The other window was quicker, by a moment.
        raise ReviewChanged from error
    return review


def _find_changes(review: Review, facts: dict, photos: Sequence, removed: Collection) -> list[str]:
    changed = [name for name, value in facts.items() if getattr(review, name) != value]
    # Reading a page in another language doesn't change what was written.
    if "text" not in changed and "title" not in changed:
        facts["language"] = review.language
        changed = [name for name in changed if name != "language"]
    return sorted([*changed, *(["photos"] if photos or removed else [])])


def _change(review: Review, facts: dict, now: dt.datetime) -> None:
    for name, value in facts.items():
        setattr(review, name, value)
    if review.purchase is None and review.member is not None:
        review.purchase = find_purchase(review.member, review.product, now=now)
    review.flags = _flag(facts)
    review.state = ReviewState.WAITING
    review.refusal = review.refusal_note = ""
    review.edited_at = now
    review.edition += 1
    review.save(
        update_fields=[
            *facts, "purchase", "flags", "state", "refusal", "refusal_note", "edited_at", "edition",
        ]
    )  # fmt: skip


def _flag(facts: dict) -> list[str]:
    said = f"{facts['title']}\n{facts['text']}"
    return find_flags(said, facts["shown_name"], get_terms().flagged_words)


def _change_photos(
    review: Review, photos: Sequence[CleanPhoto], removed_photos: Collection[int]
) -> None:
    """Kept ones stay in their places; new ones take the free places."""
    review.photos.filter(pk__in=removed_photos).delete()
    taken = set(review.photos.values_list("position", flat=True))
    free = [place for place in range(MOST_PHOTOS) if place not in taken]
    if len(photos) > len(free):
        raise TooManyPhotos(most=MOST_PHOTOS)
    for place, photo in zip(free, photos, strict=False):
        row = ReviewPhoto(review=review, position=place)
        row.photo.save(photo.name or "", photo, save=False)
        row.save(force_insert=True)


@transaction.atomic
def delete_review(review: Review, *, by: Any, now: dt.datetime) -> None:
    """It goes with its photographs and the club's reply. Points that it earned stay, and are not
    given again for another one of the same product.
    """
    record_audit("review.deleted", review, by=by, now=now, changes={"product": review.product_id})
    Review.objects.filter(pk=review.pk).delete()
