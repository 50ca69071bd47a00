from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SavedFilterQuerySet(models.QuerySet):
    def shown_to(self, user):
        """A person's own and what others share."""
        return self.filter(Q(owner=user) | Q(is_shared=True))


class SavedFilter(models.Model):
    """A list of the back office as somebody wants to see it again: the query of its address.

    ``page`` is the label of the list's model. What was typed into the search box is not kept:
    it may be a person's name. Written by ``core.services.saved_filters``.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner")
    )
    page = models.CharField(_("list"), max_length=80)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("query"), max_length=2000)
    is_shared = models.BooleanField(_("shown to all staff"), default=False)
    saved_at = models.DateTimeField(_("saved at"))

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"], name="saved_filter_once_per_name"
            ),
            models.CheckConstraint(
                condition=~Q(query="") & ~Q(name=""), name="saved_filter_says_something"
            ),
        ]
        indexes = [models.Index(fields=["page"], name="saved_filter_of_page")]

    def __str__(self):
        return self.name
