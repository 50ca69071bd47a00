from django import template

from core.joining import join_comma, join_semicolon

register = template.Library()

register.filter("join_comma", join_comma)
register.filter("join_semicolon", join_semicolon)
