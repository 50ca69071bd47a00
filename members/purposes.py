"""What a member may agree to, and in which words: reviewed data.

Nothing here is agreed to until a member says so. The words that somebody saw are kept as a
row per language (``ConsentWording``) when they answer: whoever edits a wording changes nothing
about what was agreed before.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from members.enums import Channel

NEWS = "news"
OFFERS = "offers"
SURVEYS = "surveys"
BIRTHDAY = "birthday"
PROFILING = "profiling"
SENSITIVE = "sensitive"
ABROAD = "abroad"
PARTNERS = "partners"
GUARDIAN = "guardian"

MESSAGES, DATA = "messages", "data"
BY_MESSAGE = (
    Channel.EMAIL,
    Channel.SMS,
    Channel.POST,
    Channel.PHONE,
    Channel.LINE,
    Channel.WECHAT,
    Channel.ON_SITE,
)


@dataclass(frozen=True, slots=True)
class Purpose:
    """One thing to agree to.

    ``wording`` is what the member reads and agrees to. With ``channels`` each one is agreed to
    by itself. ``needs_guardian``: a young member can't agree to it alone.
    """

    code: str
    name: Any
    wording: Any
    group: str
    channels: tuple[str, ...] = (Channel.ANY,)
    needs_guardian: bool = True
    is_asked: bool = True  # on the member's own page and at the counter


PURPOSES: tuple[Purpose, ...] = (
    Purpose(
        NEWS,
        _("News"),
        _("The club may tell me what is new: products, events, changes of the programme."),
        MESSAGES,
        BY_MESSAGE,
        needs_guardian=False,
    ),
    Purpose(
        OFFERS,
        _("Offers"),
        _("The club may send me offers and vouchers, also such as are meant for me alone."),
        MESSAGES,
        BY_MESSAGE,
    ),
    Purpose(
        SURVEYS,
        _("Surveys"),
        _("The club may ask me how I liked a purchase or a visit, and what I think."),
        MESSAGES,
        BY_MESSAGE,
        needs_guardian=False,
    ),
    Purpose(
        BIRTHDAY,
        _("Birthday greetings"),
        _("The club may write to me on my birthday and on the anniversary of my membership."),
        MESSAGES,
        BY_MESSAGE,
        needs_guardian=False,
    ),
    Purpose(
        PROFILING,
        _("Recommendations"),
        _(
            "The club may work out from what I bought and looked at what else I may like, and show "
            "me that first. Without this, I see what everybody sees."
        ),
        DATA,
    ),
    Purpose(
        SENSITIVE,
        _("Sensitive details"),
        _(
            "The club may keep details that need special care, where I give them myself: such as "
            "allergies, health, faith or measurements. It uses them for nothing but what I gave "
            "them for."
        ),
        DATA,
    ),
    Purpose(
        ABROAD,
        _("Transfer abroad"),
        _(
            "My data may be kept or worked on outside my country, by those whom the page "
            "“With whom we share” names with a country."
        ),
        DATA,
    ),
    Purpose(
        PARTNERS,
        _("Partners"),
        _(
            "The club may pass my name and contact on to a partner whose offer I take, so that "
            "the partner can deliver it."
        ),
        DATA,
    ),
    Purpose(
        GUARDIAN,
        _("A guardian's consent"),
        _(
            "I am a parent or guardian of this member. They may belong to the club, agree to "
            "what it asks about their data, and use their points."
        ),
        DATA,
        is_asked=False,
    ),
)

_BY_CODE = {purpose.code: purpose for purpose in PURPOSES}


def get_purpose(code: str) -> Purpose:
    """Raises KeyError for a code that was never reviewed."""
    return _BY_CODE[code]


def list_asked(group: str = "") -> list[Purpose]:
    return [each for each in PURPOSES if each.is_asked and group in ("", each.group)]
