"""The rules of the programme, for everybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from members.access import in_club_time
from rewards.selectors.rules import get_rules


@require_safe
@in_club_time
def programme_rules(request: HttpRequest) -> HttpResponse:
    return render(request, "rewards/programme_rules.html", {"rules": get_rules(now=timezone.now())})
