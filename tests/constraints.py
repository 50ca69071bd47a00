"""Both sides of a constraint: the database takes the good row and refuses the bad one by name."""

import pytest
from django.db import IntegrityError, transaction


def refused(constraint, action):
    """``action`` breaks this constraint, and is undone."""
    with pytest.raises(IntegrityError, match=f'"{constraint}'), transaction.atomic():
        action()


def guards(constraint, make, good, bad, beside=None):
    """``make(**good)`` is taken and ``make(**bad)`` refused, each next to ``make(**beside)``."""
    if beside is not None:
        make(**beside)
    with transaction.atomic():
        make(**good)
        transaction.set_rollback(True)
    refused(constraint, lambda: make(**bad))
