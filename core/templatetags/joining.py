from django import template

from core.joining import end_once, join_comma, join_semicolon, joins_by_mark

register = template.Library()

register.filter("join_comma", join_comma)
register.filter("join_semicolon", join_semicolon)
register.filter("end_once", end_once)


@register.simple_tag
def sentence_gap() -> str:
    """What stands between two sentences: nothing in Chinese and Japanese, after their full stop."""
    return "" if joins_by_mark() else " "
