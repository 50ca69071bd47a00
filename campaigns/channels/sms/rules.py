"""What a country asks of a text message before it is let through.

China (+86): the sender's name in 【】 in front, a template that the operator approved, and at the
end of what advertises how to refuse it.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from core.errors import DomainError
from members.selectors.club import get_club

TEMPLATE_ID = "template_id"  # in the extras of the words
CHINA = "+86"
REFUSING = "拒收请回复R"
_LONGEST_BRAND = 20


class RulesNotMet(DomainError):
    """A text that the country would not let through; it isn't sent."""

    code = "sms_rules_not_met"


def dress_text(text: str, *, address: str, is_marketing: bool, extras: Mapping[str, Any]) -> str:
    """The text as it may go to this number. Raises RulesNotMet."""
    text = text.strip()
    if not address.startswith(CHINA):
        return text
    if not str(extras.get(TEMPLATE_ID) or "").strip():
        raise RulesNotMet(_("China asks for the id of an approved template."))
    brand = _find_brand()
    if not 2 <= len(brand) <= _LONGEST_BRAND:
        raise RulesNotMet(_("China asks for a sender's name of 2 to 20 characters."))
    front = f"【{brand}】"
    body = text.removeprefix(front).strip()
    if "【" in body or "】" in body:
        raise RulesNotMet(_("In China 【】 hold the sender's name and nothing else."))
    if is_marketing and not body.endswith(REFUSING):
        body = f"{body.rstrip('，,。 ')}，{REFUSING}"
    return front + body


def _find_brand() -> str:
    with override("zh-hans"):
        return str(get_club().name_i18n).strip()
