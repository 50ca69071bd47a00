"""Security mails of the member record: plain text, in the reader's language.

Everything else that the club writes to members is a message of the campaigns.
"""

from typing import Any

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.time import get_zone
from members.models import Member
from members.selectors.club import get_club
from members.sms import send_sms


def send_letter(
    template: str, *, email: str | None, phone: str | None = None, locale: str, **context: Any
) -> bool:
    """Send ``members/letters/<template>.txt`` by mail, else (its ``_sms.txt``) to the phone.

    The first line is the subject. Returns whether there was a way. Not in a transaction.
    """
    club = get_club()
    with translation.override(locale or club.locale), timezone.override(get_zone(club.zone)):
        values = {"club": club, **context}
        if email:
            text = render_to_string(f"members/letters/{template}.txt", values)
            subject, _rest, body = text.strip().partition("\n")
            # The form is each language's own, as for the letters of members.adapter.
            title = _("%(club)s: %(subject)s") % {
                "club": club.name_i18n,
                "subject": subject.strip(),
            }
            send_mail(title, body.strip() + "\n", None, [email])
            return True
        if phone:
            text = render_to_string(f"members/letters/{template}_sms.txt", values)
            send_sms(phone, " ".join(text.split()))
            return True
    return False


def get_address(member: Member) -> dict[str, Any]:
    """Where a security mail of this member goes: the login's own contact before the record's."""
    user = member.user
    return {
        "email": (user.email if user else None) or member.email,
        "phone": (user.phone if user else None) or member.phone,
        "locale": member.locale,
    }
