"""Nobody acts on their own record in the back office."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from members.models import Member, User


class OwnRecord(DomainError):
    code = "own_record"
    status = 403
    message = _("This is your own record. Ask a colleague to do it.")


def check_not_own(by: User | None, *members: Member) -> None:
    """Raises OwnRecord where one of the records belongs to the person who acts."""
    if by is not None and any(member.user_id == by.pk for member in members):
        raise OwnRecord
