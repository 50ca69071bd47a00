"""Where a mailing's words are written: each channel and variant, each language, with a preview."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from campaigns.enums import MailingKind
from campaigns.forms_words import LookForm, PictureForm, WordsForm
from campaigns.models import PLAIN_VARIANT, Content, Edition, Mailing
from campaigns.selectors.words import find_content, is_past, list_blocks, list_groups
from campaigns.services.editions import save_content
from campaigns.services.pictures import add_picture
from campaigns.services.trials import send_trial
from campaigns.writing.errors import WordsRefused
from campaigns.writing.findings import find_in_contents
from campaigns.writing.previews import build_draft
from core.admin import ReadOnlyAdmin, WordsList
from core.admin.fields import dress_fields
from core.errors import DomainError
from members.enums import Channel
from members.selectors.search import search_members

WITH_PICTURES = {Channel.EMAIL, Channel.ON_SITE}
# What is sent to whoever writes. The trial of a letter is the page that the printer would get.
WITH_TRIALS = set(Channel.values) - {Channel.POST}


@admin.register(Mailing)
class MailingAdmin(WordsList, ReadOnlyAdmin):
    """Campaigns, steps and notices have pages of their own; here are the words of any of them."""

    list_display = ("name", "kind", "purpose", "state", "created_at")
    list_filter = ("kind", "state", "purpose")
    search_fields = ("name",)
    ordering = ("-pk",)

    class Media:
        css = {"all": ["css/admin_words.css"]}

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(kind=MailingKind.TRIAL)

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/words/", self.words_view, "words"),
            self.build_path("<int:object_id>/trial/", self.trial_view, "trial"),
            self.build_path("<int:object_id>/pictures/", self.pictures_view, "pictures"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.redirect_to(request, "words", object_id, needs=self.has_view_permission)

    def can_write(self, request, mailing):
        return request.user.has_perm("campaigns.change_mailing") and not is_past(mailing)

    def words_view(self, request, object_id):
        """The words of the channel and variant that the address names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mailing, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        channel, variant = self._choose(request, mailing)
        content = find_content(mailing, channel, variant)
        form = WordsForm(request.POST or None, channel=channel, content=content)
        if request.method == "POST":
            if not self.can_write(request, mailing):
                raise PermissionDenied
            if form.is_valid() and (answer := self._save(request, form, mailing, channel, variant)):
                return answer
        return self._show(request, mailing, channel, variant, form)

    def _choose(self, request, mailing) -> tuple[str, str]:
        channel = request.GET.get("channel", "")
        variant = request.GET.get("variant", PLAIN_VARIANT)
        if channel not in mailing.channels:
            channel = mailing.channels[0]
        if not (len(variant) == 1 and "A" <= variant <= "Z"):
            variant = PLAIN_VARIANT
        return channel, variant

    def _save(self, request, form, mailing, channel, variant):
        try:
            save_content(
                mailing, channel=channel, variant=variant, words=form.get_words(),
                by=request.user, now=timezone.now(),
            )  # fmt: skip
        except WordsRefused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return None
        messages.success(request, _("The words are saved."))
        return HttpResponseRedirect(self._get_url(mailing, channel, variant))

    def _get_url(self, mailing, channel, variant):
        url = reverse("admin:campaigns_mailing_words", args=[mailing.pk])
        return f"{url}?{urlencode({'channel': channel, 'variant': variant})}"

    def _show(self, request, mailing, channel, variant, form, picture_form=None):
        dress_fields(form.fields.values())
        look = LookForm(
            initial={name: value for name, value in request.POST.items() if name in LookForm.USUAL}
        )
        look.initial["member"] = request.POST.get("member", "")
        dress_fields([look.fields[name] for name in ("member", "language", "paper")])
        picture_form = picture_form or PictureForm()
        dress_fields(picture_form.fields.values())
        newest = Edition.objects.filter(mailing=mailing).order_by("-number").first()
        contents = list(
            Content.objects.filter(edition=newest).select_related("edition__mailing")
            if newest
            else ()
        )
        return self.render_page(
            request,
            "admin/campaigns/words.html",
            title=_("Words"),
            obj=mailing,
            mailing=mailing,
            form=form,
            look=look,
            channel=channel,
            variant=variant,
            parts=list(self._list_parts(mailing, channel, variant, contents)),
            findings=find_in_contents(contents) if newest and not newest.frozen_at else [],
            edition=newest,
            groups=list_groups(),
            blocks=list_blocks(),
            pictures=list(mailing.pictures.order_by("-pk")) if channel in WITH_PICTURES else [],
            picture_form=picture_form if channel in WITH_PICTURES else None,
            can_write=self.can_write(request, mailing),
            is_past=is_past(mailing),
            can_try=channel in WITH_TRIALS,
            is_paper=channel == Channel.POST,
            sheet_url=reverse("mailing_sheet", args=[mailing.pk, variant]),
            preview_url=reverse("mailing_preview", args=[mailing.pk, channel, variant]),
            status=422 if form.errors or picture_form.errors else 200,
        )

    def _list_parts(self, mailing, channel, variant, contents) -> Any:
        """Tabs: (words, address, whether it is this one, whether something is written)."""
        written = {(each.channel, each.variant) for each in contents if each.body}
        variants = sorted({PLAIN_VARIANT, variant, *_list_variants(mailing)})
        for each in mailing.channels:
            for letter in variants:
                label = str(Channel(each).label)
                if len(variants) > 1:
                    label = f"{label} {letter}"
                is_this = (each, letter) == (channel, variant)
                url = self._get_url(mailing, each, letter)
                yield label, url, is_this, (each, letter) in written

    def pictures_view(self, request, object_id):
        """Keep a picture; the words in the form stay in it, saved or not."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        mailing, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.can_write(request, mailing):
            raise PermissionDenied
        channel, variant = self._choose(request, mailing)
        form = WordsForm(request.POST, channel=channel)
        picture_form = PictureForm(request.POST, request.FILES)
        if picture_form.is_valid():
            wanted = picture_form.cleaned_data
            try:
                add_picture(
                    mailing, wanted["photo"], description=wanted["description"],
                    by=request.user, now=timezone.now(),
                )  # fmt: skip
            except DomainError as error:
                picture_form.add_error(None, str(error))
            else:
                picture_form = None
                messages.success(request, _("The picture is kept: put it into the words."))
        return self._show(request, mailing, channel, variant, form, picture_form)

    def trial_view(self, request, object_id):
        """Send what is in the form, saved or not, to whoever presses."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        mailing, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.can_write(request, mailing):
            raise PermissionDenied
        channel, variant = self._choose(request, mailing)
        form, look = WordsForm(request.POST, channel=channel), LookForm(request.POST)
        if not (form.is_valid() and look.is_valid()):
            return self._show(request, mailing, channel, variant, form)
        content = build_draft(mailing, channel=channel, variant=variant, words=form.get_words())
        found = search_members(look.cleaned_data["member"], limit=1)
        try:
            address = send_trial(
                content, locale=look.cleaned_data["language"], member=found[0] if found else None,
                by=request.user, now=timezone.now(),
            )  # fmt: skip
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Sent to %(address)s.") % {"address": address})
        return self._show(request, mailing, channel, variant, form)


def _list_variants(mailing: Mailing) -> list[str]:
    campaign = getattr(mailing, "campaign", None)
    return list(campaign.variants.values_list("code", flat=True)) if campaign else []
