"""What member pages show of surveys."""

from surveys.selectors.invitations import get_asked, list_open


def build_home(request, member, now):
    surveys = list_open(member, now=now)
    return {"surveys": surveys} if surveys else None


def build_staff(request, member, now):
    return {"asked": get_asked(member)}
