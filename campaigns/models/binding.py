"""Which account at LINE or WeChat is whose, and what a message there costs."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import BindingState
from members.enums import Channel

CHAT_CHANNELS = (Channel.LINE, Channel.WECHAT)
_CHOICES = [(str(channel), channel.label) for channel in CHAT_CHANNELS]
_IS_CHAT = Q(channel__in=[str(channel) for channel in CHAT_CHANNELS])
_SHOWN = 4  # characters of an id, at either end


class ChannelBindingQuerySet(models.QuerySet):
    def active(self):
        """Those that messages go to, also while their person left the account."""
        return self.filter(ended_at__isnull=True)

    def of_member(self, member):
        """The active one first, then the newest."""
        return self.filter(member=member).order_by(
            models.F("ended_at").desc(nulls_first=True), "-pk"
        )

    def for_list(self):
        return self.select_related("member")


class ChannelBinding(models.Model):
    """One account of a messenger that its person connected with their membership.

    ``external_id`` is what the provider calls the person towards this club alone: LINE's user id,
    WeChat's OpenID. ``state_at`` is when following or leaving took effect by the provider's clock,
    so that what is told late or twice changes nothing. Written by ``campaigns.services.bindings``.
    """

    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="channel_bindings",
        verbose_name=_("member"),
    )
    channel = models.CharField(_("channel"), max_length=8, choices=_CHOICES)
    external_id = models.CharField(_("id at the provider"), max_length=64)
    state = models.CharField(
        pgettext_lazy("of a connected account", "state"), max_length=10, choices=BindingState
    )
    state_at = models.DateTimeField(_("since"))
    bound_at = models.DateTimeField(_("connected at"))
    ended_at = models.DateTimeField(_("disconnected at"), null=True, blank=True)
    heard_at = models.DateTimeField(
        _("last wrote at"),
        null=True,
        blank=True,
        help_text=_("WeChat lets the club answer in its own words for 48 hours from then."),
    )

    objects = ChannelBindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("connected account")
        verbose_name_plural = _("connected LINE and WeChat accounts")
        constraints = [
            models.CheckConstraint(condition=_IS_CHAT, name="channel_binding_channel_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=BindingState.values), name="channel_binding_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(external_id=""), name="channel_binding_names_an_account"
            ),
            models.CheckConstraint(
                condition=Q(state=BindingState.UNBOUND, ended_at__isnull=False)
                | Q(ended_at__isnull=True) & ~Q(state=BindingState.UNBOUND),
                name="channel_binding_ended_is_unbound",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("bound_at")),
                name="channel_binding_ends_after_it_began",
            ),
            models.UniqueConstraint(
                fields=["channel", "external_id"],
                condition=Q(ended_at__isnull=True),
                name="channel_binding_account_once",
            ),
            models.UniqueConstraint(
                fields=["member", "channel"],
                condition=Q(ended_at__isnull=True),
                name="channel_binding_member_once",
            ),
        ]

    def __str__(self):
        return f"{self.get_channel_display()} {self.short_id}"

    @property
    def short_id(self) -> str:
        """Enough to tell two apart, and no more."""
        return f"{self.external_id[:_SHOWN]}…{self.external_id[-_SHOWN:]}"


class ChannelPrice(models.Model):
    """The price of one message by a messenger; a channel without a row costs nothing."""

    channel = models.CharField(_("channel"), max_length=8, choices=_CHOICES, unique=True)
    price = models.DecimalField(
        _("price of a message"),
        max_digits=8,
        decimal_places=4,
        help_text=_("In the club's currency, beyond those that your plan holds."),
    )

    class Meta:
        verbose_name = _("price of LINE and WeChat messages")
        verbose_name_plural = _("prices of LINE and WeChat messages")
        constraints = [
            models.CheckConstraint(condition=_IS_CHAT, name="channel_price_channel_is_known"),
            models.CheckConstraint(condition=Q(price__gte=0), name="channel_price_not_negative"),
        ]

    def __str__(self):
        return str(self.get_channel_display())
