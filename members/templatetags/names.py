from django import template

from members.models import Member
from members.names import format_number, get_titled_name

register = template.Library()


@register.filter
def titled(member: Member) -> str:
    """The name with the form of address of the active language, else the number."""
    return get_titled_name(member) or format_number(member.number)
