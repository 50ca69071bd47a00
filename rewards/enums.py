from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Unit(models.TextChoices):
    POINTS = "points", _("points")
    STATUS = "status", _("status credits")
    MONEY = "money", _("store credit")


class AccountKind(models.TextChoices):
    """Member accounts keep a balance; programme accounts are only ever summed."""

    PENDING = "pending", _("pending")
    AVAILABLE = "available", _("available")
    HELD = "held", _("held")
    OWED = "owed", _("owed")
    STATUS_PENDING = "status_pending", _("status credits to come")
    STATUS = "status", _("status credits")
    CREDIT_GRANTED = "credit_granted", _("store credit from the club")
    CREDIT_REFUNDED = "credit_refunded", _("store credit from refunds")
    CREDIT_HELD = "credit_held", _("store credit reserved")
    ISSUED = "issued", _("issued")
    REDEEMED = "redeemed", _("redeemed")
    EXPIRED = "expired", _("expired")
    RETURNED = "returned", _("returned")
    FORFEITED = "forfeited", _("forfeited")
    WRITTEN_OFF = "written_off", _("written off")
    MOVED = "moved", _("moved between members")
    MATCH = "match", _("matched gifts")
    CHARITY = "charity", _("charity")


class Reason(models.TextChoices):
    EARN = "earn", _("Earned")
    RELEASE = "release", _("Became available")
    REPAY = "repay", _("Repaid")
    EXPIRE = "expire", _("Expired")
    RETURN = "return", _("Taken back after a return")
    REOPEN = "reopen", _("Expired points counted against a return")
    OWE = "owe", _("Owed after a return")
    AMEND = "amend", _("Taken back, as the order was changed")
    HOLD = "hold", _("Reserved")
    CAPTURE = "capture", _("Redeemed")
    RESTORE = "restore", _("Given back")
    GRANT = "grant", _("Gift from the club")
    REFUND = "refund", _("Refunded")
    DEDUCT = "deduct", _("Deducted by the club")
    FORFEIT = "forfeit", _("Forfeited")
    WRITE_OFF = "write_off", _("Written off")
    MERGE = "merge", _("Moved by a merge of memberships")
    UNMERGE = "unmerge", _("Moved back as a merge was undone")
    DONATE = "donate", _("Donated")
    MATCH = "match", _("Matched by the club")
    UNMATCH = "unmatch", _("Match taken back")


class MoveKind(models.TextChoices):
    OPENED = "opened", _("opened")
    RELEASED = "released", _("released")
    TAKEN = "taken", _("taken")
    HELD = "held", _("held")
    RESTORED = "restored", _("restored")
    EXPIRED = "expired", _("expired")
    FORFEITED = "forfeited", _("forfeited")
    REDATED = "redated", _("re-dated")
    MOVED = "moved", _("moved to another member")


class RuleKind(models.TextChoices):
    AMOUNT = "amount", _("points per amount spent")
    FIXED = "fixed", _("fixed bonus")
    MULTIPLIER = "multiplier", _("multiplier")


class Combine(models.TextChoices):
    ADD = "add", _("added to the tier's multiplier")
    MULTIPLY = "multiply", _("multiplied with it")


class Stacking(models.TextChoices):
    STACK = "stack", _("counts beside others")
    BEST = "best", _("only the best of its kind counts")


class FirstTime(models.TextChoices):
    ANY = "", _("every time")
    EVER = "ever", _("first purchase")
    CATEGORY = "category", _("first purchase in the category")
    PRODUCT = "product", _("first purchase of the product")


class Period(models.TextChoices):
    DAY = "day", _("a day")
    WEEK = "week", _("a week")
    MONTH = "month", _("a month")
    YEAR = "year", _("a year")
    LIFETIME = "lifetime", _("in all")


class ExpiryMode(models.TextChoices):
    MONTHS = "months", _("months after they became available")
    CALENDAR_YEAR = "calendar_year", _("end of a calendar year")
    FISCAL_YEAR = "fiscal_year", _("end of a fiscal year")
    INACTIVITY = "inactivity", _("months after the last activity")
    NEVER = "never", _("never")


