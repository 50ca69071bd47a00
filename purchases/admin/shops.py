"""Connected shops: the address to paste, what to choose in the shop's own settings, the secret."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import StaffAdmin, dress_form
from core.errors import DomainError
from purchases.enums import ShopKind
from purchases.models import ShopConnection
from purchases.selectors import list_topics
from purchases.services.shops.connections import (
    OVERLAPS,
    check_secret,
    clean_host,
    create_connection,
    make_secret,
    open_secret,
    rotate_secret,
    switch_connection,
)

_OVERLAP_LABELS = (_("No: it is refused from now on"), _("For an hour"), _("For a day"))


def _build_secret_field(help_text):
    return forms.CharField(
        label=_("Secret"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=help_text,
    )


class _SecretMixin:
    def clean_secret(self):
        text = self.cleaned_data["secret"]
        if not text:
            return ""
        try:
            return check_secret(text)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error


class ConnectionForm(_SecretMixin, forms.ModelForm):
    secret = _build_secret_field(
        _(
            "WooCommerce: leave it empty, the club makes one to paste. Shopify: it shows its own"
            " below the list of webhooks; leave it empty until then and enter it afterwards."
        )
    )

    class Meta:
        model = ShopConnection
        fields = ["kind", "name", "source", "store", "channel", "shop_host"]

    def clean_shop_host(self):
        return clean_host(self.cleaned_data["shop_host"])


class SecretForm(_SecretMixin, forms.Form):
    secret = _build_secret_field(_("Left empty: the club makes one, to paste into the shop."))
    overlap = forms.TypedChoiceField(
        label=_("Does the old secret go on working?"),
        coerce=int,
        choices=list(enumerate(_OVERLAP_LABELS)),
        help_text=_(
            "A shop may take an hour to sign with a new one. If the old one has leaked, choose no."
        ),
    )


@admin.register(ShopConnection)
class ShopConnectionAdmin(StaffAdmin):
    empty_note = _("Online shops that tell the club of their orders by themselves.")
    form = ConnectionForm
    list_display = ("name", "kind", "source", "show_host", "show_state", "secret_set_at")
    list_select_related = ("source",)
    search_fields = ("name", "shop_host")
    ordering = ("name", "pk")
    fields = ("kind", "name", "source", ("store", "channel"), "shop_host", "secret")
    has_page = True

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/edit/", self.edit_view, "edit"),
            self.build_path("<int:object_id>/secret/", self.secret_view, "secret"),
            self.build_path("<int:object_id>/switch/", self.switch_view, "switch"),
            *super().get_urls(),
        ]

    def get_fields(self, request, obj=None):
        # Whose messages it understands, and whose orders they are, is chosen once.
        return ("name", ("store", "channel"), "shop_host") if obj else self.fields

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
            return
        data = form.cleaned_data
        given = data.pop("secret")
        secret = given or make_secret()
        made = create_connection(**data, secret=secret, by=request.user, now=timezone.now())
        obj.__dict__.update(made.__dict__)
        request.new_secret = "" if given else secret

    def response_add(self, request, obj, post_url_continue=None):
        if request.new_secret and obj.kind == ShopKind.WOOCOMMERCE:
            return self._show_secret(request, obj, request.new_secret)
        return HttpResponseRedirect(self._build_url(obj))

    def _build_url(self, connection):
        return reverse("admin:purchases_shopconnection_change", args=[connection.pk])

    def _show_secret(self, request, connection, secret):
        return self.render_page(
            request, "admin/purchases/connection_secret_shown.html", title=_("The secret"),
            obj=connection, secret=secret, back_url=self._build_url(connection),
        )  # fmt: skip

    # --- Pages ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """What to enter in the shop, and what has come from it so far, topic by topic."""
        connection, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, connection):
            raise PermissionDenied
        now = timezone.now()
        until = connection.former_until_at
        return self.render_page(
            request,
            "admin/purchases/connection_page.html",
            title=connection.name,
            obj=connection,
            connection=connection,
            address=settings.SITE_URL + connection.get_webhook_path(),
            is_open_line=not settings.SITE_URL.startswith("https://"),
            topics=list_topics(connection),
            former_until_at=until if until and until > now else None,
            is_sealed_shut=open_secret(connection.sealed_secret) is None,
            can_change=self.has_change_permission(request, connection),
            can_see_log=request.user.has_perm("purchases.view_webhookdelivery"),
        )

    def edit_view(self, request, object_id):
        _connection, answer = self._get_to_change(request, object_id)
        return answer or super().change_view(request, str(object_id))

    def response_change(self, request, obj):
        return HttpResponseRedirect(self._build_url(obj))

    def secret_view(self, request, object_id):
        connection, answer = self._get_to_change(request, object_id)
        if answer:
            return answer
        form = dress_form(SecretForm(request.POST or None))
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data["secret"]
            secret = given or make_secret()
            try:
                rotate_secret(
                    connection,
                    secret,
                    overlap=OVERLAPS[form.cleaned_data["overlap"]],
                    by=request.user,
                    now=timezone.now(),
                )
            except DomainError as error:
                form.add_error("secret", str(error))
            else:
                if not given:
                    return self._show_secret(request, connection, secret)
                self.message_user(request, _("The new secret is in force."))
                return HttpResponseRedirect(self._build_url(connection))
        return self.render_page(
            request, "admin/purchases/connection_secret.html", title=_("Another secret"),
            obj=connection, form=form, back_url=self._build_url(connection),
        )  # fmt: skip

    def switch_view(self, request, object_id):
        connection, answer = self._get_to_change(request, object_id)
        if answer:
            return answer
        if request.method == "POST":
            switch_connection(
                connection,
                is_active=not connection.is_active,
                by=request.user,
                now=timezone.now(),
            )
            return HttpResponseRedirect(self._build_url(connection))
        return self.render_page(
            request, "admin/purchases/connection_switch.html", title=connection.name,
            obj=connection, connection=connection, back_url=self._build_url(connection),
        )  # fmt: skip

    def _get_to_change(self, request, object_id):
        connection, answer = self.get_or_redirect(request, object_id)
        if connection and not self.has_change_permission(request, connection):
            raise PermissionDenied
        return connection, answer

    # --- Columns ---

    @display(description=_("shop"))
    def show_host(self, connection):
        return connection.shop_host or _("any")

    @display(description=_("state"), label={"on": "success", "off": "danger"})
    def show_state(self, connection):
        return ("on", _("on")) if connection.is_active else ("off", _("off"))
