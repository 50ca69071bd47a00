"""What the acts of this app are called where staff read of them."""

from django.utils.translation import pgettext_lazy

from core.acts import register_acts

register_acts(
    {
        "category.added": pgettext_lazy("act", "Category added"),
        "connection.created": pgettext_lazy("act", "Shop connected"),
        "connection.secret_rotated": pgettext_lazy("act", "Secret of a shop renewed"),
        "connection.switched_on": pgettext_lazy("act", "Shop switched on"),
        "connection.switched_off": pgettext_lazy("act", "Shop switched off"),
        "delivery.body_viewed": pgettext_lazy("act", "Message of a shop looked at"),
        "delivery.replayed": pgettext_lazy("act", "Message of a shop taken in again"),
        "import.uploaded": pgettext_lazy("act", "File uploaded"),
        "import.started": pgettext_lazy("act", "Import started"),
        "import.finished": pgettext_lazy("act", "Import finished"),
        "import.report_downloaded": pgettext_lazy("act", "Report of an import downloaded"),
        "receipt.claimed": pgettext_lazy("act", "Receipt claimed"),
        "receipt.claim_refused": pgettext_lazy("act", "Receipt refused"),
        "shop_privacy.done": pgettext_lazy("act", "Request of a shop answered"),
        "shop_refund.dropped": pgettext_lazy("act", "Refund dropped"),
        "token.created": pgettext_lazy("act", "API key made"),
        "token.revoked": pgettext_lazy("act", "API key withdrawn"),
    }
)
