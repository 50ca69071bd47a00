"""E-mail: any Django backend; over SMTP by bytes put together once and one connection kept open."""

from campaigns.channels.email.adapter import EmailAdapter

__all__ = ["EmailAdapter"]
