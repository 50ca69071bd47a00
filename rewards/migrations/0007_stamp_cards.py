import core.pictures.motifs
import core.words
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0002_guards"),
        ("rewards", "0006_wheel"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Challenge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=80, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "description",
                    models.TextField(blank=True, default="", verbose_name="description"),
                ),
                (
                    "motif",
                    models.CharField(
                        choices=core.pictures.motifs.list_motifs,
                        default="coffee",
                        max_length=20,
                        verbose_name="picture on the stamps",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=100, help_text="Lower stands first.", verbose_name="position"
                    ),
                ),
                (
                    "i18n",
                    core.words.Words(
                        fields=("name", "description"), required_languages=(), virtual_fields=True
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="created at",
                    ),
                ),
            ],
            options={
                "verbose_name": "stamp card",
                "verbose_name_plural": "stamp cards",
                "permissions": [("publish_challenge", "Can publish and end stamp cards")],
            },
        ),
        migrations.CreateModel(
            name="ChallengeVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "prize_kind",
                    models.CharField(
                        choices=[
                            ("nothing", "nothing"),
                            ("reward", "a reward of the catalogue"),
                            ("points", "points"),
                            ("credit", "store credit"),
                            ("spins", "spins of a wheel"),
                        ],
                        default="nothing",
                        max_length=8,
                        verbose_name="prize",
                    ),
                ),
                ("prize_points", models.PositiveIntegerField(default=0, verbose_name="points")),
                (
                    "prize_amount",
                    models.PositiveBigIntegerField(default=0, verbose_name="store credit"),
                ),
                (
                    "prize_spin_count",
                    models.PositiveSmallIntegerField(default=0, verbose_name="spins"),
                ),
                (
                    "prize_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: points live as always, all else has no last day.",
                        null=True,
                        verbose_name="good for days",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                (
                    "activity_kind",
                    models.CharField(
                        default="purchase", max_length=40, verbose_name="what is done"
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("count", "how many"),
                            ("sum", "how much money"),
                            ("distinct", "how many different ones"),
                        ],
                        default="count",
                        max_length=8,
                        verbose_name="counts",
                    ),
                ),
                (
                    "count_by",
                    models.CharField(
                        choices=[("item", "each item"), ("purchase", "each purchase")],
                        default="purchase",
                        max_length=8,
                        verbose_name="a stamp for",
                    ),
                ),
                (
                    "distinct_of",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("product", "products"),
                            ("category", "categories"),
                            ("store", "stores"),
                            ("day", "days"),
                        ],
                        default="",
                        max_length=8,
                        verbose_name="different",
                    ),
                ),
                (
                    "product_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        default=list,
                        help_text="Empty: all of them.",
                        verbose_name="products",
                    ),
                ),
                (
                    "category_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        default=list,
                        help_text="Empty: all of them.",
                        verbose_name="categories",
                    ),
                ),
                (
                    "channel_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        default=list,
                        help_text="Empty: all of them.",
                        verbose_name="channels",
                    ),
                ),
                (
                    "store_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        default=list,
                        help_text="Empty: all of them.",
                        verbose_name="stores",
                    ),
                ),
                (
                    "minimum_amount",
                    models.PositiveBigIntegerField(
                        default=0,
                        help_text="On the goods that count, in one purchase.",
                        verbose_name="minimum spend",
                    ),
                ),
                (
                    "day_limit",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: no limit.",
                        null=True,
                        verbose_name="at most a day",
                    ),
                ),
                (
                    "target",
                    models.PositiveBigIntegerField(
                        help_text="Stamps; for money, the amount in minor units.",
                        verbose_name="full at",
                    ),
                ),
                (
                    "round_limit",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: one after the other.",
                        null=True,
                        verbose_name="cards per member",
                    ),
                ),
                ("published_at", models.DateTimeField(verbose_name="published at")),
                (
                    "challenge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="rewards.challenge",
                    ),
                ),
                (
                    "prize_reward",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="rewards.reward",
                        verbose_name="reward",
                    ),
                ),
                (
                    "prize_wheel",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="rewards.wheel",
                        verbose_name="wheel",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a stamp card",
                "verbose_name_plural": "versions of stamp cards",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ChallengeGate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opens_at", models.DateTimeField(verbose_name="opens at")),
                (
                    "closes_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="closes at"),
                ),
                (
                    "audience",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="members.audience",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gates",
                        to="rewards.challengeversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "stamp card gate",
                "verbose_name_plural": "stamp card gates",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StampBook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("total", models.BigIntegerField(default=0, verbose_name="stamps")),
                (
                    "challenge",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="books",
                        to="rewards.challenge",
                        verbose_name="card",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stamp_books",
                        to="members.member",
                        verbose_name="member",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_books",
                        to="rewards.stampbook",
                    ),
                ),
            ],
            options={
                "verbose_name": "collected stamps",
                "verbose_name_plural": "collected stamps",
            },
        ),
        migrations.CreateModel(
            name="StampCard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveIntegerField(verbose_name="round")),
                ("target", models.PositiveBigIntegerField(verbose_name="full at")),
                ("stamp_count", models.PositiveBigIntegerField(verbose_name="stamps")),
                ("begun_at", models.DateTimeField(verbose_name="begun at")),
                (
                    "filled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="full since"),
                ),
                ("is_paid", models.BooleanField(default=False, verbose_name="prize given")),
                (
                    "prize_count",
                    models.PositiveSmallIntegerField(default=0, verbose_name="prizes given"),
                ),
                (
                    "book",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cards",
                        to="rewards.stampbook",
                        verbose_name="book",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cards",
                        to="rewards.challengeversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "card",
                "verbose_name_plural": "cards",
            },
        ),
        migrations.CreateModel(
            name="StampGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stamp_count", models.BigIntegerField(verbose_name="stamps")),
                ("happened_at", models.DateTimeField(verbose_name="for the time of")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("goodwill", "goodwill"),
                            ("apology", "an apology"),
                            ("correction", "correction of an error"),
                            ("missing", "a purchase that was missing"),
                            ("prize", "a prize"),
                            ("request", "at your own wish"),
                            ("misuse", "use against the terms"),
                            ("other", "another reason"),
                        ],
                        max_length=12,
                        verbose_name="reason",
                    ),
                ),
                ("note", models.TextField(blank=True, default="", verbose_name="note")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("posted", "Posted"),
                            ("waiting", "Waiting for approval"),
                            ("approved", "Approved and posted"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("key", models.CharField(max_length=80, unique=True, verbose_name="key")),
                (
                    "approval",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="rewards.approval",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                (
                    "book",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="rewards.stampbook",
                        verbose_name="book",
                    ),
                ),
            ],
            options={
                "verbose_name": "stamps by hand",
                "verbose_name_plural": "stamps by hand",
            },
        ),
        migrations.CreateModel(
            name="Stamp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.BigIntegerField(verbose_name="stamps")),
                ("activity_id", models.BigIntegerField(null=True, verbose_name="activity")),
                ("purchase_id", models.BigIntegerField(null=True, verbose_name="purchase")),
                (
                    "purchase_version",
                    models.PositiveSmallIntegerField(
                        null=True, verbose_name="version of the purchase"
                    ),
                ),
                (
                    "positions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        db_default="", default="", max_length=40, verbose_name="of which"
                    ),
                ),
                ("effective_at", models.DateTimeField(verbose_name="happened at")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                (
                    "reverses",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="rewards.stamp",
                        verbose_name="takes back",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stamps",
                        to="rewards.challengeversion",
                        verbose_name="version",
                    ),
                ),
                (
                    "book",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stamps",
                        to="rewards.stampbook",
                        verbose_name="book",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stamps",
                        to="rewards.stampgrant",
                        verbose_name="by hand",
                    ),
                ),
            ],
            options={
                "verbose_name": "stamp",
                "verbose_name_plural": "stamps",
            },
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("prize_amount", 0),
                        ("prize_kind", "nothing"),
                        ("prize_points", 0),
                        ("prize_reward__isnull", True),
                        ("prize_spin_count", 0),
                        ("prize_wheel__isnull", True),
                    ),
                    models.Q(
                        ("prize_amount", 0),
                        ("prize_kind", "reward"),
                        ("prize_points", 0),
                        ("prize_reward__isnull", False),
                        ("prize_spin_count", 0),
                        ("prize_wheel__isnull", True),
                    ),
                    models.Q(
                        ("prize_amount", 0),
                        ("prize_kind", "points"),
                        ("prize_points__gt", 0),
                        ("prize_reward__isnull", True),
                        ("prize_spin_count", 0),
                        ("prize_wheel__isnull", True),
                    ),
                    models.Q(
                        ("prize_amount__gt", 0),
                        ("prize_kind", "credit"),
                        ("prize_points", 0),
                        ("prize_reward__isnull", True),
                        ("prize_spin_count", 0),
                        ("prize_wheel__isnull", True),
                    ),
                    models.Q(
                        ("prize_amount", 0),
                        ("prize_kind", "spins"),
                        ("prize_points", 0),
                        ("prize_reward__isnull", True),
                        ("prize_spin_count__gt", 0),
                        ("prize_wheel__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="challengeversion_prize_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("prize_days__isnull", True), ("prize_days__gt", 0), _connector="OR"
                ),
                name="challengeversion_prize_lives",
            ),
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.UniqueConstraint(
                fields=("challenge", "number"), name="challenge_version_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="challenge_version_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__isnull", True),
                    ("ends_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="challenge_version_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("target__gte", 1)), name="challenge_version_asks_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("round_limit__isnull", True), ("round_limit__gte", 1), _connector="OR"
                ),
                name="challenge_version_has_a_card",
            ),
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("day_limit__isnull", True), ("day_limit__gte", 1), _connector="OR"
                ),
                name="challenge_version_day_limit_lets_some",
            ),
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("measure", "distinct"), models.Q(("distinct_of", ""), _negated=True)),
                    models.Q(models.Q(("measure", "distinct"), _negated=True), ("distinct_of", "")),
                    _connector="OR",
                ),
                name="challenge_version_distinct_says_of_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="challengeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("prize_kind", "nothing"), _negated=True),
                name="challenge_version_gives_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="challengegate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closes_at__isnull", True),
                    ("closes_at__gt", models.F("opens_at")),
                    _connector="OR",
                ),
                name="rewards_challengegate_closes_after_opening",
            ),
        ),
        migrations.AddConstraint(
            model_name="challengegate",
            constraint=models.UniqueConstraint(
                fields=("version", "audience", "opens_at"), name="challenge_gate_once"
            ),
        ),
        migrations.AddIndex(
            model_name="stampbook",
            index=models.Index(fields=["challenge", "id"], name="stamp_book_of_challenge"),
        ),
        migrations.AddConstraint(
            model_name="stampbook",
            constraint=models.UniqueConstraint(
                fields=("member", "challenge"), name="stamp_book_once_per_member"
            ),
        ),
        migrations.AddConstraint(
            model_name="stampcard",
            constraint=models.UniqueConstraint(
                fields=("book", "round"), name="stamp_card_once_per_round"
            ),
        ),
        migrations.AddConstraint(
            model_name="stampcard",
            constraint=models.CheckConstraint(
                condition=models.Q(("stamp_count__lte", models.F("target"))),
                name="stamp_card_never_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="stampcard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("filled_at__isnull", False), ("stamp_count", models.F("target"))),
                    models.Q(("filled_at__isnull", True), ("stamp_count__lt", models.F("target"))),
                    _connector="OR",
                ),
                name="stamp_card_full_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="stampcard",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_paid", False), ("prize_count__gte", 1), _connector="OR"),
                name="stamp_card_paid_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="stampgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("stamp_count", 0), _negated=True), name="stamp_grant_moves_some"
            ),
        ),
        migrations.AddConstraint(
            model_name="stampgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approval__isnull", True), ("state", "posted")),
                    models.Q(
                        models.Q(("state", "posted"), _negated=True), ("approval__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="stamp_grant_waited_for_an_approval",
            ),
        ),
        migrations.AddIndex(
            model_name="stamp",
            index=models.Index(
                condition=models.Q(("purchase_id__isnull", False)),
                fields=["purchase_id"],
                name="stamp_of_purchase",
            ),
        ),
        migrations.AddIndex(
            model_name="stamp",
            index=models.Index(
                condition=models.Q(("reverses__isnull", False)),
                fields=["reverses"],
                name="stamp_reversed",
            ),
        ),
        migrations.AddConstraint(
            model_name="stamp",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("activity_id__isnull", True),
                        ("grant__isnull", False),
                        ("purchase_id__isnull", True),
                    ),
                    models.Q(("activity_id__isnull", False), ("grant__isnull", True)),
                    _connector="OR",
                ),
                name="stamp_has_one_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="stamp",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gt", 0), ("reverses__isnull", True)),
                    models.Q(("amount__lt", 0), ("reverses__isnull", False)),
                    models.Q(("grant__isnull", False), models.Q(("amount", 0), _negated=True)),
                    _connector="OR",
                ),
                name="stamp_reversal_takes",
            ),
        ),
        migrations.AddConstraint(
            model_name="stamp",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("activity_id__isnull", False),
                    ("purchase_id__isnull", True),
                    ("reverses", None),
                ),
                fields=("activity_id", "book", "key"),
                name="stamp_once_per_activity",
            ),
        ),
        migrations.AddConstraint(
            model_name="stamp",
            constraint=models.UniqueConstraint(
                condition=models.Q(("grant__isnull", False)),
                fields=("grant",),
                name="stamp_once_per_grant",
            ),
        ),
    ]
