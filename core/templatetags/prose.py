from django import template

from core.prose import render_prose

register = template.Library()

register.filter("prose", render_prose, is_safe=True)