class TierWindow(models.TextChoices):
    LIFETIME = "lifetime", _("lifetime")
    CALENDAR_YEAR = "calendar_year", _("calendar year")
    FISCAL_YEAR = "fiscal_year", _("fiscal year")
    ROLLING = "rolling", _("rolling months")
    JOINING = "joining", _("months from joining")
    UPGRADE = "upgrade", _("months from the last tier change")


class TierReason(models.TextChoices):
    UPGRADE = "upgrade", _("reached the threshold")
    DOWNGRADE = "downgrade", _("below the threshold after the grace period")
    DECISION = "decision", _("decided by the club")
    BOOST = "boost", _("a reward")


class RewardKind(models.TextChoices):
    POOL = "pool", _("voucher with a code from a pool")
    VOUCHER = "voucher", _("voucher with a code of our own")
    GOODS = "goods", _("goods, sent to an address")
    EXPERIENCE = "experience", _("experience or service with a date")
    CREDIT = "credit", _("store credit")
    TIER = "tier", _("tier for a time")
    PARTNER = "partner", _("offer of a partner")
    DOWNLOAD = "download", _("download")
    DONATION = "donation", _("donation")


class RedemptionState(models.TextChoices):
    RESERVED = "reserved", _("Reserved")
    CONFIRMED = "confirmed", _("Confirmed")
    FULFILLED = "fulfilled", _("Ready")
    USED = "used", _("Used")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")

    @classmethod
    def open_states(cls):
        return (cls.RESERVED, cls.CONFIRMED, cls.FULFILLED)


class Place(models.TextChoices):
    SITE = "site", _("on the site")
    COUNTER = "counter", _("at the counter")
    API = "api", _("through the API")
    CLUB = "club", _("by the club")


class DeliveryState(models.TextChoices):
    TO_PACK = "to_pack", _("To pack")
    PACKED = "packed", _("Packed")
    SENT = "sent", _("On its way")
    DELIVERED = "delivered", _("Delivered")
    RETURNED = "returned", _("Came back")


class BillState(models.TextChoices):
    OPEN = "open", _("Waits for money")
    PAID = "paid", _("Paid")
    CANCELLED = "cancelled", _("Cancelled")


class PaymentKind(models.TextChoices):
    POINTS = "points", _("points")
    CREDIT = "credit", _("store credit")


class PaymentState(models.TextChoices):
    RESERVED = "reserved", _("Reserved")
    CAPTURED = "captured", _("Paid")
    RELEASED = "released", _("Let go")


class RefundKind(models.TextChoices):
    MONEY = "money", _("refund")
    CREDIT = "credit", _("store credit")


class LateReason(models.TextChoices):
    """Why a return is taken after its time."""

    DEFECT = "defect", _("the goods were faulty")
    OUR_DELAY = "our_delay", _("we were late ourselves")
    ILLNESS = "illness", _("illness or bereavement")
    WEATHER = "weather", _("weather or traffic")
    GIFT = "gift", _("a gift, handed over later")
    GOODWILL = "goodwill", _("goodwill")


class AdjustmentReason(models.TextChoices):
    """Why the club gave or took points by hand; members read it beside the entry."""

    GOODWILL = "goodwill", _("goodwill")
    APOLOGY = "apology", _("an apology")
    CORRECTION = "correction", _("correction of an error")
    MISSING = "missing", _("a purchase that was missing")
    PRIZE = "prize", _("a prize")
    REQUEST = "request", _("at your own wish")
    MISUSE = "misuse", _("use against the terms")
    OTHER = "other", _("another reason")


