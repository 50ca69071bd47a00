"""The SQL of results. Each statement is read once for a page, whatever the number of answers."""

from collections.abc import Collection

from surveys.selectors.results.scope import COUNTING, FEWEST

# One row for each answer that was given: a scale has a handful, answers to choose a few dozen.
# Answers in own words are one row, whatever they say.
ANSWERS = f"""
    SELECT a.question_id, a.number, a.choices, count(*) FILTER (WHERE r.state = 'complete'),
           count(*)
    {COUNTING.replace("{join}", "JOIN surveys_answer a ON a.response_id = r.id {join}")}
    GROUP BY a.question_id, a.number, a.choices
"""
TOTALS = """
    SELECT i.invited, i.sent, i.opened, i.answered, r.complete, r.begun, r.uncounted, s.stopped
    FROM (
        SELECT count(*) AS invited, count(sent_at) AS sent,
               count(*) FILTER (WHERE sent_at IS NOT NULL
                   AND (opened_at IS NOT NULL OR answered_at IS NOT NULL)) AS opened,
               count(*) FILTER (WHERE sent_at IS NOT NULL AND answered_at IS NOT NULL) AS answered
        FROM surveys_invitation
        WHERE survey_id = %(survey)s AND coalesce(sent_at, due_at) >= %(start)s
          AND coalesce(sent_at, due_at) < %(end)s
    ) i, (
        SELECT count(*) FILTER (WHERE actor = 'human' AND state = 'complete') AS complete,
               count(*) FILTER (WHERE actor = 'human' AND state = 'begun') AS begun,
               count(*) FILTER (WHERE actor <> 'human') AS uncounted
        FROM surveys_response r
        WHERE r.survey_id = %(survey)s AND r.started_at >= %(start)s AND r.started_at < %(end)s
              {narrow}
    ) r, (
        SELECT coalesce(jsonb_object_agg(code, times), '{{}}') AS stopped
        FROM (
            SELECT code, count(*) AS times
            FROM (
                SELECT DISTINCT ON (r.id) q.code
                FROM surveys_response r
                JOIN surveys_answer a ON a.response_id = r.id
                JOIN surveys_question q ON q.id = a.question_id
                WHERE r.survey_id = %(survey)s AND r.actor = 'human' AND r.state = 'begun'
                  AND r.started_at >= %(start)s AND r.started_at < %(end)s {narrow}
                ORDER BY r.id, q.position DESC
            ) last GROUP BY code
        ) x
    ) s
"""
# What a group is called in the reader's language. ``of`` is "" for the main question (``number``
# is an answer, ``times`` how often), else the code of a calculated score (``number`` its tenth,
# or None of a group; ``total`` and ``squares`` sum its permille).
_NAMED = """
    SELECT g.of, g.by, g.key, coalesce(
        s.i18n ->> %(words)s, s.name, t.i18n ->> %(words)s, t.name, c.i18n ->> %(words)s, c.name,
        u.i18n ->> %(words)s, u.name, h.i18n ->> %(words)s, h.name, g.key),
        g.number, g.times, g.total, g.squares
    FROM ({parts}) g
    LEFT JOIN purchases_store s ON g.by = 'store' AND s.id::text = g.key
    LEFT JOIN rewards_tier t ON g.by = 'tier' AND t.slug = g.key
    LEFT JOIN purchases_category c ON g.by = 'category' AND c.id::text = g.key
    LEFT JOIN members_audience u ON g.by = 'segment' AND u.id::text = g.key
    LEFT JOIN surveys_theme h ON g.by = 'theme' AND h.id::text = g.key
    WHERE g.key <> ''
"""
PERIOD = "date_trunc(%(division)s, r.started_at AT TIME ZONE %(zone)s)::date"
_BY = """
    CASE GROUPING(period, r.store_id, r.tier, r.category_id)
        WHEN 7 THEN 'period' WHEN 11 THEN 'store' WHEN 13 THEN 'tier' WHEN 14 THEN 'category'
        ELSE 'all' END AS by,
    coalesce(period::text, r.store_id::text, r.tier, r.category_id::text,
             CASE WHEN GROUPING(period, r.store_id, r.tier, r.category_id) = 15 THEN 'all' END)
        AS key
"""
_DIMENSIONS = f"""
    SELECT '' AS of, {_BY}, a.number::int AS number, count(*) AS times,
           NULL::bigint AS total, NULL::bigint AS squares
    FROM (
        SELECT r.id, r.store_id, r.tier, r.category_id, {PERIOD} AS period
        {COUNTING} AND r.state = 'complete'
    ) r JOIN surveys_answer a ON a.response_id = r.id AND a.question_id = ANY (%(main)s)
    WHERE a.number IS NOT NULL
    GROUP BY GROUPING SETS (
        (period, a.number), (r.store_id, a.number), (r.tier, a.number), (r.category_id, a.number))
"""
_OF_SEGMENTS = """
    JOIN surveys_answer a ON a.response_id = r.id AND a.question_id = ANY (%(main)s)
    JOIN members_audiencemember m ON m.member_id = r.member_id
    JOIN members_audience u ON u.id = m.audience_id AND u.kind = %(segment)s {join}
"""
_SEGMENTS = f"""
    SELECT '', 'segment', m.audience_id::text, a.number::int, count(*), NULL, NULL
    {COUNTING.replace("{join}", _OF_SEGMENTS)}
      AND r.state = 'complete' AND a.number IS NOT NULL
    GROUP BY m.audience_id, a.number
"""
# Of themes the sum of the score itself, of those that have one (``number`` counts them).
_THEMES = f"""
    SELECT '', 'theme', x.theme_id::text, count(r.score_permille)::int, count(*),
           sum(r.score_permille)::bigint, NULL
    {COUNTING.replace("{join}", "JOIN surveys_response_themes x ON x.response_id = r.id {join}")}
      AND r.state = 'complete'
    GROUP BY x.theme_id
"""
_OF_TERMS = """
    JOIN surveys_answer a ON a.response_id = r.id
    JOIN unnest(
        %(term_of)s::text[], %(term_question)s::bigint[], %(term_part)s::"char"[],
        %(term_weight)s::int[], %(term_lowest)s::int[], %(term_span)s::int[],
        %(term_choice)s::text[], %(term_worth)s::int[]
    ) AS term (of, question_id, part, weight, lowest, span, choice, worth)
        ON term.question_id = a.question_id
       AND {is_given}
    {join}
"""
# The formula of ``surveys.engine.scores`` for many responses in one pass; a test compares both.
# What is added to a half before it is rounded up makes good what floating numbers lose.
SCORED = f"""
    scored AS MATERIALIZED (
        SELECT of, id, completed_at, member_id, store_id, tier, category_id, period,
               floor(least(greatest(
                   CASE WHEN costs = 0 THEN b
                        ELSE (b + (coalesce(m, 0) + coalesce(t, 0) + coalesce(e, 0)) / costs) / 2
                   END + CASE WHEN has_expectation THEN (b - x) / 2 ELSE 0 END,
                   0), 1000) + 0.5000001)::int AS value
        FROM (
            SELECT term.of, r.id, r.version_id, r.completed_at, r.member_id, r.store_id, r.tier,
                   r.category_id, {PERIOD} AS period,
                   {{mean_b}} AS b, {{mean_m}} AS m, {{mean_t}} AS t, {{mean_e}} AS e,
                   {{mean_x}} AS x
            {COUNTING.replace("{join}", _OF_TERMS)}
              AND r.state = 'complete'
            GROUP BY term.of, r.id
        ) parts JOIN unnest(
            %(need_of)s::text[], %(need_version)s::bigint[], %(need_money)s::bool[],
            %(need_time)s::bool[], %(need_effort)s::bool[], %(need_expectation)s::bool[],
            %(need_costs)s::int[]
        ) AS need (of, version_id, has_money, has_time, has_effort, has_expectation, costs)
            USING (of, version_id)
        WHERE b IS NOT NULL AND (m IS NOT NULL OR NOT has_money)
          AND (t IS NOT NULL OR NOT has_time) AND (e IS NOT NULL OR NOT has_effort)
          AND (x IS NOT NULL OR NOT has_expectation)
    )
"""
_OF_SCALE = """
    least(greatest((2000 * (a.number - term.lowest) + term.span) / (2 * term.span), 0), 1000)
"""
_OF_SCALE_OR_CHOICE = f"CASE WHEN term.choice <> '' THEN term.worth ELSE {_OF_SCALE} END"
_IS_SCALE_OR_CHOICE = """
    CASE WHEN term.choice = '' THEN a.number IS NOT NULL ELSE a.choices[1] = term.choice END
"""


