"""Pictures for the words of a mailing."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Mailing, MailingPicture
from campaigns.models.picture import FORMAT, WIDTH
from core.errors import DomainError
from core.photos import CleanPhoto, open_rendition
from core.services.audit import record_audit
from members.models import User

MOST = 40  # of one mailing


class NoDescription(DomainError):
    code = "no_description"
    field = "description"
    message = _("Say what the picture shows: not everybody sees it.")


class TooManyPictures(DomainError):
    code = "too_many_pictures"
    message = _("This mailing has %(most)s pictures already.")


@transaction.atomic
def add_picture(
    mailing: Mailing, photo: CleanPhoto, *, description: str, by: User | None, now: dt.datetime
) -> MailingPicture:
    """Keep it under an address of its own, in the size that mails fetch. Raises NoDescription,
    TooManyPictures.
    """
    description = " ".join(description.split())[:200]
    if not description:
        raise NoDescription
    if mailing.pictures.count() >= MOST:
        raise TooManyPictures(most=MOST)
    picture = MailingPicture(mailing=mailing, description=description, added_at=now, added_by=by)
    picture.photo.save("", photo, save=False)
    storage, name = picture.photo.storage, picture.photo.name or ""
    with open_rendition(storage, name, WIDTH, FORMAT) as file:
        picture.size = len(file.read())
    picture.save()
    record_audit("mailing.picture_added", mailing, by=by, changes={"shows": description}, now=now)
    return picture
