from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MemberStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    CLOSED = "closed", _("Closed")
    MERGED = "merged", _("Merged into another")
    ERASED = "erased", _("Erased")


class Gender(models.TextChoices):
    """Only for the greeting (先生, 女士); nothing else may depend on it."""

    UNKNOWN = "", _("Not given")
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")


class AudienceKind(models.TextChoices):
    EVERYONE = "everyone", _("Everyone")
    TIER = "tier", _("Tier")
    CLUB = "club", _("Club")
    PLAN = "plan", _("Plan")
    SEGMENT = "segment", _("Segment")
    LIST = "list", _("List")


class Channel(models.TextChoices):
    """By which way a message reaches a member; ``ANY`` stands for every one of them."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")
    POST = "post", _("Letter")
    PHONE = "phone", _("Phone call")
    LINE = "line", "LINE"
    WECHAT = "wechat", "WeChat"
    ON_SITE = "on_site", _("On these pages")
    ANY = "any", _("Any")


class ConsentSource(models.TextChoices):
    """Where a consent was given or withdrawn."""

    PROFILE = "profile", _("Their own pages")
    COUNTER = "counter", _("Counter")
    PHONE = "phone", _("Phone call")
    PAPER = "paper", _("Signed form")
    SHOP = "shop", _("Shop")
    IMPORT = "import", _("Import")
    LINK = "link", _("Link in a message")
    GUARDIAN = "guardian", _("Guardian")
    MERGE = "merge", _("Merge of two records")
    SYSTEM = "system", _("The club's system")


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Being prepared")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")


class ErasureState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    CANCELLED = "cancelled", _("Cancelled")
    DONE = "done", _("Done")


class RequestSource(models.TextChoices):
    """Who brought a request for erasure."""

    MEMBER = "member", _("The member")
    STAFF = "staff", _("Staff, for the member")
    SHOP = "shop", _("A connected shop")
    RETENTION = "retention", _("Retention policy")
    LOG = "log", _("Log of erasures, after a restored backup")


class IncomeBand(models.TextChoices):
    """Against the average of where they live: it holds in any country and any year."""

    BELOW = "below", _("Below the average")
    AVERAGE = "average", _("About average")
    ABOVE = "above", _("Above the average")
    WELL_ABOVE = "well_above", _("Well above the average")


class Interest(models.TextChoices):
    COOKING = "cooking", _("Cooking")
    WINE = "wine", _("Wine, tea and coffee")
    HOME = "home", pgettext_lazy("as an interest", "Home")
    GARDEN = "garden", _("Garden and plants")
    FASHION = "fashion", _("Fashion")
    BEAUTY = "beauty", _("Beauty")
    SPORT = "sport", _("Sport")
    OUTDOORS = "outdoors", _("Outdoors")
    TRAVEL = "travel", _("Travel")
    BOOKS = "books", _("Books")
    MUSIC = "music", _("Music and theatre")
    ART = "art", _("Art and design")
    CRAFT = "craft", _("Making things")
    TECHNOLOGY = "technology", _("Technology")
    CHILDREN = "children", _("Children")
    PETS = "pets", _("Pets")


class Preference(models.TextChoices):
    """How a member likes to be served; whether they may be written to is their consent."""

    PAPERLESS = "paperless", _("No paper: receipts and letters on a screen")
    LARGE_PRINT = "large_print", _("Large print where there is paper")
    NO_BAG = "no_bag", _("No bag")
    IN_PEACE = "in_peace", _("I ask when I need something")
    IN_WRITING = "in_writing", _("Write rather than call")


class AddressPurpose(models.TextChoices):
    HOME = "home", pgettext_lazy("where one lives", "Home")
    DELIVERY = "delivery", _("Delivery")


class DuplicateState(models.TextChoices):
    OPEN = "open", _("To look at")
    DIFFERENT = "different", _("Not the same person")
    MERGED = "merged", _("Merged")


class DuplicateReason(models.TextChoices):
    PHONE = "phone", _("Same phone number")
    EMAIL = "email", _("Same e-mail address")
    EMAIL_VARIANT = "email_variant", _("Two writings of one e-mail address")
    NAME_BIRTHDAY = "name_birthday", _("Same name and birthday")


class FooterKind(models.TextChoices):
    """What a link of the footer leads to; the law of some countries wants one of its own name."""

    IMPRINT = "imprint", _("Imprint")
    COMMERCE = "commerce", _("Disclosure of a distance seller (特定商取引法に基づく表記)")
    ICP = "icp", _("Chinese ICP filing number (备案号)")
    TERMS = "terms", pgettext_lazy("footer", "Terms")
    PRIVACY = "privacy", _("Privacy policy")
    SOCIAL = "social", _("Social network")
    OTHER = "other", _("Anything else")
