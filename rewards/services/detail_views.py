"""That a member looked at the page of a reward, or of a product in a shop: an activity, at most
one per member, thing and hour. Whoever is not logged in is nobody, and counts for nothing.
"""

import datetime as dt

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from members.models import Activity, Member
from members.services.activities import ActivityRow, record_batch

KIND = "view"
REWARD, PRODUCT = "rewards.reward", "purchases.product"
ONCE_IN = dt.timedelta(hours=1)
GOOD_FOR = dt.timedelta(minutes=30)  # a page that lay open for longer was not looked at
_SALT = "rewards.detail_view"


class BadView(DomainError):
    code = "bad_view"
    status = 400
    message = _("This view can't be counted.")


def sign_view(member_id: int, reward_id: int) -> str:
    """What the page of a reward sends back once it was looked at for a while."""
    return signing.dumps([member_id, reward_id], salt=_SALT)


def record_reward_view(member: Member, token: str, *, now: dt.datetime) -> bool:
    """Count the view that a page told of; False where it counts already. Raises BadView for what
    is forged, too old, or was made for somebody else.
    """
    try:
        member_id, reward_id = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature as error:
        raise BadView from error
    if member_id != member.pk:
        raise BadView
    return record_view(member, REWARD, reward_id, now=now)


@transaction.atomic
def record_view(member: Member, subject_type: str, subject_id: int, *, now: dt.datetime) -> bool:
    """Count one view as of now; False where the member saw the same within the hour before.

    The member's row is held: two that come at once are one.
    """
    found = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    recent = Activity.objects.filter(
        member=found,
        kind=KIND,
        subject_type=subject_type,
        subject_id=subject_id,
        effective_at__gt=now - ONCE_IN,
    )
    if not found.is_active or recent.exists():
        return False
    activity = ActivityRow(found.pk, KIND, now, subject_type, subject_id)
    record_batch(KIND, [activity], payload=[activity], now=now)
    return True
