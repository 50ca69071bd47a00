from django import template

from core.acts import name_act

register = template.Library()

register.filter("name_act", name_act)