class AdjustmentState(models.TextChoices):
    POSTED = "posted", _("Posted")
    WAITING = "waiting", _("Waiting for approval")
    APPROVED = "approved", _("Approved and posted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ApprovalState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Measure(models.TextChoices):
    """What the limits of a kind of act count."""

    POINTS = "points", _("points")
    MONEY = "money", _("money")
    MEMBERS = "members", _("members")
    STAMPS = "stamps", _("stamps")
    SPINS = "spins", pgettext_lazy("how many", "spins")


class BulkKind(models.TextChoices):
    GRANT = "grant", _("gift of points")
    EXPIRY = "expiry", _("later expiry")
    TIER = "tier", _("tiers kept")
    GIFT = "gift", _("surprise gift")


class SurprisePick(models.TextChoices):
    """Who of an audience gets a surprise gift."""

    ALL = "all", _("everybody in it")
    RANDOM = "random", _("some of them, drawn by lot")


class BulkState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    WAITING = "waiting", _("Waiting for approval")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class BulkOutcome(models.TextChoices):
    """What became of one member in a bulk act."""

    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    NOTHING = "nothing", _("nothing to do")
    GONE = "gone", _("no longer a member")
    OWN = "own", _("own record of who asked or approved")


class CardPattern(models.TextChoices):
    """Drawn behind a tier's card (core.pictures.patterns); in the order of the ranks."""

    LEAVES = "leaves", _("leaves")
    PLUM = "plum", _("plum blossom")
    WAVES = "waves", _("waves")
    RINGS = "rings", _("rings of a tree")
    HEMP = "hemp", _("hemp leaves")
    RAYS = "rays", _("rays")


class WebhookEvent(models.TextChoices):
    """What other systems may be told; the names are part of the API."""

    POINTS_CHANGED = "points.changed", _("points changed")
    TIER_CHANGED = "tier.changed", _("tier changed")
    REDEMPTION_CHANGED = "redemption.changed", _("redemption changed")


class WebhookState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("delivered")
    FAILED = "failed", _("given up")


class PrizeKind(models.TextChoices):
    """What a slice of a wheel, a stamp card or a surprise gives."""

    NOTHING = "nothing", _("nothing")
    REWARD = "reward", _("a reward of the catalogue")
    POINTS = "points", _("points")
    CREDIT = "credit", _("store credit")
    SPINS = "spins", _("spins of a wheel")


class EntitlementEnd(models.TextChoices):
    """Why a reward that was won or given can't be taken any more."""

    EXPIRED = "expired", _("its last day is over")
    WITHDRAWN = "withdrawn", _("taken back, as what it was for came back")
    DONATED = "donated", _("given to a good cause")
    ERASED = "erased", _("the membership ended")


class SpinSource(models.TextChoices):
    PRIZE = "prize", _("a prize")
    REWARD = "reward", _("a reward")
    RULE = "rule", _("an earning rule")
    CLUB = "club", _("the club")


class DonationSource(models.TextChoices):
    """How points came to be given."""

    GIFT = "gift", _("a gift")
    ROUNDING = "rounding", _("the balance rounded down")
    REWARD = "reward", _("a reward of the catalogue")
    PRIZE = "prize", _("a prize passed on")
    STANDING = "standing", _("a share of what was earned")


class WheelDayState(models.TextChoices):
    SEALED = "sealed", _("sealed")
    DISCARDED = "discarded", _("discarded")
    REVEALED = "revealed", _("revealed")


class SpinPay(models.TextChoices):
    FREE = "free", _("free spin of the day")
    GRANT = "grant", _("free spin that was given")
    POINTS = "points", _("points")


class ChallengeMeasure(models.TextChoices):
    """What of the activities that match adds up to a stamp card."""

    COUNT = "count", _("how many")
    SUM = "sum", _("how much money")
    DISTINCT = "distinct", _("how many different ones")


class CountBy(models.TextChoices):
    """What one stamp is for, where stamps are counted."""

    ITEM = "item", _("each item")
    PURCHASE = "purchase", _("each purchase")


class DistinctOf(models.TextChoices):
    """Of what each one counts once."""

    PRODUCT = "product", _("products")
    CATEGORY = "category", _("categories")
    STORE = "store", _("stores")
    DAY = "day", _("days")
