"""Taking the demonstration out of a club that starts for real."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.db import ProgrammingError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.addresses import make_address_key
from campaigns.enums import MailingKind
from campaigns.models import Automation, Campaign, Mailing, PublicNotice, Segment, Suppression
from core.errors import DomainError
from core.models import AuditEntry, IdempotencyRecord
from core.photos import delete_photo
from loyalty_site.demo.appearance import remove_appearance
from loyalty_site.demo.automations import list_automation_codes
from loyalty_site.demo.campaigns import (
    list_audience_slugs,
    list_campaign_names,
    list_segment_codes,
)
from loyalty_site.demo.challenges import list_slugs
from loyalty_site.demo.charity import (
    get_category_slug,
    list_charity_slugs,
    list_donation_slugs,
)
from loyalty_site.demo.counter import list_register_names
from loyalty_site.demo.data import LANGUAGE, read_categories, read_club, read_rewards, read_wheels
from loyalty_site.demo.doomed import DoomedRows, list_keys_to, list_orphans
from loyalty_site.demo.history import TILL
from loyalty_site.demo.incident import AUDIENCE as INCIDENT_AUDIENCE
from loyalty_site.demo.notices import list_notice_slugs
from loyalty_site.demo.people import SOURCE, build_club_facts, list_demo_logins
from loyalty_site.demo.reviews import list_file_names, list_theme_codes, read_reviews
from loyalty_site.demo.seeding import count_demo_members, lock_demo
from loyalty_site.demo.shops import CODES as SHOPS
from loyalty_site.demo.surprises import get_audience_slug
from loyalty_site.demo.surveys import get_mystery_slug, list_survey_codes
from loyalty_site.demo.webhooks import URLS as WEBHOOK_URLS
from members.models import (
    Activity,
    ActivityBatch,
    Audience,
    Club,
    ConsentWording,
    DataExport,
    Erasure,
    Household,
    Member,
    User,
    WorkItem,
)
from members.services.profiles import update_club
from purchases.models import (
    Category,
    Channel,
    Product,
    Purchase,
    ShopConnection,
    ShopOrder,
    ShopRefund,
    Source,
    Store,
)
from purchases.services.known import slug_of, split_category
from rewards.models import (
    Approval,
    Challenge,
    Charity,
    DayClose,
    EarningRule,
    EarningRuleVersion,
    Lot,
    PointsRate,
    ProgrammeVersion,
    Register,
    Reward,
    RewardCategory,
    Rotation,
    Tier,
    Transfer,
    WebhookEndpoint,
    Wheel,
    WheelDay,
)
from rewards.services.verification import verify_ledger
from surveys.models import Review, ReviewImport, ReviewPhoto, ReviewTerms, Survey, Theme

_USED_POINTS = """
    UPDATE rewards_earningrule r SET used_points = coalesce((
        SELECT sum(a.awarded_points - coalesce(b.points, 0)) FROM rewards_award a
        LEFT JOIN (SELECT award_id, sum(reversed_points) AS points FROM rewards_reversal
                   GROUP BY award_id) b ON b.award_id = a.id
        WHERE a.rule_id = r.id), 0)
    WHERE used_points <> 0
