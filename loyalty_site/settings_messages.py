"""Settings of what leaves the club: mail, text messages, LINE and WeChat. A part of settings.py."""

from loyalty_site.deployment import VAR_DIR, env

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "club@example.com")
# Without it nobody hears from this club: for copies of it, in drills and trials.
OUTGOING = env.flag("OUTGOING", True)
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env.text("SMTP_HOST", "localhost"),
            "port": env.number("SMTP_PORT", 25, lowest=1),
            "username": env.text("SMTP_USER"),
            "password": env.text("SMTP_PASSWORD"),
            "use_tls": env.flag("SMTP_TLS", False),
            "timeout": 10,
        },
    }
}
# A provider of mail instead of a server of one's own, through django-anymail (docs/contact.md):
# what it calls its key, and the view to which it tells what became of a mail.
_PROVIDERS = {
    "brevo": ("BREVO_API_KEY", "brevo.BrevoTrackingWebhookView"),
    "mailgun": ("MAILGUN_API_KEY", "mailgun.MailgunTrackingWebhookView"),
    "postmark": ("POSTMARK_SERVER_TOKEN", "postmark.PostmarkTrackingWebhookView"),
    "sendgrid": ("SENDGRID_API_KEY", "sendgrid.SendGridTrackingWebhookView"),
    "sparkpost": ("SPARKPOST_API_KEY", "sparkpost.SparkPostTrackingWebhookView"),
}
MAIL_PROVIDER = env.text("MAIL_PROVIDER", choices=list(_PROVIDERS))
_provider_key = env.text("MAIL_PROVIDER_KEY")
ANYMAIL = {
    "WEBHOOK_SECRET": env.text(
        "MAIL_WEBHOOK_SECRET",
        pattern=r"[^:\s]+:[^\s]{20,}",
        hint="It is a name and a secret of 20 letters or more, as in club:5f0c….",
    ),
}
MAIL_WEBHOOK_VIEW = ""
if MAIL_PROVIDER:
    _key_name, _view = _PROVIDERS[MAIL_PROVIDER]
    ANYMAIL[_key_name] = _provider_key
    MAIL_WEBHOOK_VIEW = f"anymail.webhooks.{_view}"
    MAILERS = {"default": {"BACKEND": f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"}}
SMS_BACKEND = env.text(
    "SMS_BACKEND",
    "members.sms.FileBackend",
    pattern=r"\w+(\.\w+)+",
    hint="It names a class by its dotted path, such as yourshop.messages.Gateway.",
)
TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN = env.text("TWILIO_AUTH_TOKEN", "")
TWILIO_FROM = env.text("TWILIO_FROM", "")
TWILIO_API_URL = env.text("TWILIO_API_URL", "https://api.twilio.com")
# The club's official account at LINE, and its service account at WeChat (docs/channels.md).
LINE_CHANNEL_ACCESS_TOKEN = env.text("LINE_CHANNEL_ACCESS_TOKEN")
LINE_CHANNEL_SECRET = env.text("LINE_CHANNEL_SECRET")
LINE_ACCOUNT_ID = env.text(
    "LINE_ACCOUNT_ID", pattern=r"@[\w.-]+", hint="It is the account's basic ID, such as @123abcde."
)
LINE_API_URL = env.address("LINE_API_URL", "https://api.line.me", ("https",))
WECHAT_APP_ID = env.text("WECHAT_APP_ID")
WECHAT_APP_SECRET = env.text("WECHAT_APP_SECRET")
WECHAT_TOKEN = env.text(
    "WECHAT_TOKEN", pattern=r"[A-Za-z0-9]{16,32}", hint="It is 16 to 32 letters and digits."
)
WECHAT_AES_KEY = env.text(
    "WECHAT_AES_KEY", pattern=r"[A-Za-z0-9]{43}", hint="The EncodingAESKey has 43 characters."
)
WECHAT_API_URL = env.address("WECHAT_API_URL", "https://api.weixin.qq.com", ("https",))
if not OUTGOING:
    LINE_CHANNEL_ACCESS_TOKEN = WECHAT_APP_SECRET = ""
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
    SMS_BACKEND = "members.sms.FileBackend"
SMS_FOLDER = VAR_DIR / "sms"
