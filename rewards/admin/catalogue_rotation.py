"""Shelves of the catalogue, and rewards that take turns: with a look at the next turns."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import StaffAdmin, WordsAdmin
from core.joining import join_comma
from core.time import day_of
from members.selectors.club import get_club
from rewards.admin.forms import build_date_field
from rewards.models import Reward, RewardCategory, Rotation
from rewards.selectors.rotation import list_in_turn, list_turns, pick_turn

TURNS_SHOWN = 8


@admin.register(RewardCategory)
class RewardCategoryAdmin(WordsAdmin):
    list_display = ("name", "slug", "position")
    search_fields = ("name", "slug")
    ordering = ("position", "name")
    fields = ("name", "slug", "position")

    def get_readonly_fields(self, request, obj=None):
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("name",)}


class RotationForm(forms.ModelForm):
    starts_on = build_date_field(_("First turn begins on"))

    class Meta:
        model = Rotation
        fields = ("name", "starts_on", "turn_days", "slot_count")

    def clean(self):
        cleaned = super().clean()
        for name in ("turn_days", "slot_count"):
            if cleaned.get(name) == 0:
                self.add_error(name, _("One at least."))
        return cleaned


@admin.register(Rotation)
class RotationAdmin(StaffAdmin):
    """Whose turn it is follows from the day, so the page can look ahead."""

    has_page = True
    form = RotationForm
    list_display = ("name", "starts_on", "turn_days", "slot_count", "show_now")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", ("starts_on", "turn_days", "slot_count"))

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("rewards")

    @display(description=_("on show now"))
    def show_now(self, rotation):
        rewards = sorted(
            (each for each in rotation.rewards.all() if each.is_published),
            key=lambda reward: (reward.rotation_position, reward.pk),
        )
        shown = pick_turn([each.pk for each in rewards], rotation, _today())
        return join_comma(each.name_i18n for each in rewards if each.pk in shown) or "–"

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/edit/", self.edit_view, "edit"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        rotation, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, rotation):
            raise PermissionDenied
        today = _today()
        rewards = {
            reward.pk: reward
            for reward in Reward.objects.filter(rotation=rotation).order_by(
                "rotation_position", "pk"
            )
        }
        turns = list_turns(list_in_turn(rotation), rotation, today, count=TURNS_SHOWN)
        return self.render_page(
            request,
            "admin/rewards/reward_rotation.html",
            title=rotation.name,
            obj=rotation,
            rotation=rotation,
            rewards=list(rewards.values()),
            turns=[(turn, [rewards[pk] for pk in turn.members]) for turn in turns],
            today=today,
            can_edit=self.has_change_permission(request, rotation),
        )

    def edit_view(self, request, object_id):
        if not self.has_change_permission(request):
            raise PermissionDenied
        return super().change_view(request, str(object_id))

    def response_post_save_add(self, request, obj):
        return HttpResponseRedirect(reverse("admin:rewards_rotation_change", args=[obj.pk]))

    response_post_save_change = response_post_save_add


def _today():
    return day_of(timezone.now(), get_club().zone)
