"""How many messages a member gets before a club says otherwise: reviewed data.

(channel, messages at most, in so many days), of what needs consent. LINE and WeChat are read like
text messages and paid for likewise; WeChat itself allows a service account four a month.
"""

from members.enums import Channel

CAPS = (
    (Channel.EMAIL, 1, 1),
    (Channel.EMAIL, 3, 7),
    (Channel.SMS, 2, 7),
    (Channel.LINE, 2, 7),
    (Channel.WECHAT, 4, 30),
    (Channel.POST, 2, 30),
    (Channel.ANY, 2, 1),
    (Channel.ANY, 5, 7),
)
