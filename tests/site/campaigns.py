"""What stands in the addresses of campaigns, for the access matrix."""

from campaigns.services.campaigns import Terms, draft_campaign
from members.models import Audience


def campaign_arguments(cast, mei, now):
    """A draft for everyone."""
    everyone = Audience.objects.get(slug="everyone")
    campaign = draft_campaign(
        Terms(name="Hello", purpose="news", channels=["email"], audiences=[everyone]),
        by=cast.users["marketer"],
        now=now,
    )
    pages = ("terms", "experiment", "act", "winner", "copy")
    mailing = campaign.mailing_id
    return {
        **{f"admin:campaigns_campaign_{page}": [campaign.pk] for page in pages},
        **{f"admin:campaigns_mailing_{page}": [mailing] for page in ("words", "trial")},
        "mailing_preview": [mailing, "email", "A"],
    }
