"""What people write back to be left alone, or to hear from the club again."""

import unicodedata

STOP, START = "stop", "start"
_STOP = {
    "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke",
    "退订", "退訂", "停止", "取消", "拒收", "配信停止", "停止希望",
}  # fmt: skip
_STOP_BY_LETTER = {"r", "t", "td"}  # as texts in China ask for it
_START = {"start", "unstop", "恢复", "恢復", "再開"}


def read_wish(text: str, *, letters: bool = False) -> str:
    """STOP, START or "". With ``letters`` also the single ones that text messages know."""
    word = unicodedata.normalize("NFKC", text).strip().strip("!.。！").replace(" ", "").casefold()
    if word in _STOP or (letters and word in _STOP_BY_LETTER):
        return STOP
    return START if word in _START else ""
