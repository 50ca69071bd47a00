"""Which pages bin/screenshots takes pictures of, and who opens each."""

from dataclasses import dataclass
from typing import Any

# Who opens the page: nobody logged in, a member in mid-story, the owner.
VISITOR, MEMBER, OWNER = "", "yuki.hoshino@example.org", "owner@example.com"
# What no visit of a club in good health leads to (make_mishaps).
MISTAKE, UNPROVEN = "/mistake/", "/unproven/"


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    who: str = VISITOR


def list_pages() -> list[Page]:
    """Asks the database for one example of each thing; what the club has none of is left out."""
    found = [Page(name, path) for name, path in _list_public()]
    found += [Page(name, path, MEMBER) for name, path in _list_members()]
    return found + [Page(f"admin-{name}", path, OWNER) for name, path in _list_staffs()]


def make_mishaps(language: str) -> dict[str, str]:
    """The HTML of a mistake of ours, and of a form that came without its token, by address."""
    from django.test import RequestFactory
    from django.utils import translation
    from django.views.csrf import csrf_failure

    from loyalty_site.mistakes import server_error

    with translation.override(language):
        answers = {
            path: view(RequestFactory().get(path, SERVER_NAME="localhost"))
            for path, view in ((MISTAKE, server_error), (UNPROVEN, csrf_failure))
        }
    return {path: answer.content.decode() for path, answer in answers.items()}


def _list_public() -> list[tuple[str, str]]:
    from members.models import LegalPage
    from rewards.models import Reward

    return [
        ("landing", "/"),
        ("story", "/en/story/"),
        ("rules", "/en/rules/"),
        ("contact", "/en/contact/"),
        *[(f"legal-{page.slug}", f"/en/legal/{page.slug}/") for page in LegalPage.objects.all()],
        ("catalogue-visitor", "/rewards/"),
        *[
            ("reward-visitor", f"/rewards/{reward.slug}/")
            for reward in Reward.objects.filter(published_at__isnull=False).order_by("pk")[:1]
        ],
        ("contact-message", "/en/contact/message/"),
        ("reviews", "/en/reviews/"),
        *[(f"product-{pk}", f"/en/products/{pk}/") for pk in _list_reviewed()],
        ("giving-visitor", "/giving/"),
        ("giving-ledger", "/giving/ledger/"),
        ("privacy", "/privacy/"),
        ("signup", "/accounts/signup/"),
        ("login", "/accounts/login/"),
        ("login-code", "/accounts/login/code/"),
        ("password-reset", "/accounts/password/reset/"),
        ("offline", "/offline/"),
        ("missing", "/nowhere/"),
        ("mistake", MISTAKE),
        ("unproven", UNPROVEN),
    ]


def _list_reviewed() -> list[int]:
    from surveys.models import Review

    rows = Review.objects.filter(state="published", product__isnull=False).order_by("pk")
    return list(rows.values_list("product_id", flat=True)[:1])


def _list_members() -> list[tuple[str, str]]:
    from django.utils import timezone

    from members.models import Member
    from rewards.enums import RedemptionState
    from rewards.models import Appeal, Redemption, Reward, SurpriseGift, Wheel
    from surveys.links import make_token

    member = Member.objects.get(user__email=MEMBER)
    purchase = member.purchases.order_by("-pk").first()
    entry = member.transfers.filter(unit="points", award__isnull=False).order_by("-pk").first()
    presents = SurpriseGift.objects.filter(member=member, opened_at=None)[:1]
    asked = member.survey_invitations.answerable(timezone.now()).order_by("-pk")[:1]
    kinds = Reward.objects.filter(published_at__isnull=False).order_by("kind", "pk")
    # Of each kind one that is good for something, if there is one: later keys replace earlier.
    redemptions = {
        each.reward.kind: each.pk
        for each in sorted(
            Redemption.objects.filter(member=member).select_related("reward"),
            key=lambda each: (each.state in RedemptionState.open_states(), each.pk),
        )
    }
    return [
        ("home", "/home/"),
        ("card", "/card/"),
        ("statement", "/statement/"),
        *([("statement-entry", f"/statement/{entry.pk}/")] if entry else []),
        ("purchases", "/purchases/"),
        *([("purchase", f"/purchases/{purchase.pk}/")] if purchase else []),
        ("receipt-claim", "/receipts/claim/"),
        ("catalogue", "/rewards/"),
        ("catalogue-nothing", "/rewards/?q=xyzzy"),
        *[(f"reward-{each.kind}", f"/rewards/{each.slug}/") for each in kinds.distinct("kind")],
        *_list_redeem_pages(member),
        ("giving", "/giving/"),
        *[(f"appeal-{each.slug}", f"/giving/{each.slug}/") for each in Appeal.objects.all()[:2]],
        ("giving-mine", "/giving/mine/"),
        ("redemptions", "/redemptions/"),
        *[(f"redemption-{kind}", f"/redemptions/{pk}/") for kind, pk in redemptions.items()],
        ("wheels", "/wheel/"),
        *[(f"wheel-{wheel.slug}", f"/wheel/{wheel.slug}/") for wheel in Wheel.objects.all()],
        *[
            (f"{name}-{wheel.slug}", f"/wheel/{wheel.slug}/{path}/")
            for wheel in Wheel.objects.order_by("pk")[:1]
            for name, path in (("spins", "mine"), ("fairness", "fairness"))
        ],
        ("stamps", "/stamps/"),
        *[("gift", f"/gifts/{each.pk}/") for each in presents],
        ("inbox", "/inbox/"),
        ("profile", "/profile/"),
        ("addresses", "/profile/addresses/"),
        ("address", "/profile/addresses/new/?country=JP"),
        ("messengers", "/profile/messengers/"),
        ("contact-mine", "/contact/mine/"),
        ("reviews-mine", "/reviews/mine/"),
        *[("survey", f"/s/{make_token(each.pk)}/") for each in asked],
        ("review-form", "/reviews/club/"),
        ("household", "/household/"),
        ("privacy-mine", "/privacy/mine/"),
        ("consents", "/privacy/mine/consents/"),
        ("email", "/accounts/email/"),
        ("password", "/accounts/password/change/"),
        ("not-allowed", "/theme/sample/1-7c2d4b-6c2642/"),
        ("devices", "/accounts/sessions/"),
        ("two-factor", "/accounts/2fa/"),
    ]


