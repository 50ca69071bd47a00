from members.selectors.club import get_club


def club(request):
    """``club`` in every template."""
    return {"club": get_club()}
