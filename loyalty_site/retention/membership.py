"""What a membership is made of: purchases, points, and what members did and were told."""

from django.utils.translation import gettext_lazy as _

from members.retention import MONTH, YEAR, AtErasure, Line, Then

BLANKED, DELETED, KEPT = AtErasure.BLANKED, AtErasure.DELETED, AtErasure.KEPT

BOUGHT = (
    Line(
        "purchases.Purchase",
        "bought",
        _("Your purchases and returns"),
        _("To give you points, take returns back, and keep the books as the law asks."),
        KEPT,
    ),
    Line(
        "purchases.ReceiptClaim",
        "bought",
        _("Receipts that you claimed later"),
        _("To give you the points of a purchase without your card, and to stop who guesses."),
        DELETED,
        days=3 * MONTH,
        since="attempted_at",
        then=Then.DELETE,
    ),
)

POINTS = (
    Line(
        "rewards.Account",
        "points",
        _("Your balances"),
        _("To know what you have."),
        KEPT,
    ),
    Line(
        "rewards.Transfer",
        "points",
        _("Every movement of points"),
        _("So that nothing is lost, and every point can be explained."),
        KEPT,
    ),
    Line(
        "rewards.Lot",
        "points",
        _("Points by when they were earned and until when they can be used"),
        _("So that the oldest are used first."),
        KEPT,
    ),
    Line(
        "rewards.Award",
        "points",
        _("How the points of each purchase were reckoned"),
        _("To explain them, and to undo them rightly with a return."),
        KEPT,
    ),
    Line(
        "rewards.Standing",
        "points",
        _("Your tier"),
        _("To give you what it holds."),
        KEPT,
    ),
    Line(
        "rewards.TierChange",
        "points",
        _("When your tier changed"),
        _("To reckon points by the tier that you had."),
        KEPT,
    ),
    Line(
        "rewards.Redemption",
        "points",
        _("What you got for points: rewards, vouchers, places"),
        _("To give it to you, and to keep the books."),
        KEPT,
    ),
    Line(
        "rewards.Entitlement",
        "points",
        _("What you won or were given, and whether you took it"),
        _("To hand it to you, and to keep the books."),
        KEPT,
    ),
    Line(
        "rewards.SpinGrant",
        "points",
        _("Free spins that you were given"),
        _("So that you can use each of them, once."),
        KEPT,
    ),
    Line(
        "rewards.WheelPlayer",
        "points",
        _("Your pseudonym at each wheel, and your spins under it"),
        _("So that every draw can be checked by anyone, without naming you."),
        BLANKED,
    ),
    Line(
        "rewards.SurpriseGift",
        "points",
        _("Surprise gifts from the club, and when you opened them"),
        _("To give you each of them once, and to show it to you."),
        KEPT,
    ),
    Line(
        "rewards.RedemptionShare",
        "points",
        _("What you and your household put together for a reward"),
        _("To give everybody theirs back, should it be cancelled."),
        KEPT,
    ),
    Line(
        "rewards.Payment",
        "points",
        _("What you paid with points or store credit"),
        _("To take it back where a purchase is returned, and to keep the books."),
        KEPT,
    ),
    Line(
        "rewards.Bill",
        "points",
        _("Bills at the counter that points or store credit paid in part"),
        _("To take the rest of the money, and to keep the books."),
        KEPT,
    ),
    Line(
        "rewards.Donation",
        "points",
        _("What you gave to charities"),
        _("To pay them what you gave, and to show you your yearly statement."),
        BLANKED,
    ),
    Line(
        "rewards.StandingDonation",
        "points",
        _("What share of your points you give as you earn them"),
        _("To give it as you wish it."),
        BLANKED,
    ),
    Line(
        "rewards.StampBook",
        "points",
        _("Your stamp cards"),
        _("To give you the prize of a full card, once."),
        BLANKED,
    ),
    Line(
        "rewards.Wish",
        "points",
        _("Your wish list"),
        _("To show you how far you are."),
        DELETED,
    ),
)

DID = (
    Line(
        "members.Activity",
        "did",
        _("What you did, as ids and codes"),
        _("So that it earns what it should, once."),
        KEPT,
    ),
    Line(
        "members.AudienceMember",
        "did",
        _("Which groups you are in: your tier, lists of staff"),
        _("To open to you what is open to them."),
        DELETED,
    ),
    Line(
        "members.Notice",
        "did",
        _("News for you on these pages"),
        _("To tell you what happened to your points and your membership."),
        DELETED,
        days=2 * YEAR,
        since="effective_at",
        then=Then.DELETE,
    ),
    Line(
        "campaigns.Message",
        "did",
        _("What the club wrote to you, and what became of it"),
        _("To write once and not twice, to answer why you did or didn't hear from us."),
        BLANKED,
        days=3 * YEAR,
        since="recorded_at",
        then=Then.DELETE,
    ),
    Line(
        "campaigns.SegmentPick",
        "did",
        _("Groups that staff put you in, or kept you out of"),
        _("To send you what suits you, and not what doesn't."),
        DELETED,
    ),
    Line(
        "campaigns.SegmentMove",
        "did",
        _("When you came into a group, or left it"),
        _("To begin and end what the club does for those who belong to it."),
        DELETED,
        days=3 * MONTH,
        since="moved_at",
        then=Then.DELETE,
    ),
)
