from django import template

from core.percent import format_percent

register = template.Library()

register.filter("percent", format_percent)
