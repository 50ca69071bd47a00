from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SurveyKind(models.TextChoices):
    AFTER_PURCHASE = "after_purchase", _("after a purchase")
    AFTER_DELIVERY = "after_delivery", _("after a delivery")
    ONBOARDING = "onboarding", _("onboarding")
    NPS = "nps", _("relationship (NPS)")
    EXIT = "exit", _("on leaving")
    MYSTERY = "mystery", _("mystery shopping")
    OTHER = "other", _("something else")


class SurveyState(models.TextChoices):
    DRAFT = "draft", _("draft")
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


class VersionState(models.TextChoices):
    DRAFT = "draft", _("draft")
    LIVE = "live", _("live")
    RETIRED = "retired", _("retired")


class QuestionKind(models.TextChoices):
    NPS = "nps", _("recommendation, 0 to 10 (NPS)")
    FACES = "faces", _("four faces (CSAT)")
    EFFORT = "effort", _("effort, 1 to 7 (CES)")
    STARS = "stars", _("one to five stars")
    SINGLE = "single", _("one of several answers")
    MULTIPLE = "multiple", _("any of several answers")
    TEXT = "text", _("own words")
    NUMBER = "number", _("a number")
    DATE = "date", _("a date")
    QUOTE = "quote", _("may we quote you?")


class Operator(models.TextChoices):
    IS = "is", pgettext_lazy("operator", "is")
    IS_NOT = "is_not", pgettext_lazy("operator", "is not")
    AT_LEAST = "at_least", _("is at least")
    AT_MOST = "at_most", _("is at most")
    INCLUDES = "includes", _("includes")
    ANSWERED = "answered", _("was given")
    ALWAYS = "always", _("in any case")  # also where nothing was answered

    @classmethod
    def without_value(cls):
        return (cls.ANSWERED, cls.ALWAYS)


class ScorePart(models.TextChoices):
    """What a question weighs for in a calculated score (``surveys.engine.scores``)."""

    PLAIN = "plain", _("counts by itself")
    BENEFIT = "benefit", _("benefit")
    MONEY = "money", _("cost in money")
    TIME = "time", _("cost in time")
    EFFORT = "effort", _("effort of choosing")
    EXPECTATION = "expectation", _("expectation beforehand")


class TriggerEvent(models.TextChoices):
    """What brings an invitation: something that a member did, or a date for an audience."""

    PURCHASE = "purchase", _("a purchase")
    DELIVERED = "delivered", _("a delivery")
    REDEMPTION = "redemption", _("a redemption")
    SIGNUP = "signup", _("joining the club")
    DATE = "date", _("a date")


class InvitationState(models.TextChoices):
    PLANNED = "planned", _("planned")
    RELEASED = "released", pgettext_lazy("survey invitation", "handed over")
    SENT = "sent", pgettext_lazy("survey invitation", "sent")
    SKIPPED = "skipped", _("skipped")
    OPENED = "opened", pgettext_lazy("survey invitation", "opened")
    ANSWERED = "answered", pgettext_lazy("survey invitation", "answered")
    EXPIRED = "expired", pgettext_lazy("survey invitation", "expired")
    CANCELLED = "cancelled", pgettext_lazy("survey invitation", "cancelled")

    @classmethod
    def waiting_states(cls):
        """Of those a member may still answer, as long as their time isn't over."""
        return (cls.PLANNED, cls.RELEASED, cls.SENT, cls.OPENED)


class SkipReason(models.TextChoices):
    """Why an invitation wasn't sent; a reason of the sending app stands in ``detail``."""

    NONE = "", "–"
    CLOCK = "clock", _("asked too recently")
    HIGHER_PRIORITY = "higher_priority", _("a more important survey is due")
    NO_CONSENT = "no_consent", _("no consent to surveys")
    NO_ADDRESS = "no_address", _("no address")
    CAP = "cap", _("too many messages")
    CLOSED = "closed", _("the survey was closed")
    STALE = "stale", _("too late")
    NOT_ACTIVE = "not_active", _("no longer a member")
    RETURNED = "returned", _("what it was about came back")
    NOT_SENT = "not_sent", _("the message was not sent")


