"""Text messages: counted, priced, kept to the rules of the country, sent by the club's gateway."""

from campaigns.channels.sms.adapter import SmsAdapter

__all__ = ["SmsAdapter"]
