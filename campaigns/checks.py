"""What the system checks of this app find before anything runs."""

from django.conf import settings
from django.core import checks

from campaigns.selectors.chat import NEEDED


@checks.register(checks.Tags.security)
def check_messengers(app_configs, **kwargs):
    """An account at LINE or WeChat is set up as a whole, or not at all."""
    problems = []
    for channel, names in NEEDED.items():
        missing = [name for name in names if not getattr(settings, name)]
        # A copy of a club has no way out, and keeps the rest.
        if not settings.OUTGOING or not 0 < len(missing) < len(names):
            continue
        problems.append(
            checks.Error(
                f"The account at {channel.label} is set up by half: "
                f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing.",
                hint="Set all of them, or none (docs/channels.md).",
                id="campaigns.E001",
            )
        )
    if settings.WECHAT_AES_KEY and not settings.WECHAT_TOKEN:
        problems.append(
            checks.Error(
                "WECHAT_AES_KEY stands there without WECHAT_TOKEN.",
                hint="Both come from the same page of WeChat's (docs/channels.md).",
                id="campaigns.E002",
            )
        )
    return problems
