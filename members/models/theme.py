from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.photos import PhotoField
from core.words import Words
from members.enums import FooterKind
from members.models.club import Club
from members.palette import judge_accent, judge_card

# Where the ministry that gives out the numbers wants every one of them to lead.
ICP_ADDRESS = "https://beian.miit.gov.cn/"


class Theme(models.Model):
    """How the club looks and what it tells of itself: at most one row, beside the club's.

    Empty colours are the house's own. A colour that is kept is legible: only
    ``members.services.theming`` writes here, and judges it by ``members.palette``.
    """

    club = models.OneToOneField(Club, models.CASCADE, primary_key=True, related_name="theme")
    accent = models.CharField(_("accent colour"), max_length=7, blank=True, default="")
    card = models.CharField(_("card colour"), max_length=7, blank=True, default="")
    logo = PhotoField(
        _("logo"),
        blank=True,
        default="",
        help_text=_("Stands in place of the name. Best wide, on no ground."),
    )
    mark = PhotoField(
        _("mark"),
        blank=True,
        default="",
        help_text=_("A square sign beside the name and on the browser's tab."),
    )
    hero = PhotoField(
        _("photograph"),
        blank=True,
        default="",
        help_text=_("Of the place or the people; above the story and with shared links."),
    )
    hero_alt = models.CharField(
        _("what the photograph shows"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("For whoever can't see it."),
    )
    tagline = models.CharField(
        _("in one sentence"), max_length=160, blank=True, default="",
        help_text=_("What the club is. Search engines and shared links show it too."),
    )  # fmt: skip
    story_title = models.CharField(_("title of the story"), max_length=120, blank=True, default="")
    story = models.TextField(
        _("story"), max_length=12_000, blank=True, default="",
        help_text=_("An empty line begins a paragraph, “## ” a heading, “- ” a list."),
    )  # fmt: skip
    story_values = models.TextField(
        _("what the club stands for"), max_length=6_000, blank=True, default="",
        help_text=_("One value in each paragraph: its name in the first line, then what it means."),
    )  # fmt: skip
    opening_hours = models.TextField(_("opening hours"), max_length=1_000, blank=True, default="")
    map_url = models.URLField(
        _("address of a map"), max_length=500, blank=True, default="",
        help_text=_("From the map that your guests use; it is shown as a plain link."),
    )  # fmt: skip
    i18n = Words(
        fields=("hero_alt", "tagline", "story_title", "story", "story_values", "opening_hours")
    )

    class Meta:
        verbose_name = _("appearance")
        verbose_name_plural = _("appearance")
        constraints = [
            models.CheckConstraint(
                condition=Q(accent="") | Q(accent__regex=r"^#[0-9a-f]{6}$"),
                name="theme_accent_is_hex",
            ),
            models.CheckConstraint(
                condition=Q(card="") | Q(card__regex=r"^#[0-9a-f]{6}$"),
                name="theme_card_is_hex",
            ),
            models.CheckConstraint(
                condition=Q(map_url="") | Q(map_url__regex=r"^https?://"),
                name="theme_map_is_on_the_web",
            ),
        ]

    def __str__(self):
        return str(self._meta.verbose_name)

    def get_illegible_colors(self):
        """The judgements of kept colours that nobody could read, by field."""
        judged = {
            name: judge(value)
            for name, judge in (("accent", judge_accent), ("card", judge_card))
            if (value := getattr(self, name))
        }
        return {name: found for name, found in judged.items() if not found.is_legible}


class LegalPage(models.Model):
    """A page whose words the owner writes: imprint, terms, 特定商取引法に基づく表記.

    Its text is plain (``core.prose``). Written through ``members.services.theming``.
    """

    slug = models.SlugField(pgettext_lazy("of a page", "address"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(
        _("text"), max_length=60_000,
        help_text=_(
            "An empty line begins a paragraph, “## ” a heading, “- ” a list; "
            "addresses become links."
        ),
    )  # fmt: skip
    title_i18n: str
    body_i18n: str

    i18n = Words(fields=("title", "body"))
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("legal page")
        verbose_name_plural = _("legal pages")
        constraints = [
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(body=""), name="legal_page_says_something"
            )
        ]

    def __str__(self):
        return self.title_i18n

    def get_absolute_url(self):
        return reverse("legal_page", args=[self.slug])


class FooterLink(models.Model):
    """A line of the footer: to a page of the owner's words or to an address, never both.

    Shown by ``position``, then by age. Written through ``members.services.theming``.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=FooterKind, default=FooterKind.OTHER)
    label = models.CharField(
        _("words"), max_length=80, help_text=_("As members read it; of a filing, its number.")
    )
    address = models.CharField(
        pgettext_lazy("of a page", "address"), max_length=500, blank=True, default="",
        validators=[URLValidator(schemes=["https", "http"])],
        help_text=_("Where it leads, if not to one of your pages. A filing number leads to its "
                    "ministry by itself."),
    )  # fmt: skip
    page = models.ForeignKey(
        LegalPage, models.CASCADE, null=True, blank=True, related_name="links",
        verbose_name=_("page"),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lower ones come first.")
    )
    label_i18n: str

    i18n = Words(fields=("label",))

    class Meta:
        verbose_name = _("footer link")
        verbose_name_plural = _("footer links")
        constraints = [
            models.CheckConstraint(
                condition=Q(page__isnull=True) & ~Q(address="")
                | Q(page__isnull=False) & Q(address=""),
                name="footer_link_leads_to_one_place",
            ),
            models.CheckConstraint(
                condition=Q(address="") | Q(address__regex=r"^https?://"),
                name="footer_link_is_on_the_web",
            ),
            models.CheckConstraint(
                condition=~Q(kind=FooterKind.ICP) | Q(address=ICP_ADDRESS),
                name="footer_link_of_a_filing_leads_to_its_ministry",
            ),
        ]

    def __str__(self):
        return self.label_i18n
