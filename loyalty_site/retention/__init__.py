"""The club's retention policy: reviewed data, which members read and a daily task executes.

One tuple for each heading of the privacy page, in its order. Change it only with whoever answers
for privacy in the club. A club with a policy of its own names it with RETENTION_POLICY. See
docs/privacy.md.
"""

from loyalty_site.retention.membership import BOUGHT, DID, POINTS
from loyalty_site.retention.person import AGREED, LOGIN, YOU
from loyalty_site.retention.traces import STAFF, TECHNICAL
from members.retention import Policy

POLICY = Policy(
    erasure_wait_days=7,
    export_hours=24,
    lines=(*YOU, *LOGIN, *AGREED, *BOUGHT, *POINTS, *DID, *STAFF, *TECHNICAL),
)
