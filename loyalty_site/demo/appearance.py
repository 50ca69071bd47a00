"""The demonstration's story, opening hours and legal pages, in four languages."""

import datetime as dt
import json
from functools import cache
from typing import Any

from loyalty_site.demo.data import DATA, LANGUAGE, read_club, translate
from members.models import FooterLink, LegalPage, Theme
from members.services.theming import (
    remove_from_site,
    save_footer_link,
    save_legal_page,
    update_theme,
)


@cache
def read_appearance() -> dict[str, Any]:
    return json.loads((DATA / "appearance.json").read_text(encoding="utf-8"))


def build_theme_facts() -> dict[str, str]:
    """What ``update_theme`` takes: words in the language of the columns and in the others."""
    club, told = read_club(), read_appearance()
    words = {
        "tagline": club["tagline"],
        "story": club["story"],
        **{name: told[name] for name in ("story_title", "story_values", "opening_hours")},
    }
    facts: dict[str, str] = {}
    for name, by_language in words.items():
        facts |= {name: by_language[LANGUAGE], **translate(name, by_language)}
    return facts


def set_up_appearance(*, now: dt.datetime) -> None:
    update_theme(build_theme_facts(), by=None, now=now)
    for position, told in enumerate(read_appearance()["pages"]):
        title, body = told["title"], told["body"]
        page = LegalPage(
            slug=told["slug"],
            title=title[LANGUAGE],
            body=body[LANGUAGE],
            i18n=translate("title", title) | translate("body", body),
        )
        save_legal_page(page, by=None, now=now)
        link = FooterLink(
            kind=told["kind"],
            label=title[LANGUAGE],
            i18n=translate("label", title),
            page=page,
            position=position,
        )
        save_footer_link(link, by=None, now=now)


def remove_appearance(*, now: dt.datetime) -> None:
    """Words and pages that are still the demonstration's; what the owner wrote stays."""
    for told in read_appearance()["pages"]:
        for page in LegalPage.objects.filter(slug=told["slug"], body=told["body"][LANGUAGE]):
            remove_from_site(page, by=None, now=now)
    theme = Theme.objects.filter(pk=1).first()
    if theme is None:
        return
    same = {name for name, words in build_theme_facts().items() if getattr(theme, name) == words}
    theme = update_theme(dict.fromkeys(same, ""), by=None, now=now)
    if _is_empty(Theme.objects.get(pk=1)):
        theme.delete()


def _is_empty(theme: Theme) -> bool:
    return not any(
        getattr(theme, field.name) for field in Theme._meta.concrete_fields if not field.primary_key
    )
