"""Reviews in the demonstration: what members wrote in their own languages, what came from two
invented sites, what waits, and what the club replied.
"""

import csv
import datetime as dt
import io
import json
from collections import Counter
from functools import cache
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.db.models import Min

from core.photos import CleanPhoto, read_photo
from core.time import day_of
from loyalty_site.demo.clock import awake
from loyalty_site.demo.data import DATA, LANGUAGE, read_stories, translate
from loyalty_site.demo.history import TILL
from loyalty_site.demo.people import SOURCE
from loyalty_site.demo.survey_answers import tag_answers
from loyalty_site.demo.surveys import read_surveys
from members.models import Member, User
from members.selectors.club import get_club
from purchases.models import Line, Product
from surveys.models import Review, ReviewTerms, Theme
from surveys.services.reviews import (
    confirm_import,
    draft_import,
    publish_reviews,
    reply_to_review,
    save_terms,
    set_themes,
    turn_down_reviews,
    write_review,
)


@cache
def read_reviews() -> dict[str, Any]:
    return json.loads((DATA / "reviews.json").read_text(encoding="utf-8"))


def list_theme_codes() -> list[str]:
    return [theme["code"] for theme in read_reviews()["themes"]]


def list_file_names() -> list[str]:
    """Of the file that was brought in."""
    return [read_reviews()["imported"]["file_name"]]


def speak_up(by: User, *, now: dt.datetime) -> None:
    """Points for reviews began last week: those before were written for nothing."""
    told = read_reviews()
    themes = {
        theme["code"]: Theme.objects.create(
            code=theme["code"], name=theme["name"][LANGUAGE], i18n=translate("name", theme["name"])
        )
        for theme in told["themes"]
    }
    tag_answers(themes, read_surveys())
    save_terms(ReviewTerms(flagged_words=told["terms"]["flagged_words"]), by=by, now=now)
    people = _People(now)
    rewarded = []
    for entry in sorted(told["reviews"], key=lambda each: -each["days_ago"]):
        review = _write(entry, people, now)
        if review is None:
            continue
        if entry.get("rewarded"):
            rewarded.append(review.pk)
        else:
            _judge(entry, review, by, now)
        set_themes(review, [themes[code] for code in entry.get("themes", ())], by=by, now=now)
    save_terms(ReviewTerms(**told["terms"]), by=by, now=now)
    publish_reviews(rewarded, by=by, now=now)
    _bring_in(told["imported"], by, now)


class _People:
    """Who writes: somebody who reads that language and bought it, never twice while others are
    there.
    """

    def __init__(self, now: dt.datetime):
        self.now = now
        self.used: Counter[int] = Counter()
        stories = {code for _kind, code in read_stories()}
        rows = Member.objects.able_to_spend().filter(source=SOURCE)
        self.members = {member.pk: member for member in rows.order_by("pk")}
        refs = Member.objects.filter(references__external_id__in=stories).values_list("pk")
        self.stories = {pk for (pk,) in refs}
        self.bought: dict[int | None, dict[int, dt.datetime]] = {None: {}}  # when first, of what
        lines = Line.objects.present().filter(purchase__member__in=self.members)
        firsts = lines.order_by().values_list("product", "purchase__member")
        for product, member, at in firsts.annotate(Min("purchase__purchased_at")):
            self.bought.setdefault(product, {})[member] = at
            known = self.bought[None].get(member)
            self.bought[None][member] = at if known is None else min(at, known)

    def find(self, email: str) -> Member | None:
        return next((each for each in self.members.values() if each.email == email), None)

    def pick(self, language: str, product: Product | None, moment: dt.datetime) -> Member | None:
        firsts = self.bought.get(product.pk if product else None, {})
        bought = {pk for pk, at in firsts.items() if at < moment}
        spoken = set(
            Review.objects.filter(product=product, member__isnull=False)
            .values_list("member", flat=True)
        )  # fmt: skip
        able = [
            member
            for member in self.members.values()
            if member.locale == language and member.pk not in spoken and member.joined_at < moment
        ]
        able.sort(
            key=lambda each: (
                self.used[each.pk] // 2, each.pk not in bought, self.used[each.pk],
                each.pk in self.stories, each.pk,
            )
        )  # fmt: skip
        if not able:
            return None
        self.used[able[0].pk] += 1
        return able[0]


def _write(entry: dict[str, Any], people: _People, now: dt.datetime) -> Review | None:
    product = None
    if entry["product"]:
        product = Product.objects.filter(source__code=TILL, external_id=entry["product"]).first()
        if product is None or not product.lines.exists():
            return None
    moment = min(awake(now - dt.timedelta(days=entry["days_ago"])), now)
    member = people.find(entry["writer"]) if "writer" in entry else None
    member = member or people.pick(entry["language"], product, moment)
    if member is None:
        return None
    kind, _colon, nickname = entry["name"].partition(":")
    return write_review(
        member, product, stars=entry["stars"], title=entry["title"], text=entry["text"],
        language=entry["language"], name_kind=kind, nickname=nickname,
        may_quote=entry["quote"], photos=[_open(name) for name in entry.get("photos", ())],
        by=member.user, now=moment,
    )  # fmt: skip


def _open(name: str) -> CleanPhoto:
    with (DATA / "review_photos" / f"{name}.webp").open("rb") as file:
        return read_photo(File(file, name=f"{name}.webp"))


def _judge(entry: dict[str, Any], review: Review, by: User, now: dt.datetime) -> None:
    """The next day; the reply a day later."""
    judged_at = min(review.written_at + dt.timedelta(hours=22), now)
    match entry.get("state", "published"):
        case "waiting":
            return
        case "refused":
            reason = read_reviews()["refusal"]["reason"]
            turn_down_reviews([review.pk], reason, by=by, now=judged_at)
            return
    publish_reviews([review.pk], by=by, now=judged_at)
    if reply := entry.get("reply"):
        replied_at = min(judged_at + dt.timedelta(hours=25), now)
        reply_to_review(review, reply, language=entry["language"], by=by, now=replied_at)


def _bring_in(told: dict[str, Any], by: User, now: dt.datetime) -> None:
    """By a file, as staff would."""
    today = day_of(now, get_club().zone)
    text = io.StringIO()
    names = ("site", "id", "date", "stars", "title", "text", "author", "url", "language", "product")
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    for row in told["rows"]:
        day = today - dt.timedelta(days=row["date_days"])
        rest = {name: row[name] for name in names if name != "date"}
        writer.writerow({**rest, "date": day.isoformat()})
    file = ContentFile(text.getvalue().encode(), name=told["file_name"])
    job = draft_import(file, told["origin"], file_name=told["file_name"], by=by, now=now)
    confirm_import(job, is_shown=True, by=by, now=now)
