"""The club's official account at WeChat (a service account, 服务号)."""

from campaigns.channels.wechat.adapter import WechatAdapter

__all__ = ["WechatAdapter"]