def _list_redeem_pages(member: Any) -> list[tuple[str, str]]:
    """Of one reward that can be had, and of one that can't yet."""
    from django.utils import timezone

    from rewards.selectors.balances import get_balances
    from rewards.selectors.catalogue import Wanted, list_offers

    now = timezone.now()
    points = get_balances(member, now=now).available
    page = list_offers(member, Wanted(), now=now, available_points=points, limit=200)
    first = {offer.can_be_had: offer.reward.slug for offer in reversed(page.offers)}
    names = {True: "redeem", False: "redeem-too-dear"}
    return [(names[fits], f"/rewards/{slug}/redemption/") for fits, slug in first.items()]


def _list_staffs() -> list[tuple[str, str]]:
    from members.models import Member
    from rewards.models import (
        Appeal,
        Challenge,
        Charity,
        EarningRule,
        Reward,
        Surprise,
        Tier,
        Wheel,
    )

    member = Member.objects.get(user__email=MEMBER)
    rule = EarningRule.objects.order_by("pk").first()
    reward = Reward.objects.order_by("pk").first()
    lists = [
        "members_member", "members_audience", "purchases_purchase", "purchases_importjob",
        "rewards_reward", "rewards_redemption", "rewards_earningrule", "rewards_transfer",
        "rewards_approval", "rewards_charitysettlement", "rewards_wheel", "rewards_challenge",
        "rewards_appeal", "rewards_donation", "rewards_surprise", "core_auditentry",
        "campaigns_campaign", "campaigns_segment", "campaigns_automation", "campaigns_message",
        "surveys_survey", "surveys_response", "surveys_followup", "surveys_review",
    ]  # fmt: skip
    return [
        ("index", "/admin/"),
        ("counter", "/admin/counter/"),
        *[(name.partition("_")[2], f"/admin/{name.replace('_', '/')}/") for name in lists],
        ("member-page", f"/admin/members/member/{member.pk}/change/"),
        *([("rule-page", f"/admin/rewards/earningrule/{rule.pk}/change/")] if rule else []),
        *([("reward-page", f"/admin/rewards/reward/{reward.pk}/change/")] if reward else []),
        *([("reward-edit", f"/admin/rewards/reward/{reward.pk}/edit/")] if reward else []),
        *[
            (
                f"{model._meta.model_name}-page",
                f"/admin/rewards/{model._meta.model_name}/{pk}/change/",
            )
            for model in (Wheel, Challenge, Charity, Appeal, Surprise, Tier)
            for pk in model.objects.order_by("pk").values_list("pk", flat=True)[:1]
        ],
        *_list_campaigns(),
        *_list_surveys(),
        ("packing", "/admin/rewards/redemption/packing/"),
        ("labels", "/admin/rewards/redemption/packing/labels/"),
        ("appearance", "/admin/members/theme/"),
        ("club", "/admin/members/club/"),
    ]


def _list_campaigns() -> list[tuple[str, str]]:
    """A finished one with its answers, the words of a draft, rules, and steps."""
    from campaigns.enums import CampaignState
    from campaigns.models import Automation, Campaign, Segment

    finished = Campaign.objects.in_state(CampaignState.FINISHED).order_by("pk")
    found = [
        ("campaign-page", "campaign", "change", finished.filter(variants__code="B")[:1]),
        ("campaign-words", "mailing", "words", finished[:1]),
        ("segment-page", "segment", "change", Segment.objects.order_by("pk")[:1]),
        ("segment-rules", "segment", "rules", Segment.objects.order_by("pk")[1:2]),
        ("automation-page", "automation", "change", Automation.objects.order_by("pk")[:1]),
    ]
    pages = [("calendar", "/admin/campaigns/campaign/calendar/")]
    for name, model, page, rows in found:
        pages += [(name, f"/admin/campaigns/{model}/{row.pk}/{page}/") for row in rows]
    return pages


def _list_surveys() -> list[tuple[str, str]]:
    """The first survey from all sides, a low score and a review with their stories."""
    from surveys.models import FollowUp, Review, Survey

    pages = [
        ("reviews-queue", "/admin/surveys/review/queue/"),
        ("reviews-trend", "/admin/surveys/review/trend/"),
        ("survey-new", "/admin/surveys/survey/new/"),
    ]
    for survey in Survey.objects.order_by("pk")[:1]:
        pages += [
            (f"survey-{page}", f"/admin/surveys/survey/{survey.pk}/{page}/")
            for page in ("change", "results", "preview", "rules", "triggers", "questions/single")
        ]
    for name, model in (("followup-page", FollowUp), ("review-page", Review)):
        path = f"/admin/surveys/{model._meta.model_name}"
        pages += [(name, f"{path}/{row.pk}/change/") for row in model.objects.order_by("pk")[:1]]
    return [(name.replace("/", "-"), path) for name, path in pages]
