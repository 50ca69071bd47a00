from django.conf import settings
from django.utils.csp import CSP

# Unfold's Alpine.js evaluates expressions and sets style attributes; no other page needs that.
_ADMIN_CSP = {
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}


class AdminPolicyMiddleware:
    """Gives ``/admin/`` alone the wider content security policy that its library needs."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_config = _ADMIN_CSP
        return response
