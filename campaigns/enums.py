from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MailingKind(models.TextChoices):
    """What a mailing belongs to."""

    CAMPAIGN = "campaign", _("Campaign")
    STEP = "step", _("Step of an automation")
    NOTICE = "notice", _("Public notice")
    TRIAL = "trial", _("Trial in the inbox of staff")


class MailingPurpose(models.TextChoices):
    """What a mailing is for: a purpose that members agree to (members.purposes), or ``SERVICE``:
    what somebody who bought, redeemed or is concerned must hear, and no advertisement.
    """

    SERVICE = "service", _("Service (what they asked for or must know)")
    NEWS = "news", _("News")
    OFFERS = "offers", _("Offers")
    SURVEYS = "surveys", _("Surveys")
    BIRTHDAY = "birthday", _("Birthday greetings")


class MailingState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    RUNNING = "running", pgettext_lazy("mailing", "Running")
    PAUSED = "paused", pgettext_lazy("mailing", "Paused")
    CANCELLED = "cancelled", pgettext_lazy("mailing", "Cancelled")
    FINISHED = "finished", pgettext_lazy("mailing", "Finished")


class Reach(models.TextChoices):
    """Which of a mailing's channels a member is written to by."""

    FIRST = "first", _("The first channel by which they can be reached")
    EVERY = "every", _("Every channel by which they can be reached")


class MessageState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("message", "Waiting")
    SENDING = "sending", pgettext_lazy("message", "Being sent")
    SENT = "sent", pgettext_lazy("message", "Sent")
    FAILED = "failed", pgettext_lazy("message", "Refused")
    UNKNOWN = "unknown", pgettext_lazy("message", "Unknown")
    NOT_SENT = "not_sent", pgettext_lazy("message", "Not sent")


class MessageReason(models.TextChoices):
    """Why a message was not sent, failed, or waits longer than it would."""

    NONE = "", "-"
    # Not sent
    NO_CONSENT = "no_consent", _("They didn't agree to it")
    NO_ADDRESS = "no_address", _("The club has no address for this channel")
    NO_LOGIN = "no_login", _("They have no login to read it with")
    SAME_ADDRESS = "same_address", _("Somebody else with this address got it")
    SUPPRESSED = "suppressed", _("The address is on the list of those not written to")
    UNFOLLOWED = "unfollowed", _("They left the channel")
    HOLDOUT = "holdout", _("They are in the control group")
    CAP = "cap", _("They had as many messages as the club allows")
    PROMOTIONS_HELD = "promotions_held", _("No promotions while a complaint is open")
    MOURNING = "mourning", _("The household is in mourning")
    NOT_ACTIVE = "not_active", _("They are no longer a member")
    MERGED = "merged", _("They had it already, under the record that went up in theirs")
    STALE = "stale", _("Too late to mean anything")
    CANCELLED = "cancelled", _("The mailing was cancelled")
    LEFT_OUT = "left_out", _("Left out by staff")
    TEMPLATE = "template", _("The words could not be filled in")
    # Refused by whoever delivers
    REFUSED = "refused", _("The provider refused it")
    BOUNCED = "bounced", _("The address doesn't exist")
    GAVE_UP = "gave_up", _("Tried for too long")
    # Unknown, and decided
    LEFT = "left", _("Left as it is by staff")
    # Waits
    QUIET_HOURS = "quiet_hours", _("Quiet hours")
    RATE = "rate", _("The provider's rate")
    RETRY = "retry", _("The provider asked to come again")


class EventKind(models.TextChoices):
    """What became of a message after it left."""

    DELIVERED = "delivered", _("Delivered")
    OPENED = "opened", _("Opened")
    CLICKED = "clicked", _("Clicked")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Complained about")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")


class EventActor(models.TextChoices):
    """Who opened or clicked: mail scanners do both. Only a human's counts."""

    HUMAN = "human", pgettext_lazy("actor", "A person")
    MACHINE = "machine", pgettext_lazy("actor", "A machine")
    UNKNOWN = "unknown", pgettext_lazy("actor", "Unknown")


class CampaignState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("campaign", "Draft")
    APPROVAL = "approval", pgettext_lazy("campaign", "Waits for approval")
    SCHEDULED = "scheduled", pgettext_lazy("campaign", "Scheduled")
    TESTING = "testing", pgettext_lazy("campaign", "Test running")
    RUNNING = "running", pgettext_lazy("campaign", "Running")
    PAUSED = "paused", pgettext_lazy("campaign", "Paused")
    FINISHED = "finished", pgettext_lazy("campaign", "Finished")
    CANCELLED = "cancelled", pgettext_lazy("campaign", "Cancelled")


class WinnerRule(models.TextChoices):
    """What decides a test. Opens never do: machines open mails too."""

    HAND = "hand", _("Chosen by hand")
    CLICKS = "clicks", _("More people clicked")
    REVENUE = "revenue", _("More revenue per member")


