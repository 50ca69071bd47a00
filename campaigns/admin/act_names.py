"""What the acts of this app are called where staff read of them."""

from django.utils.translation import pgettext_lazy

from core.acts import register_acts

register_acts(
    {
        "automation.made": pgettext_lazy("act", "Automation made"),
        "automation.changed": pgettext_lazy("act", "Automation changed"),
        "automation.draft_changed": pgettext_lazy("act", "Draft of an automation changed"),
        "automation.published": pgettext_lazy("act", "Automation published"),
        "automation.enabled": pgettext_lazy("act", "Automation switched on"),
        "automation.disabled": pgettext_lazy("act", "Automation switched off"),
        "campaign.drafted": pgettext_lazy("act", "Campaign drafted"),
        "campaign.changed": pgettext_lazy("act", "Campaign changed"),
        "campaign.released": pgettext_lazy("act", "Campaign released"),
        "campaign.taken_back": pgettext_lazy("act", "Campaign taken back"),
        "campaign.started": pgettext_lazy("act", "Campaign started"),
        "campaign.decided": pgettext_lazy("act", "Test of a campaign decided"),
        "campaign.paused": pgettext_lazy("act", "Campaign paused"),
        "campaign.resumed": pgettext_lazy("act", "Campaign resumed"),
        "campaign.cancelled": pgettext_lazy("act", "Campaign cancelled"),
        "campaign.finished": pgettext_lazy("act", "Campaign finished"),
        "public_notice.drafted": pgettext_lazy("act", "Public notice drafted"),
        "public_notice.changed": pgettext_lazy("act", "Public notice changed"),
        "public_notice.published": pgettext_lazy("act", "Public notice published"),
        "public_notice.updated": pgettext_lazy("act", "Public notice updated"),
        "public_notice.deleted": pgettext_lazy("act", "Draft of a public notice deleted"),
        "digest.chosen": pgettext_lazy("act", "Own digest switched"),
        "mailing.paused": pgettext_lazy("act", "Mailing paused"),
        "mailing.resumed": pgettext_lazy("act", "Mailing resumed"),
        "mailing.cancelled": pgettext_lazy("act", "Mailing cancelled"),
        "message.resent": pgettext_lazy("act", "Unknown messages sent again"),
        "message.left": pgettext_lazy("act", "Unknown messages left as they are"),
        "mailing.words_saved": pgettext_lazy("act", "Words of a message changed"),
        "mailing.words_frozen": pgettext_lazy("act", "Words of a message finished"),
        "mailing.trial_sent": pgettext_lazy("act", "Trial of a message sent"),
        "mailing.picture_added": pgettext_lazy("act", "Picture for a message added"),
        "print_batch.made": pgettext_lazy("act", "Batch of letters made"),
        "print_batch.fetched": pgettext_lazy("act", "File of a batch of letters fetched"),
        "print_batch.posted": pgettext_lazy("act", "Batch of letters posted"),
        "print_batch.cancelled": pgettext_lazy("act", "Batch of letters cancelled"),
        "segment.made": pgettext_lazy("act", "Segment made"),
        "segment.changed": pgettext_lazy("act", "Segment changed"),
        "segment.build_asked": pgettext_lazy("act", "Rebuild of a segment asked for"),
        "segment.picked_in": pgettext_lazy("act", "Members put into a segment"),
        "segment.picked_out": pgettext_lazy("act", "Members kept out of a segment"),
        "segment.pick_dropped": pgettext_lazy("act", "Pick by hand ended"),
        "suppression.added": pgettext_lazy("act", "Address no longer written to"),
        "suppression.lifted": pgettext_lazy("act", "Address written to again"),
    }
)
