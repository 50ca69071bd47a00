"""One field for everything: a card, a number, a name, a voucher, a receipt."""

import contextlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from members.enums import MemberStatus
from members.models import Member
from members.numbers import clean_number, is_valid_number
from members.selectors.search import search_members
from purchases.models import Purchase, Source
from purchases.receipts import read_number
from rewards.models import Redemption
from rewards.services.redemption import find_by_code, refusals

SHOWN = 12
_OWN_CODE = range(8, 81)  # letters and digits of a code worth looking up


@dataclass(frozen=True, slots=True)
class Found:
    """What a text stands for: one thing at most, or members to choose from."""

    members: Sequence[Member] = ()
    purchase: Purchase | None = None
    redemption: Redemption | None = None

    @property
    def member(self) -> Member | None:
        return self.members[0] if len(self.members) == 1 else None


def find_at_counter(text: str) -> Found:
    """What was scanned or typed. A number of a merged membership leads to the one it went up in.

    Who is found by number, phone or e-mail comes before receipts, these before vouchers, and
    names last.
    """
    text = _unwrap(unicodedata.normalize("NFKC", text).replace("\x00", "").strip()[:200])
    if not text:
        return Found()
    if "@" in text or is_valid_number(clean_number(text)):
        return Found(_list_members(text))
    if not any(char.isalpha() for char in text) and (members := _list_members(text)):
        return Found(members)
    if purchase := _find_receipt(text):
        return Found(purchase=purchase)
    if redemption := _find_voucher(text):
        return Found(redemption=redemption)
    return Found(_list_members(text))


def _unwrap(text: str) -> str:
    """What a QR code with an address means: the number or code that it carries."""
    if not text.lower().startswith(("http://", "https://")):
        return text
    parts = urlsplit(text)
    query = parse_qs(parts.query)
    for name in ("number", "code"):
        if query.get(name):
            return query[name][0]
    return parts.path.rstrip("/").rpartition("/")[2]


def _list_members(text: str) -> list[Member]:
    """Those found, each as the record that it is today."""
    found = search_members(text, limit=SHOWN)
    moved = {member.merged_into_id for member in found if member.merged_into_id}
    survivors = Member.objects.for_list().in_bulk(moved) if moved else {}
    members: dict[int, Member] = {}
    for member in found:
        today = survivors.get(member.merged_into_id, member)
        if today.status != MemberStatus.ERASED:
            members.setdefault(today.pk, today)
    return list(members.values())


def _find_receipt(text: str) -> Purchase | None:
    """By its number at any source; of two with one number, the newer."""
    sources = list(Source.objects.values_list("pk", flat=True))
    found = Purchase.objects.filter(source__in=sources, external_id__in=read_number(text))
    return found.newest_first().first()


def _find_voucher(text: str) -> Redemption | None:
    if sum(char.isalnum() for char in text) not in _OWN_CODE:
        return None
    with contextlib.suppress(refusals.UnknownCode):
        return find_by_code(text)
    return None