"""


class DemoNotLoaded(DomainError):
    code = "demo_not_loaded"
    status = 404
    message = _("The demonstration is not loaded.")


class OwnMembersTouched(DomainError):
    code = "own_members_touched"
    status = 409
    message = _(
        "%(count)s members of your own hang on the demonstration: they were merged with one of "
        "its members, use one of its logins or share a row with it. Nothing was removed. "
        "Their numbers: %(numbers)s"
    )


class RulesInUse(DomainError):
    code = "rules_in_use"
    status = 409
    message = _(
        "%(count)s members of your own earn by the demonstration's rules and tiers. Nothing was "
        "removed. Keep the rules with --keep-rules."
    )


class RemovalNotAllowed(DomainError):
    code = "removal_not_allowed"
    status = 403
    message = _(
        "The database's user may not delete rows that are written once. Run this as a superuser, "
        "or let one say: GRANT SET ON PARAMETER session_replication_role TO %(user)s"
    )


class RemovalWrong(DomainError):
    code = "removal_wrong"
    status = 500
    message = _("The books would not be right afterwards. Nothing was removed. %(reason)s")


def count_what_goes() -> dict[str, int]:
    """What a removal is about, for the question before it."""
    demo = Q(member__source=SOURCE)
    return {
        "members": count_demo_members(),
        "logins": _list_logins().count(),
        "purchases": Purchase.objects.filter(demo).count(),
        "ledger entries": Transfer.objects.filter(demo).count(),
        "lots": Lot.objects.filter(demo).count(),
        "activities": Activity.objects.filter(demo).count(),
    }


@transaction.atomic
def remove_demo(*, keep_rules: bool = False, now: dt.datetime) -> dict[str, int]:
    """Delete the demonstration's members, logins, purchases, points, shops and goods, and
    (unless ``keep_rules``) its tiers, programme and rules.

    What hangs on those rows goes with them, whichever app it belongs to. Rows of others stay:
    where one would be touched, nothing is removed (OwnMembersTouched, RulesInUse). Shops, goods
    and channels stay where something else uses them. At the end no key may point to nothing and
    the ledger must be true, or everything is undone (RemovalWrong). Returns rows by table name.
    """
    lock_demo()
    if not count_demo_members():
        raise DemoNotLoaded
    own = Member.objects.exclude(source=SOURCE).count()
    if own and not keep_rules:
        raise RulesInUse(count=own)
    doomed = DoomedRows()
    _doom(doomed, keep_rules=keep_rules)
    files = [reward.download for reward in _list_rewards() if reward.download]
    exports = DataExport.objects.filter(member__source=SOURCE).exclude(file="")
    files += [export.file for export in exports]
    photos = [each.photo for each in ReviewPhoto.objects.filter(review__member__source=SOURCE)]
    with _written_once_rows_may_go():
        removed = _delete(doomed, keep_rules=keep_rules)
    _forget_club(now)
    remove_appearance(now=now)
    _check_result()
    for file in files:
        transaction.on_commit(partial(file.storage.delete, file.name), robust=True)
    for photo in photos:
        transaction.on_commit(partial(delete_photo, photo.storage, photo.name), robust=True)
    return removed


def _list_logins() -> QuerySet:
    emails = [login.email for login in list_demo_logins()]
    return User.objects.filter(Q(email__in=emails) | Q(member__source=SOURCE))


def _list_rewards() -> QuerySet:
    slugs = [entry["slug"] for entry in read_rewards()["rewards"]]
    return Reward.objects.filter(slug__in=[*slugs, *list_donation_slugs()])


def _list_erasures() -> list[int]:
    """Of the demonstration's members alone; they are named in JSON, not by a key."""
    ids = set(Member.objects.filter(source=SOURCE).values_list("pk", flat=True))
    rows = Erasure.objects.values_list("pk", "members")
    return [pk for pk, members in rows if all(member[0] in ids for member in members)]


