"""What words may ask for: the picker of the editor, the check before saving, and which data the
selectors load. A variable is a path such as ``points.balance``; its first part names a group.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Variable:
    """``may_be_missing``: not known of everybody. ``stand_in`` is then said in its place, unless
    the words give a default of their own; where there is none, they must, or ask for it first.
    ``needs`` names the data to load. ``is_offered``: in the picker; others are for blocks.
    """

    path: str
    label: Any
    example: Any
    needs: str
    may_be_missing: bool = False
    stand_in: Any = ""
    is_offered: bool = True

    @property
    def snippet(self) -> str:
        """As the picker inserts it. A stand-in isn't written out: each language has its own."""
        if self.path == "products":
            return "{% products %}"
        if self.may_be_missing and not self.stand_in:
            return f'{{{{ {self.path} | default: "" }}}}'
        return f"{{{{ {self.path} }}}}"


# What the block of answers asks for; nobody writes these by hand.
_SURVEY_LINKS = tuple(
    Variable(f"survey.{name}", label, example, "survey", True, is_offered=False)
    for name, label, example in (
        ("shape", _("How the first question is answered"), "faces"),
        ("trap-url", _("Link that no person sees"), "https://club.example/s/x"),
        *(
            (f"link-{number}-url", _("Link of an answer"),
             f"https://club.example/s/1.{number}" if number in (1, 2, 3, 4) else None)
            for number in range(11)
        ),
    )
)  # fmt: skip
_ALL = (
    Variable("member.greeting", _("Greeting in the manner of their language"), _("Hello, Mei"),
             "member"),
    Variable("member.name", _("What they want to be called"), "Mei", "member", True, _("friend")),
    Variable("member.formal_name", _("Formal name"), "Mei Chen", "member", True, _("member")),
    Variable("member.full_name", _("Full name"), "Mei Chen", "member", True, _("member")),
    Variable("member.number", _("Membership number"), "4821 0937 5514", "member"),
    Variable("member.joined_on", _("Day of joining"), dt.date(2024, 5, 3), "member"),
    Variable("member.birth_month", _("Month of birth, as a number"), 5, "member", True),
    Variable("member.tier", _("Code of the tier, for conditions"), "gold", "tier", True),
    Variable("tier.name", _("Tier"), _("Gold"), "tier", True, _("member")),
    Variable("tier.next_name", _("Next tier"), _("Gold"), "tier", True),
    Variable("tier.missing", _("Status credits still missing for the next tier"), 186, "tier",
             True),
    Variable("tier.kept_until", _("Last day of the tier, if nothing more is bought"),
             dt.date(2026, 12, 31), "tier", True),
    Variable("points.balance", _("Points to spend"), 1204, "points"),
    Variable("points.pending", _("Points not yet released"), 80, "points"),
    Variable("points.value", _("What these points pay at the till"), "$12.04", "points", True),
    Variable("points.expiring", _("Points that expire next"), 120, "points"),
    Variable("points.expiring_on", _("Last day of the points that expire next"),
             dt.date(2026, 12, 31), "points", True),
    Variable("club.name", _("Name of the club"), "Harbor Lane", "club"),
    Variable("club.url", _("Address of these pages"), "https://club.example", "club"),
    Variable("club.phone", _("Phone number of the club"), "+1 415 555 0100", "club", True),
    Variable("club.email", _("E-mail address of the club"), "hello@club.example", "club", True),
    Variable("club.address", _("Address of the club"), "12 Pier St", "club", True),
    Variable("reward.name", _("The reward that this is about"), _("Coffee"), "reward", True),
    Variable("reward.summary", _("The reward in one sentence"), _("A cup of your choice"),
             "reward", True),
    Variable("reward.points", _("Its price in points"), 120, "reward", True),
    Variable("reward.url", _("Its page"), "https://club.example/r/coffee", "reward", True),
    Variable("reward.image", _("Address of its photograph"), "https://club.example/c.jpg",
             "reward", True),
    Variable("voucher.code", _("Code of the voucher"), "K7QX-2M4P", "voucher", True),
    Variable("voucher.name", _("What the voucher is for"), _("Coffee"), "voucher", True),
    Variable("voucher.until", _("Last day of the voucher"), dt.date(2026, 12, 31), "voucher",
             True),
    Variable("voucher.url", _("Where the voucher is shown"), "https://club.example/v", "voucher",
             True),
    Variable("purchase.number", _("Number of the purchase"), "1042", "purchase", True),
    Variable("purchase.amount", _("Amount of the purchase"), "$18.40", "purchase", True),
    Variable("purchase.on", _("Day of the purchase"), dt.date(2026, 5, 3), "purchase", True),
    Variable("store.name", _("Where it was bought"), _("Harbor"), "purchase", True),
    Variable("product.name", _("The thing that was viewed or bought"), _("Oolong"), "product",
             True),
    Variable("product.brand", _("Who makes it"), "Harbor", "product", True),
    Variable("products", _("All of these things, for a loop"), "", "product", True),
    Variable("survey.title", _("Title of the survey"), _("How was your visit?"), "survey", True),
    Variable("survey.intro", _("Introduction of the survey"), _("It takes a minute."), "survey",
             True),
    Variable("survey.question", _("Its first question"), _("How was it?"), "survey", True),
    Variable("survey.low", _("Word at the low end of its answers"), _("Bad"), "survey", True),
    Variable("survey.high", _("Word at the high end of its answers"), _("Very good"), "survey",
             True),
    Variable("survey.points", _("Points for answering"), 20, "survey", True),
    Variable("survey.until", _("Last day to answer"), dt.date(2026, 12, 31), "survey", True),
    Variable("survey.url", _("Where the survey is answered"), "https://club.example/s/1", "survey",
             True),
    *_SURVEY_LINKS,
    Variable("reply.text", _("What the club answers to a member"), _("We are sorry."), "reply",
             True),
    Variable("reply.paragraphs", _("The same in paragraphs, for a loop"), "", "reply", True),
    Variable("reply.about", _("What they had written to the club"), _("My points are missing."),
             "reply", True),
    Variable("reply.url", _("Where the answer is read"), "https://club.example/contact/mine/",
             "reply", True),
)  # fmt: skip

VARIABLES: dict[str, Variable] = {each.path: each for each in _ALL}
STAND_INS = {each.path: each.stand_in for each in _ALL if each.stand_in}
# Groups that what brought a message about tells; a campaign to many has none of them.
HAPPENINGS = (
    "reward", "voucher", "purchase", "store", "product", "products", "survey", "reply",
    "facts",
)  # fmt: skip
# Groups whose second part is named by the words themselves: a slug, or a fact of what happened.
OPEN_GROUPS = ("rewards", "audiences", "facts")
_GROUPS = {path.partition(".")[0] for path in VARIABLES}


def is_known(path: str) -> bool:
    """Whether words may ask for it at all."""
    head, _dot, rest = path.partition(".")
    if head in OPEN_GROUPS:
        return bool(rest)
    return path in VARIABLES or path in _GROUPS


def list_needs(paths: frozenset[str]) -> set[str]:
    """The data that must be loaded for these paths."""
    needs = set()
    for path in paths:
        head = path.partition(".")[0]
        if path in VARIABLES:
            needs.add(VARIABLES[path].needs)
        elif head in OPEN_GROUPS:
            needs.add(head)
        else:
            needs.update(each.needs for each in _ALL if each.path.startswith(f"{head}."))
    return needs