class ResponseState(models.TextChoices):
    PROVISIONAL = "provisional", pgettext_lazy("survey response", "not confirmed")
    BEGUN = "begun", pgettext_lazy("survey response", "begun")
    COMPLETE = "complete", pgettext_lazy("survey response", "complete")


class ResponseActor(models.TextChoices):
    HUMAN = "human", _("a person")
    MACHINE = "machine", _("a machine")
    UNKNOWN = "unknown", _("not known")


class FollowUpState(models.TextChoices):
    OPEN = "open", pgettext_lazy("follow-up", "open")
    WORKING = "working", _("in work")
    CLOSED = "closed", _("closed")


class FollowUpEnding(models.TextChoices):
    """Why a follow-up is closed."""

    NONE = "", "–"
    DONE = "done", pgettext_lazy("follow-up", "somebody saw to it")
    RAISED = "raised", pgettext_lazy("follow-up", "the member changed the answer to a better one")
    LEFT = "left", pgettext_lazy("follow-up", "the member's record was erased")


class FollowUpEntryKind(models.TextChoices):
    """One line of a follow-up's story. Those without a writer happened by themselves."""

    NOTE = "note", _("note")
    REPLY = "reply", _("reply to the member")
    TAKEN = "taken", pgettext_lazy("follow-up", "taken on")
    HANDED_OVER = "handed_over", _("handed over")
    BEGUN = "begun", pgettext_lazy("follow-up", "begun")
    CLOSED = "closed", _("closed")
    REOPENED = "reopened", _("reopened")
    LOWERED = "lowered", _("a lower answer came")
    RAISED = "raised", _("a better answer came")

    @classmethod
    def wordy_kinds(cls):
        """Those that are nothing without words."""
        return (cls.NOTE, cls.REPLY)


class ReplyFate(models.TextChoices):
    """What became of the message that carries a reply; it stands on the site in any case."""

    NONE = "", "–"
    SENT = "sent", _("sent")
    NOT_SENT = "not_sent", _("not sent; it stands on the member's pages")


class ReviewState(models.TextChoices):
    """Only ``PUBLISHED`` is shown to anybody but its author and staff."""

    WAITING = "waiting", pgettext_lazy("review", "waiting")
    PUBLISHED = "published", pgettext_lazy("review", "published")
    REFUSED = "refused", pgettext_lazy("review", "refused")
    HIDDEN = "hidden", pgettext_lazy("review", "taken down")
    INTERNAL = "internal", pgettext_lazy("review", "for staff alone")

    @classmethod
    def turned_down_states(cls):
        """Those that come with a reason, which the author reads."""
        return (cls.REFUSED, cls.HIDDEN)


class ReviewSource(models.TextChoices):
    CLUB = "club", _("written here")
    IMPORT = "import", _("brought in")


class ReviewName(models.TextChoices):
    """Under which name a review stands."""

    SHORT = "short", _("first name and initial")
    NICKNAME = "nickname", _("nickname")
    ANONYMOUS = "anonymous", _("no name")


class ReviewRefusal(models.TextChoices):
    """Why a review isn't shown; the author reads it. How many stars it has is never a reason."""

    PRIVATE = "private", _("It names or shows somebody who may not wish it.")
    INSULT = "insult", _("It insults somebody.")
    ADVERT = "advert", _("It advertises something, or leads to other sites.")
    ELSEWHERE = "elsewhere", _("It is not about what it was written for.")
    UNREADABLE = "unreadable", _("It can't be read.")
    PICTURE = "picture", _("A photograph does not belong here.")
    LAW = "law", _("It says something that the law forbids us to show.")
    AGAIN = "again", _("There is another review of yours about it.")
    OTHER = "other", _("Another reason")


class ReviewFlag(models.TextChoices):
    """What staff should look at twice (``surveys.engine.flags``)."""

    LINK = "link", _("a link")
    CONTACT = "contact", _("an e-mail address or phone number")
    WORD = "word", _("a word of your list")
    SHOUTING = "shouting", _("capitals only")
    REPEATED = "repeated", _("the same again and again")
    NO_WORDS = "no_words", _("no words")


class ReviewImportState(models.TextChoices):
    DRAFT = "draft", _("draft")
    DONE = "done", _("done")
