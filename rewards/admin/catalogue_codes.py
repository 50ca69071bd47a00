"""The pool of codes of a reward: a file looked at before it comes in, and what is left made void.

Nobody reads codes out of here: a pool is money. A code that somebody names can be looked up.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.admin import dress_form
from core.errors import DomainError
from core.time import day_of
from members.selectors.club import get_club
from rewards.admin.catalogue_forms import LookUpForm, PoolForm, ReasonForm
from rewards.codes import read_pool_code
from rewards.models import RewardCode
from rewards.services.catalogue import import_codes, preview_codes, void_codes

LINES_SHOWN = 200
PREVIEW, IMPORT, VOID = "preview", "import", "void"


class CodePages:
    """The pages of ``RewardAdmin`` about codes."""

    def get_code_urls(self):
        return [self.build_path("<int:object_id>/codes/", self.codes_view, "codes")]

    def can_add_codes(self, request):
        return request.user.has_perm("rewards.add_rewardcode")

    def codes_view(self, request, object_id):
        if not self.can_add_codes(request):
            raise PermissionDenied
        reward, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not reward.has_pool:
            raise Http404
        match request.POST.get("stage"):
            case "preview" | "import" as stage:
                return self._take_codes(request, reward, is_import=stage == IMPORT)
            case "void":
                return self._void(request, reward)
        return self._render_pool(request, reward)

    def _render_pool(self, request, reward, **forms):
        now = timezone.now()
        today = day_of(now, get_club().zone)
        look_up = dress_form(LookUpForm(request.GET if "code" in request.GET else None))
        found = None
        if look_up.is_valid():
            key = read_pool_code(look_up.cleaned_data["code"])
            codes = RewardCode.objects.filter(reward=reward, match_key=key)
            found = codes.select_related("redemption__member").first() or False
        return self.render_page(
            request,
            "admin/rewards/reward_codes.html",
            title=_("Codes"),
            obj=reward,
            reward=reward,
            counts=_count_codes(reward, today),
            ends=_count_by_last_day(reward, today),
            look_up=look_up,
            found=found,
            today=today,
            can_void=self.can_publish(request),
            **{
                "form": dress_form(PoolForm()),
                "void_form": dress_form(ReasonForm(prefix="void")),
                **forms,
            },
        )

    def _take_codes(self, request, reward, *, is_import):
        """The file as text, looked at; then the same text, taken in."""
        form = dress_form(PoolForm(request.POST, request.FILES))
        if not form.is_valid():
            return self._render_pool(request, reward, form=form)
        text, day = form.cleaned_data["text"], form.cleaned_data["expires_on"]
        now = timezone.now()
        try:
            if is_import:
                report = import_codes(reward, text, by=request.user, now=now, expires_on=day)
            else:
                report = preview_codes(reward, text, now=now, expires_on=day)
        except DomainError as error:
            field = error.field if error.field in form.fields else "file"
            form.add_error(field, str(error))
            return self._render_pool(request, reward, form=form)
        if is_import:
            added = ngettext(
                "%(count)s code came in.", "%(count)s codes came in.", report.added_count
            )
            self.message_user(request, added % {"count": report.added_count})
        return self.render_page(
            request,
            "admin/rewards/reward_codes_report.html",
            title=_("Codes that came in") if is_import else _("Preview"),
            obj=reward,
            reward=reward,
            report=report,
            lines=report.refused[:LINES_SHOWN],
            more_count=max(len(report.refused) - LINES_SHOWN, 0),
            is_import=is_import,
            text=text,
            expires_on=day,
        )

    def _void(self, request, reward):
        if not self.can_publish(request):
            raise PermissionDenied
        form = dress_form(ReasonForm(request.POST, prefix="void"))
        if not form.is_valid():
            return self._render_pool(request, reward, void_form=form)
        reason = form.cleaned_data["reason"]
        count = void_codes(reward, reason=reason, by=request.user, now=timezone.now())
        text = ngettext("%(count)s code is void.", "%(count)s codes are void.", count)
        self.message_user(request, text % {"count": count})
        return self._go_to(reward, "codes")


def _count_codes(reward: Any, today: dt.date) -> list[tuple[Any, int]]:
    is_free = Q(redemption__isnull=True, voided_at__isnull=True)
    counts = reward.codes.aggregate(
        usable=Count(
            "pk", filter=is_free & (Q(expires_on__isnull=True) | Q(expires_on__gte=today))
        ),
        given=Count("pk", filter=Q(redemption__isnull=False)),
        over=Count("pk", filter=is_free & Q(expires_on__lt=today)),
        void=Count("pk", filter=Q(voided_at__isnull=False)),
    )
    return [
        (_("ready"), counts["usable"]),
        (_("handed out"), counts["given"]),
        (_("past their last day"), counts["over"]),
        (_("void"), counts["void"]),
    ]


def _count_by_last_day(reward: Any, today: dt.date) -> list[tuple[dt.date | None, int]]:
    """How many of the codes that are ready end when; those without a last day come last."""
    rows = reward.codes.usable(today).values("expires_on").annotate(count=Count("pk"))
    return list(rows.order_by("expires_on").values_list("expires_on", "count")[:20])
