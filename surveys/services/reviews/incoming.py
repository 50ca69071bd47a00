"""One review from elsewhere, judged: what a row of a file or an item of a call must hold."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import get_zone
from surveys.engine.typed import clean_words
from surveys.models.review import NAME_LENGTH, TEXT_LENGTH, TITLE_LENGTH

SITE_LENGTH, ID_LENGTH, URL_LENGTH = 60, 200, 500
# Headings that people's files have, as they stand without capitals, gaps and signs.
COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "reviewid", "externalid", "評論編號", "评论编号"),
    "written_at": ("writtenat", "date", "createdat", "publishedat", "time", "日期", "日付"),
    "stars": ("stars", "rating", "score", "星数", "星數", "評価", "评分", "評分"),
    "title": ("title", "headline", "subject", "标题", "標題", "タイトル"),
    "text": ("text", "review", "body", "content", "comment", "内容", "內容", "本文"),
    "author": ("author", "name", "reviewer", "user", "作者", "投稿者"),
    "url": ("url", "link", "address", "链接", "連結"),
    "language": ("language", "lang", "locale", "语言", "語言", "言語"),
    "product": ("product", "productid", "sku", "商品", "商品编号", "商品編號", "商品番号"),
    "site": ("site", "source", "platform", "来源", "來源"),
}
_SIGNS = re.compile(r"[\s_\-./]+")
_STARS = re.compile(r"^(★{1,5})☆*$")
_LANGUAGE = re.compile(r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$")
_OLDEST = 1995  # nobody wrote a review on a site before


class BadReview(DomainError):
    """``field`` is the column of COLUMNS."""

    code = "bad_review"

    def __init__(self, field: str, message: Any, **params: Any):
        super().__init__(message, **params)
        self.field = field


@dataclass(frozen=True, slots=True)
class IncomingReview:
    """Plain text and numbers; ``written_at`` in ISO 8601, ``product`` the id at its source."""

    id: str
    written_at: str
    stars: int
    title: str = ""
    text: str = ""
    author: str = ""
    url: str = ""
    language: str = ""
    product: str = ""
    site: str = ""

    def pack(self) -> dict[str, Any]:
        return asdict(self)


def find_columns(header: list[str]) -> dict[str, int]:
    """Fields by the place of their column; the first that fits."""
    cleaned = [_SIGNS.sub("", name.strip().lower()) for name in header]
    found = {}
    for field, names in COLUMNS.items():
        for name in names:
            if name in cleaned:
                found[field] = cleaned.index(name)
                break
    return found


def read_review(said: Mapping[str, str], *, zone: str, now: dt.datetime) -> IncomingReview:
    """Raises BadReview, which names the column."""
    value = {name: clean_words(said.get(name) or "") for name in COLUMNS}
    for name, most in (("id", ID_LENGTH), ("site", SITE_LENGTH), ("url", URL_LENGTH)):
        if len(value[name]) > most:
            raise BadReview(name, _("That is too long: at most %(most)s characters."), most=most)
    if not value["id"]:
        raise BadReview("id", _("The id at the other site is missing."))
    for name, most in (("title", TITLE_LENGTH), ("text", TEXT_LENGTH)):
        if len(value[name]) > most:
            raise BadReview(name, _("That is too long: at most %(most)s characters."), most=most)
    language = value["language"].lower().replace("_", "-")
    if value["url"]:
        _check_url(value["url"])
    return IncomingReview(
        id=value["id"],
        written_at=_read_moment(value["written_at"], zone, now).isoformat(),
        stars=_read_stars(value["stars"]),
        title=" ".join(value["title"].split()),
        text=value["text"],
        author=" ".join(value["author"].split())[:NAME_LENGTH],
        url=value["url"],
        language=language if _LANGUAGE.match(language) and len(language) <= 10 else "",
        product=value["product"],
        site=read_site(value["site"]),
    )


def read_site(name: str) -> str:
    """The site's name in one line, "" where there is nothing to read."""
    return " ".join(clean_words(name).split())[:SITE_LENGTH]


def _check_url(url: str) -> None:
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError as error:
        raise BadReview("url", _("This is no address of a page.")) from error


def _read_stars(text: str) -> int:
    """ "4", "4.0", "4/5", "★★★★☆"."""
    if drawn := _STARS.match(text):
        return len(drawn[1])
    number, slash, most = text.replace(",", ".").partition("/")
    try:
        stars = Decimal(number.strip())
        if slash and Decimal(most.strip()) != 5:
            raise BadReview("stars", _("Stars are one to five, without halves."))
    except InvalidOperation as error:
        raise BadReview("stars", _("Stars are one to five, without halves.")) from error
    if not stars.is_finite() or stars not in (1, 2, 3, 4, 5):
        raise BadReview("stars", _("Stars are one to five, without halves."))
    return int(stars)


def _read_moment(text: str, zone: str, now: dt.datetime) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text.replace("/", "-"))
    except ValueError as error:
        raise BadReview("written_at", _("Write the date as 2026-11-21.")) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=get_zone(zone))
    if moment.year < _OLDEST or moment > now + dt.timedelta(days=1):
        raise BadReview("written_at", _("This date is too far away."))
    return min(moment, now)
