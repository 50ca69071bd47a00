"""`python -m tests.upgrade.walk`: takes the database of DATABASE_URL a step back and forward again.

Each app goes back by its last migration, with all rows that are there: so every migration meets
rows while it is the newest. Through the executor itself, since what Django does after `migrate`
(base rows, permissions) works on today's tables alone. Prints the tables that the step back left.
"""

import os
import sys


def main() -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty_site.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    # An app with a single migration has no earlier state that could hold rows.
    last = [
        node
        for app in settings.OWN_APPS
        for node in graph.leaf_nodes(app)
        if any(parent.key[0] == app for parent in graph.node_map[node].parents)
    ]
    # With what builds on them; in one plan, since each one costs the state of all models anew.
    back = {key for node in last for key in graph.backwards_plan(node)}
    order = [
        migration for migration, _ in executor.migration_plan(graph.leaf_nodes(), clean_start=True)
    ]
    plan = [(each, True) for each in reversed(order) if (each.app_label, each.name) in back]
    if plan:
        executor.migrate(None, plan=plan)
    with connection.cursor() as cursor:
        print("\n".join(connection.introspection.table_names(cursor)))  # noqa: T201
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