def _write_scored(letters: Collection[str], *, has_choices: bool) -> str:
    """Only what the scores need: each part that is summed makes every row dearer."""
    share = _OF_SCALE_OR_CHOICE if has_choices else _OF_SCALE
    is_given = _IS_SCALE_OR_CHOICE if has_choices else "a.number IS NOT NULL"
    sql = SCORED.replace("{is_given}", is_given)
    for letter in "bmtex":
        of = f"FILTER (WHERE term.part = '{letter}')"
        mean = f"sum(term.weight * {share}) {of}::float8 / sum(term.weight) {of}"
        sql = sql.replace(f"{{mean_{letter}}}", mean if letter in letters else "NULL::float8")
    return sql


_SCORES = f"""
    SELECT of, {_BY}, least(value / 100, 9) AS number, count(*) AS times,
           sum(value)::bigint, sum(value * value)::bigint
    FROM scored r
    GROUP BY GROUPING SETS (
        (of, least(value / 100, 9)), (of, period), (of, r.store_id), (of, r.tier),
        (of, r.category_id))
    UNION ALL
    SELECT of, 'segment', m.audience_id::text, NULL, count(*), sum(value)::bigint,
           sum(value * value)::bigint
    FROM scored r JOIN members_audiencemember m ON m.member_id = r.member_id
    JOIN members_audience u ON u.id = m.audience_id AND u.kind = %(segment)s
    GROUP BY of, m.audience_id
"""


