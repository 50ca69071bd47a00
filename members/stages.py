from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage


class VerifyEmailIfAnyStage(EmailVerificationStage):
    """Demands a verified e-mail address only of a login that has one.

    allauth knows "e-mail required" and "e-mail not verified at all"; a login by phone or
    social account alone has nothing to verify, any other must.
    """

    def handle(self):
        user = self.login.user
        if user is not None and not user.email:
            if not EmailAddress.objects.filter(user=user).exists():
                return None, True
        elif user is None and not self.login.email:
            return None, True
        return super().handle()