class SegmentSchedule(models.TextChoices):
    """When a segment is rebuilt by itself."""

    NEVER = "never", pgettext_lazy("rebuilt", "Only when somebody asks")
    HOURLY = "hourly", pgettext_lazy("rebuilt", "Every hour")
    DAILY = "daily", pgettext_lazy("rebuilt", "Every day")


class RatePeriod(models.TextChoices):
    SECOND = "second", pgettext_lazy("per", "second")
    MINUTE = "minute", pgettext_lazy("per", "minute")
    HOUR = "hour", pgettext_lazy("per", "hour")


class SuppressionReason(models.TextChoices):
    """Why an address is not written to. ``UNSUBSCRIBED`` stops what needs consent; each of the
    others stops everything.
    """

    BOUNCED = "bounced", pgettext_lazy("suppression", "It doesn't exist")
    COMPLAINED = "complained", pgettext_lazy("suppression", "Somebody complained")
    UNFOLLOWED = "unfollowed", pgettext_lazy("suppression", "They left the channel")
    UNSUBSCRIBED = "unsubscribed", pgettext_lazy("suppression", "Unsubscribed elsewhere")
    BY_HAND = "by_hand", pgettext_lazy("suppression", "Put there by staff")


# --- Automations ---------------------------------------------------------------------------------


class TriggerKind(models.TextChoices):
    """What an automation begins with."""

    ACTIVITY = "activity", _("Something they did")
    NOTICE = "notice", _("News of their points, tier or reward")
    BIRTHDAY = "birthday", _("Their birthday")
    ANNIVERSARY = "anniversary", _("The anniversary of their membership")
    AUDIENCE_IN = "enters", _("They come into an audience")
    AUDIENCE_OUT = "leaves", _("They leave a segment")
    EXPIRING = "expiring", _("Their points expire soon")
    IN_REACH = "in_reach", _("The next tier is in reach")
    LAPSED = "lapsed", _("They have not bought for a time")


class StepKind(models.TextChoices):
    WAIT = "wait", pgettext_lazy("step", "Wait")
    CONDITION = "if", pgettext_lazy("step", "Go on only if")
    MESSAGE = "message", pgettext_lazy("step", "Message")
    GRANT = "grant", pgettext_lazy("step", "Give")


class VersionState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("version", "Draft")
    PUBLISHED = "live", pgettext_lazy("version", "Published")
    RETIRED = "retired", pgettext_lazy("version", "Replaced")


class Reentry(models.TextChoices):
    """Whether somebody who went through an automation goes through it again."""

    NEVER = "never", _("Never: once per member")
    AFTER = "after", _("After some days")
    EVERY = "every", _("Each time")


class JourneyState(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("journey", "On the way")
    DONE = "done", pgettext_lazy("journey", "Went through")
    LEFT = "left", pgettext_lazy("journey", "Left")
    FAILED = "failed", pgettext_lazy("journey", "Failed")


class StepOutcome(models.TextChoices):
    WAITED = "waited", pgettext_lazy("step", "Waited")
    PASSED = "passed", pgettext_lazy("step", "It held; on they went")
    QUEUED = "queued", pgettext_lazy("step", "Written to")
    GIVEN = "given", pgettext_lazy("step", "Given")
    SKIPPED = "skipped", pgettext_lazy("step", "Passed over")
    LEFT = "left", pgettext_lazy("step", "Left here")
    FAILED = "failed", pgettext_lazy("step", "Failed here")


class JourneyReason(models.TextChoices):
    """Why a way ended early, or a step was passed over."""

    NONE = "", "-"
    CONDITION = "condition", _("The condition did not hold")
    NOT_ACTIVE = "not_active", _("No longer a member")
    LATE = "late", _("Its moment was over when they came")
    BUDGET = "budget", _("All gifts of this automation were given")
    GONE = "gone", _("What was to be given is not to be had")
    BAD_CONDITION = "bad_condition", _("The condition can't be asked any more")
    ERROR = "error", _("It went wrong several times")


class PublicNoticeKind(models.TextChoices):
    INCIDENT = "incident", pgettext_lazy("notice", "Incident")
    CHANGE = "change", pgettext_lazy("notice", "Change")
    NEWS = "news", pgettext_lazy("notice", "News")


# --- Messengers -----------------------------------------------------------------------------------


class BindingState(models.TextChoices):
    """How a connected account of a messenger stands."""

    FOLLOWED = "followed", pgettext_lazy("connected account", "Connected")
    UNFOLLOWED = "unfollowed", pgettext_lazy("connected account", "They left the channel")
    UNBOUND = "unbound", pgettext_lazy("connected account", "Disconnected")


# --- Paper ---------------------------------------------------------------------------------------


class PrintFormat(models.TextChoices):
    """What a message is printed on."""

    LETTER_A4 = "letter_a4", _("Letter, A4, for window envelopes (DIN)")
    LETTER_US = "letter_us", _("Letter, US Letter, for window envelopes (#10)")
    CARD = "card", _("Postcard, 6 × 4 in")
    HAGAKI = "hagaki", _("Postcard, 100 × 148 mm (hagaki)")