def _doom(doomed: DoomedRows, *, keep_rules: bool) -> None:
    doomed.add(Member.objects.filter(source=SOURCE))
    doomed.add(_list_logins())
    doomed.add(_list_rewards())
    doomed.add(Challenge.objects.filter(slug__in=list_slugs()))
    doomed.add(Charity.objects.filter(slug__in=list_charity_slugs()))
    doomed.add(Wheel.objects.filter(slug__in=[each["slug"] for each in read_wheels()["wheels"]]))
    doomed.add(Household.objects.filter(places__member__source=SOURCE).distinct())
    doomed.add(Review.objects.filter(imported_with__file_name__in=list_file_names()))
    doomed.add(ReviewImport.objects.filter(file_name__in=list_file_names()))
    doomed.add(Theme.objects.filter(code__in=list_theme_codes()))
    doomed.add(ReviewTerms.objects.filter(points=read_reviews()["terms"]["points"]))
    doomed.add(PointsRate.objects.filter(published_by=None))  # a club's own says by whom
    doomed.add(Survey.objects.filter(code__in=list_survey_codes()))
    _doom_campaigns(doomed)
    lists = [INCIDENT_AUDIENCE, get_audience_slug(), get_mystery_slug(), *list_audience_slugs()]
    doomed.add(Audience.objects.filter(slug__in=lists))
    doomed.add(ShopConnection.objects.filter(source__code__in=SHOPS.values()))
    doomed.add(ShopOrder.objects.filter(source__code__in=SHOPS.values()))
    doomed.add(ShopRefund.objects.filter(source__code__in=SHOPS.values()))
    doomed.add(Purchase.objects.filter(source__code__in=SHOPS.values()))  # of guests, too
    doomed.add(WebhookEndpoint.objects.filter(url__in=WEBHOOK_URLS.values()))
    doomed.add_where(Erasure, "id = ANY(%s)", [_list_erasures()])
    doomed.add(IdempotencyRecord.objects.filter(key__startswith="demo-"))
    if not keep_rules:
        tiers = Tier.objects.filter(
            slug__in=[tier["slug"] for tier in read_club()["tier_programme"]["tiers"]]
        )
        codes = [rule["slug"] for rule in read_club()["earning_rules"]]
        doomed.add(tiers)
        doomed.add(ProgrammeVersion.objects.filter(levels__tier__in=tiers).distinct())
        doomed.add(Audience.objects.filter(pk__in=tiers.values("audience")))
        doomed.add(EarningRule.objects.filter(code__in=codes))
    doomed.spread()
    # Acts upon what goes; what demo staff did to rows that stay remains on record.
    for model in list(doomed.models):
        about = doomed.is_doomed(model, "subject_id", cast="text")
        label = model._meta.label_lower
        doomed.add_where(AuditEntry, f"subject_type = %s AND {about}", [label])
    doomed.spread()
    if touched := doomed.list_touched_members():
        numbers = Member.objects.filter(pk__in=touched[:5]).values_list("number", flat=True)
        raise OwnMembersTouched(count=len(touched), numbers=", ".join(numbers))


def _doom_campaigns(doomed: DoomedRows) -> None:
    """With words and messages; a ready segment stays where a campaign of the club's own asks it."""
    mailings = Mailing.objects.filter(
        kind=MailingKind.CAMPAIGN,
        name__in=list_campaign_names(),
        campaign__seed__startswith="demo-",
    )
    doomed.add(mailings)
    automations = Automation.objects.filter(slug__in=list_automation_codes())
    doomed.add(automations)
    doomed.add(Mailing.objects.filter(steps__version__automation__in=automations).distinct())
    notices = PublicNotice.objects.filter(slug__in=list_notice_slugs())
    doomed.add(notices)
    doomed.add(Mailing.objects.filter(pk__in=notices.exclude(mailing=None).values("mailing")))
    asked = Campaign.objects.filter(mailing__in=mailings, approval__isnull=False)
    doomed.add(Approval.objects.filter(pk__in=asked.values("approval")))
    used = Campaign.objects.exclude(mailing__in=mailings).values("audiences")
    segments = Segment.objects.filter(code__in=list_segment_codes())
    kept = Audience.objects.filter(pk__in=used)
    doomed.add(Audience.objects.filter(segment__in=segments).exclude(pk__in=kept))
    emails = Member.objects.filter(source=SOURCE, email__isnull=False)
    keys = [make_address_key("email", each) for each in emails.values_list("email", flat=True)]
    doomed.add(Suppression.objects.filter(channel="email", address_key__in=keys))


@contextmanager
def _written_once_rows_may_go() -> Iterator[None]:
    """Triggers refuse to delete activities, ledger and audit rows, for everybody and always.

    This is the one place that goes around them. As a replica, a session fires no ordinary
    trigger; PostgreSQL lets only a superuser (or whom one allowed) become one. It holds for
    this transaction at the most, other sessions notice nothing, and no trigger is ever dropped
    or disabled, so that none can be left so. The checks of foreign keys are triggers as well:
    ``list_orphans`` stands in for them afterwards.
    """
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute("SET LOCAL session_replication_role = replica")
        except ProgrammingError as error:
            raise RemovalNotAllowed(user=connection.settings_dict["USER"]) from error
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")