# --- Anonymous: every part is told of its first fives alone ---------------------------------------

_CUT = f"/ {FEWEST} * {FEWEST}"
_ANSWERED = """
    JOIN surveys_answer a ON a.response_id = r.id
    JOIN surveys_question q ON q.id = a.question_id {join}
"""
CUT_ANSWERS = f"""
    SELECT question_id, number, choices, count(*) FILTER (WHERE is_complete AND place <= told),
           count(*)
    FROM (
        SELECT a.question_id, a.number, a.choices, r.state = 'complete' AS is_complete,
               row_number() OVER (PARTITION BY q.code, r.state = 'complete'
                                  ORDER BY r.completed_at, r.id) AS place,
               count(*) OVER (PARTITION BY q.code, r.state = 'complete') {_CUT} AS told
        {COUNTING.replace("{join}", _ANSWERED)}
    ) x GROUP BY question_id, number, choices
"""
# Answers that are not shown one by one yet: at most four of each question.
UNTOLD_ANSWERS = f"""
    SELECT id FROM (
        SELECT a.id, row_number() OVER (PARTITION BY q.code ORDER BY r.completed_at, r.id) AS place,
               count(*) OVER (PARTITION BY q.code) {_CUT} AS told
        {COUNTING.replace("{join}", _ANSWERED)} AND r.state = 'complete'
    ) x WHERE place > told
"""
_PARTS = """
    CROSS JOIN LATERAL (VALUES
        ('period', r.period::text), ('store', r.store_id::text), ('tier', r.tier),
        ('category', r.category_id::text)
    ) d (by, key)
"""
_OF_MAIN = """
    JOIN surveys_answer a ON a.response_id = r.id AND a.question_id = ANY (%(main)s)
        AND a.number IS NOT NULL {join}
"""
_CUT_DIMENSIONS = f"""
    SELECT '' AS of, by, key, CASE WHEN place <= told THEN number END AS number,
           count(*) AS times, NULL::bigint AS total, NULL::bigint AS squares
    FROM (
        SELECT d.by, d.key, r.number,
               row_number() OVER (PARTITION BY d.by, d.key ORDER BY r.completed_at, r.id) AS place,
               count(*) OVER (PARTITION BY d.by, d.key) {_CUT} AS told
        FROM (
            SELECT r.id, r.completed_at, r.store_id, r.tier, r.category_id, a.number::int AS number,
                   {PERIOD} AS period,
                   row_number() OVER (ORDER BY r.completed_at, r.id) AS place,
                   count(*) OVER () {_CUT} AS told
            {COUNTING.replace("{join}", _OF_MAIN)} AND r.state = 'complete'
        ) r {_PARTS}
        WHERE r.place <= r.told AND d.key <> ''
    ) x GROUP BY x.by, x.key, 4
"""
# Staff choose what has a theme, so that a score by theme would tell of whom they like.
_CUT_THEMES = f"""
    SELECT '', 'theme', x.theme_id::text, NULL, count(*), NULL, NULL
    {COUNTING.replace("{join}", "JOIN surveys_response_themes x ON x.response_id = r.id {join}")}
      AND r.state = 'complete'
    GROUP BY x.theme_id
"""
_CUT_SCORES = f"""
    SELECT of, by, key, CASE WHEN by = 'all' THEN least(value / 100, 9) END,
           count(*), sum(value)::bigint, sum(value * value)::bigint
    FROM (
        SELECT r.of, d.by, d.key, r.value,
               row_number() OVER (PARTITION BY r.of, d.by, d.key
                                  ORDER BY r.completed_at, r.id) AS place,
               count(*) OVER (PARTITION BY r.of, d.by, d.key) {_CUT} AS told
        FROM (
            SELECT s.*, row_number() OVER (PARTITION BY of ORDER BY completed_at, id) AS place,
                   count(*) OVER (PARTITION BY of) {_CUT} AS told
            FROM scored s
        ) r {_PARTS.replace("(VALUES", "(VALUES ('all', 'all'),")}
        WHERE r.place <= r.told AND d.key <> ''
    ) x WHERE place <= told GROUP BY x.of, x.by, x.key, 4
"""


def build_groups(*, score_parts: Collection[str], has_choices: bool, is_anonymous: bool) -> str:
    """Rows of (of, by, key, name, number, times, total, squares), see ``_NAMED``.

    ``score_parts`` are the letters of ``surveys.selectors.results.questions``, none without a
    calculated score; ``has_choices``: whether any counts answers to choose.
    """
    has_scores = bool(score_parts)
    main = [_CUT_DIMENSIONS, _CUT_THEMES] if is_anonymous else [_DIMENSIONS, _SEGMENTS, _THEMES]
    scores = _CUT_SCORES if is_anonymous else _SCORES
    parts = " UNION ALL ".join([f"({part})" for part in main] + [f"({scores})"] * has_scores)
    named = _NAMED.replace("{parts}", parts)
    if not has_scores:
        return named
    return f"WITH {_write_scored(score_parts, has_choices=has_choices)} {named}"
