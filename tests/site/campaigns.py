"""What stands in the addresses of campaigns, for the access matrix."""

from campaigns import links
from campaigns.models import ChannelBinding, Message, PrintBatch, PublicNotice
from campaigns.services.automations.drafting import AutomationTerms, add_step, make_automation
from campaigns.services.campaigns import Terms, draft_campaign
from campaigns.services.editions import get_draft
from campaigns.services.public_notices import publish_notice, save_notice
from campaigns.services.segments import make_segment
from campaigns.services.suppression import add_suppression
from members.models import Audience


def _make_message(mailing, mei, now, channel="email"):
    return Message.objects.create(
        mailing=mailing,
        edition=get_draft(mailing),
        member=mei,
        channel=channel,
        state="sent",
        recorded_at=now,
        due_at=now,
        sent_at=now,
    )


def _read_token(path):
    """What stands in a signed path."""
    return path.rstrip("/").rpartition("/")[2].removesuffix(".gif")


def _make_automation(now):
    """The arguments of its pages: it and one step of its draft."""
    automation = make_automation(
        AutomationTerms(name="Hello"), trigger="activity", trigger_terms={"kind": "signup"},
        by=None, now=now,
    )  # fmt: skip
    step = add_step(automation, kind="wait", terms={"days": 1}, by=None, now=now)
    pages = ("terms", "trigger", "act", "path")
    return {
        **{f"admin:campaigns_automation_{page}": [automation.pk] for page in pages},
        "admin:campaigns_automation_add_step": [automation.pk, "wait"],
        **{
            f"admin:campaigns_automation_{page}": [automation.pk, step.key]
            for page in ("step", "step_act")
        },
    }


def _make_notices(now):
    """The arguments of a draft, and of one that stands in the archive."""
    draft, public = (
        save_notice(
            PublicNotice(kind="news", slug=slug, title="Hello", body="Hello."), by=None, now=now
        )
        for slug in ("draft", "public")
    )
    publish_notice(public, is_sent=False, by=None, now=now)
    pages = ("publishing", "update", "removal")
    return {
        "announcement_detail": [public.slug],
        **{f"admin:campaigns_publicnotice_{page}": [draft.pk] for page in pages},
    }


def campaign_arguments(cast, mei, now):
    """A draft for everyone, and a segment without rules."""
    everyone = Audience.objects.get(slug="everyone")
    campaign = draft_campaign(
        Terms(name="Hello", purpose="news", channels=["email"], audiences=[everyone]),
        by=cast.users["marketer"],
        now=now,
    )
    pages = ("terms", "experiment", "act", "winner", "copy", "plain", "figures")
    mailing = campaign.mailing_id
    suppression = add_suppression("email", "gone@example.com", reason="bounced", by=None, now=now)
    message = _make_message(campaign.mailing, mei, now)
    batch = PrintBatch.objects.create(
        mailing=campaign.mailing, format="letter_a4", message_ids=[message.pk], made_at=now
    )
    binding = ChannelBinding.objects.create(
        member=mei, channel="line", external_id="U" + "1" * 32, state="followed", state_at=now,
        bound_at=now,
    )  # fmt: skip
    segment = make_segment(name="Some", by=cast.users["marketer"], now=now)
    return {
        **_make_automation(now),
        **_make_notices(now),
        **{f"admin:campaigns_segment_{page}": [segment.pk] for page in ("rules", "build", "pick")},
        "admin:campaigns_segment_drop_pick": [segment.pk, mei.pk],
        **{f"admin:campaigns_campaign_{page}": [campaign.pk] for page in pages},
        **{f"admin:campaigns_mailing_{page}": [mailing] for page in ("words", "trial", "pictures")},
        "mailing_sheet": [mailing, "A"],
        "mailing_preview": [mailing, "email", "A"],
        "admin:campaigns_suppression_lift": [suppression.pk],
        "admin:campaigns_message_decide": [message.pk, "resend"],
        "message_link": [_read_token(links.sign_message_link(message.pk, 1))],
        **{
            f"admin:campaigns_printbatch_{page}": [batch.pk]
            for page in ("batch", "pdf", "addresses", "posting", "cancelling")
        },
        "inbox_message": [_make_message(campaign.mailing, mei, now, "on_site").pk],
        "message_open": [_read_token(links.sign_open(message.pk))],
        "message_unsubscribe": [_read_token(links.sign_unsubscribe(message.pk))],
        "mail_events": ["postmark"],
        "messenger_code": ["line"],
        "messenger_end": ["line"],
        "admin:campaigns_channelbinding_end": [binding.pk],
    }
