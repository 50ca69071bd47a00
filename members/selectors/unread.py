"""How much a member has not read yet, told by the statement that finds the member: no page asks
for it on its own.
"""

from django.db.models import IntegerField, QuerySet
from django.db.models.expressions import RawSQL

from members import registry
from members.models import Member

MOST = 100  # more than that is "99+"
_NOTICES = (
    "SELECT FROM members_notice n WHERE n.member_id = members_member.id AND n.read_at IS NULL"
)


def with_unread_count(members: QuerySet[Member]) -> QuerySet[Member]:
    """Each with ``unread_count``: notices, and what other floors have for them; 100 at most."""
    sources = [_NOTICES, *registry.unread_sources]
    found = " UNION ALL ".join(f"({sql} LIMIT {MOST})" for sql in sources)
    sql = f"(SELECT count(*) FROM (SELECT FROM ({found}) u LIMIT {MOST}) v)"
    count = RawSQL(sql, (), output_field=IntegerField())  # noqa: S611 (constants of the apps alone)
    return members.annotate(unread_count=count)
