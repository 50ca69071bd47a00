"""What other programs of the house may listen to."""

from django.dispatch import Signal

# Sent by ``FollowUp`` with ``follow_up`` (the row), ``is_again`` (it was closed and came back) and
# ``now``, in the transaction that opens it: a service desk takes it over from here. A receiver that
# leaves the house does so on commit.
follow_up_opened = Signal()
