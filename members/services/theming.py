"""How the club looks and what it says of itself: written by the owner, read by everybody."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.photos import delete_photo
from core.services.audit import record_audit
from core.words import list_columns, list_shown
from members.enums import FooterKind
from members.models import Club, FooterLink, LegalPage, Theme, User
from members.models.theme import ICP_ADDRESS
from members.palette import Judgement

COLORS = ("accent", "card")
PHOTOS = ("logo", "mark", "hero")


class InvalidTheme(DomainError):
    code = "invalid_theme"
    message = _("This can't be kept: %(reason)s")


class IllegibleColor(DomainError):
    """``judgement.nearest`` is the shade to offer instead."""

    code = "illegible_color"
    message = _("This colour is hard to read.")

    def __init__(self, field: str, judgement: Judgement):
        super().__init__(explain_refusal(field, judgement))
        self.field, self.judgement = field, judgement


def explain_refusal(field: str, judgement: Judgement) -> str:
    """Why a colour is refused, in figures and in what becomes of them."""
    words = (
        _(
            "Links and buttons in %(color)s would stand out from the paper by %(contrast)s to 1; "
            "people need %(wanted)s to 1 to read them. The nearest shade that does is %(nearest)s."
        )
        if field == "accent"
        else _(
            "Neither light nor dark words can be read well on a card in %(color)s: they reach "
            "%(contrast)s to 1 and need %(wanted)s to 1. The nearest shade that allows it is "
            "%(nearest)s."
        )
    )
    return str(words) % {
        "color": judgement.color,
        "contrast": format_contrast(judgement.contrast),
        "wanted": number_format(judgement.wanted, 1),
        "nearest": judgement.nearest,
    }


def format_contrast(ratio: float) -> str:
    """Rounded down: what falls short by a hair must not read as if it reached the limit."""
    return number_format(int(ratio * 10) / 10, 1)


@transaction.atomic
def update_theme(changes: dict[str, Any], *, by: User | None, now: dt.datetime) -> Theme:
    """Change how the club looks. Raises IllegibleColor and InvalidTheme.

    Fields by name, translations as ``story_ja``; a photograph is a file, or False to take it off.
    """
    club, _created = Club.objects.select_for_update(no_key=True).get_or_create(pk=1)
    theme, _created = Theme.objects.select_for_update(no_key=True).get_or_create(club=club)
    changed = {
        name: value
        for name, value in changes.items()
        if (getattr(theme, name) or "") != (value or "")
    }
    if not changed:
        return theme
    before = {name: getattr(theme, name) for name in COLORS if name in changed}
    left = {name: getattr(theme, name).name for name in PHOTOS if name in changed}
    for name, value in changed.items():
        setattr(theme, name, value or "")
    _clean(theme)
    for name, judgement in theme.get_illegible_colors().items():
        raise IllegibleColor(name, judgement)
    theme.save(update_fields=list_columns(Theme, changed))
    _delete_photos_later(theme, [name for name in left.values() if name])
    colors = {name: [before[name], getattr(theme, name)] for name in before}
    record_audit(
        "theme.updated", theme, by=by, now=now, changes={"fields": sorted(changed), **colors}
    )
    return theme


def _delete_photos_later(theme: Theme, names: list[str]) -> None:
    """After the commit: a change that is undone still needs its photograph."""
    storage = theme.logo.storage

    def delete() -> None:
        for name in names:
            delete_photo(storage, name)

    if names:
        transaction.on_commit(delete)


@transaction.atomic
def reset_colors(*, by: User | None, now: dt.datetime) -> Theme:
    """Back to the house's own colours; words and pictures stay."""
    return update_theme(dict.fromkeys(COLORS, ""), by=by, now=now)


@transaction.atomic
def save_legal_page(page: LegalPage, *, by: User | None, now: dt.datetime) -> LegalPage:
    """Write a page of the owner's words, new or changed."""
    page.changed_at = now
    return _save(page, "legal_page", by=by, now=now)


@transaction.atomic
def save_footer_link(link: FooterLink, *, by: User | None, now: dt.datetime) -> FooterLink:
    """Write a line of the footer; a filing number leads to the ministry that gave it."""
    if link.kind == FooterKind.ICP:
        link.address, link.page = ICP_ADDRESS, None
    return _save(link, "footer_link", by=by, now=now)


@transaction.atomic
def remove_from_site(row: LegalPage | FooterLink, *, by: User | None, now: dt.datetime) -> None:
    """Take a page, with the links that lead to it, or a link off the site."""
    kind = "legal_page" if isinstance(row, LegalPage) else "footer_link"
    facts = {"slug": row.slug} if isinstance(row, LegalPage) else {"kind": row.kind}
    record_audit(f"{kind}.removed", row, by=by, now=now, changes=facts)
    row.delete()


def _save(row: Any, kind: str, *, by: User | None, now: dt.datetime) -> Any:
    is_new = row.pk is None
    _clean(row)
    row.save()
    facts = {"slug": row.slug} if isinstance(row, LegalPage) else {"kind": row.kind}
    verb = "added" if is_new else "changed"
    record_audit(f"{kind}.{verb}", row, by=by, now=now, changes=facts)
    return row


def _clean(row: Any) -> None:
    try:
        row.full_clean(exclude=list_shown(type(row)))
    except ValidationError as error:
        raise InvalidTheme(reason=" ".join(error.messages)) from error