def _delete(doomed: DoomedRows, *, keep_rules: bool) -> dict[str, int]:
    batches = _list_batches(doomed)
    removed = {model._meta.db_table: count for model, count in doomed.delete().items()}
    empty = ActivityBatch.objects.filter(pk__in=batches, activities__isnull=True)
    WorkItem.objects.filter(batch__in=empty).delete()
    empty.delete()
    DayClose.objects.all().delete()  # what the demonstration owed; own days are closed again
    with connection.cursor() as cursor:
        cursor.execute(_USED_POINTS)
    for rows in _list_shop(keep_rules):
        table = rows.model._meta.db_table
        removed[table] = removed.get(table, 0) + _delete_unused(rows)
    return {table: count for table, count in sorted(removed.items()) if count}


def _list_batches(doomed: DoomedRows) -> list[int]:
    going = doomed.is_doomed(Activity, "id")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT batch_id FROM members_activity WHERE {going}")
        return [pk for (pk,) in cursor.fetchall()]


def _list_shop(keep_rules: bool) -> Iterator[QuerySet]:
    """Rows that others may have come to use, users before what they use."""
    club = read_club()
    versions = EarningRuleVersion.objects
    names = [entry["name"][LANGUAGE] for entry in read_rewards()["rotations"]]
    yield Rotation.objects.filter(name__in=names)
    if not Wheel.objects.exists():
        yield WheelDay.objects.all()  # sealed for wheels that are gone
    slugs = [entry["slug"] for entry in read_rewards()["categories"]]
    yield RewardCategory.objects.filter(slug__in=[*slugs, get_category_slug()])
    sources = [TILL, *SHOPS.values()]
    yield _not_named(Product.objects.filter(source__code__in=sources), versions, "product_ids")
    yield Source.objects.filter(code__in=sources)
    yield ConsentWording.objects.all()  # those that nobody has answered are nobody's
    codes = [store["slug"] for store in club["stores"]]
    names = [name for _store, name in list_register_names()]
    yield Register.objects.filter(store__code__in=codes, name__in=names)
    yield _not_named(Store.objects.filter(code__in=codes), versions, "store_ids")
    paths = [split_category(path) for path in read_categories().values()]
    for names in (paths, [path[:1] for path in paths]):
        slugs = {slug_of(path) for path in names}
        yield _not_named(Category.objects.filter(slug__in=slugs), versions, "category_ids")
    if not keep_rules:
        codes = [channel["slug"] for channel in club["channels"]]
        yield _not_named(Channel.objects.filter(code__in=codes), versions, "channel_ids")


def _not_named(rows: QuerySet, versions, field: str) -> QuerySet:
    """Those that no remaining rule names."""
    named = {pk for ids in versions.values_list(field, flat=True) for pk in ids}
    return rows.exclude(pk__in=named)


def _delete_unused(rows: QuerySet) -> int:
    """Delete the rows to which no key points."""
    for field in list_keys_to(rows.model):
        users = field.model._base_manager.filter(**{field.name: OuterRef("pk")})
        rows = rows.filter(~Exists(users))
    return rows.delete()[0]


def _forget_club(now: dt.datetime) -> None:
    """Name, address and contacts are the field's defaults again where they are still the
    demonstration's."""
    club, fresh = Club.objects.get(pk=1), Club()
    update_club(
        {
            name: getattr(fresh, name)
            for name, value in build_club_facts().items()
            if getattr(club, name) == value
        },
        by=None,
        now=now,
    )


def _check_result() -> None:
    if orphans := list_orphans():
        raise RemovalWrong(reason="; ".join(orphans))
    _counts, findings = verify_ledger()
    if findings:
        raise RemovalWrong(reason="; ".join(finding.check for finding in findings))
