"""Whether cards say what their stamps say: asked by ``verify_ledger``."""

from core.bulk import read_together
from rewards.services.challenges.counting import COUNT_DISTINCT

_BOOKS = """
    SELECT b.id FROM rewards_stampbook b JOIN LATERAL (
        SELECT v.measure FROM rewards_challengeversion v WHERE v.challenge_id = b.challenge_id
        LIMIT 1) AS v ON true
    WHERE b.merged_into_id IS NULL AND (v.measure = 'distinct') = %s
"""
CHECKS = {
    "a book's total is the sum of its stamps": f"""
        SELECT b.id, b.total, coalesce(s.amount, 0) FROM rewards_stampbook b
        LEFT JOIN (
            SELECT coalesce(o.merged_into_id, o.id) AS root, sum(s.amount) AS amount
            FROM rewards_stampbook o JOIN rewards_stamp s ON s.book_id = o.id GROUP BY 1
        ) AS s ON s.root = b.id
        WHERE b.id IN ({_BOOKS % "false"}) AND b.total <> coalesce(s.amount, 0)
    """,
    "a book of different ones counts them": f"""
        WITH wanted AS ({_BOOKS % "true"})
        SELECT b.id, b.total, s.count FROM rewards_stampbook b JOIN (
            {COUNT_DISTINCT.replace("ANY(%(books)s)", "ANY(ARRAY(SELECT id FROM wanted))")}
        ) AS s (root, count) ON s.root = b.id
        WHERE b.total <> s.count
    """,
    "cards hold what the total says": """
        SELECT b.id, greatest(b.total, 0), coalesce(c.held, 0) FROM rewards_stampbook b
        LEFT JOIN (
            SELECT book_id, sum(stamp_count) AS held, bool_and(stamp_count = target) AS is_full
            FROM rewards_stampcard GROUP BY book_id
        ) AS c ON c.book_id = b.id
        WHERE b.merged_into_id IS NULL AND coalesce(c.held, 0) <> greatest(b.total, 0)
          AND NOT (coalesce(c.is_full, false) AND c.held < b.total)
    """,
    "cards fill in their order": """
        SELECT later.book_id, later.round FROM rewards_stampcard later
        JOIN rewards_stampcard earlier
            ON earlier.book_id = later.book_id AND earlier.round < later.round
        WHERE later.stamp_count > 0 AND earlier.stamp_count < earlier.target
    """,
    "a full card of an active member was paid": """
        SELECT c.id FROM rewards_stampcard c JOIN rewards_stampbook b ON b.id = c.book_id
        JOIN members_member m ON m.id = b.member_id AND m.status = 'active'
        WHERE c.stamp_count = c.target AND NOT c.is_paid
    """,
    "no stamp gives back more than it gave": """
        SELECT s.id FROM rewards_stamp s JOIN rewards_stamp r ON r.reverses_id = s.id
        GROUP BY s.id HAVING s.amount + sum(r.amount) < 0
    """,
    "a purchase stamps once, by its newest version": """
        SELECT s.purchase_id FROM rewards_stamp s
        JOIN rewards_stampbook b ON b.id = s.book_id
        WHERE s.reverses_id IS NULL AND s.purchase_id IS NOT NULL
        GROUP BY s.purchase_id, s.purchase_version, b.challenge_id, s.key HAVING count(*) > 1
    """,
}  # fmt: skip


def find_faults() -> list[str]:
    """Sentences about what doesn't fit; none where all is well."""
    answers = read_together([(sql, []) for sql in CHECKS.values()])
    return [f"{name}: {row}" for name, rows in zip(CHECKS, answers, strict=True) for row in rows]
