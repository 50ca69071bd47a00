import core.photos
import core.words
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.math
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
import members.models.club
import members.models.export
import members.models.fields
import members.models.user
import uuid
from django.conf import settings
from django.db import migrations, models

from members.search_sql import DROP_FUNCTIONS, FUNCTIONS


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        # Generated columns call these, so they come first.
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', members.models.fields.OptionalEmailField(blank=True, default=None, max_length=254, null=True, unique=True, verbose_name='e-mail address')),
                ('phone', members.models.fields.OptionalPhoneField(blank=True, default=None, max_length=16, null=True, unique=True, verbose_name='phone number')),
                ('phone_verified_at', models.DateTimeField(blank=True, null=True, verbose_name='phone verified at')),
                ('display_name', models.CharField(blank=True, default='', max_length=150, verbose_name='display name')),
                ('is_staff', models.BooleanField(default=False, help_text='May enter the back office.', verbose_name='staff')),
                ('is_active', models.BooleanField(default=True, help_text='Clear this instead of deleting a login.', verbose_name='active')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'login',
                'verbose_name_plural': 'logins',
                'constraints': [models.CheckConstraint(condition=models.Q(('phone_verified_at__isnull', True), ('phone__isnull', False), _connector='OR'), name='user_verified_phone_exists')],
            },
            managers=[
                ('objects', members.models.user.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='ActivityBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('activity_count', models.PositiveIntegerField(verbose_name='activities')),
            ],
            options={
                'verbose_name': 'activity batch',
                'verbose_name_plural': 'activity batches',
            },
        ),
        migrations.CreateModel(
            name='Address',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('home', 'Home'), ('delivery', 'Delivery')], default='home', max_length=8, verbose_name='purpose')),
                ('label', models.CharField(blank=True, default='', max_length=40, verbose_name='label')),
                ('is_default', models.BooleanField(default=False, verbose_name='the usual one')),
                ('country', models.CharField(max_length=2, verbose_name='country or region')),
                ('postal_code', models.CharField(blank=True, default='', max_length=12, verbose_name='postal code')),
                ('region', models.CharField(blank=True, default='', max_length=80, verbose_name='region')),
                ('city', models.CharField(blank=True, default='', max_length=80, verbose_name='city')),
                ('district', models.CharField(blank=True, default='', max_length=80, verbose_name='district')),
                ('street', models.CharField(max_length=200, verbose_name='street')),
                ('building', models.CharField(blank=True, default='', max_length=120, verbose_name='building')),
                ('recipient', models.CharField(blank=True, default='', max_length=120, verbose_name='recipient')),
                ('phone', models.CharField(blank=True, default='', max_length=16, verbose_name='phone number')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='changed at')),
            ],
            options={
                'verbose_name': 'address',
                'verbose_name_plural': 'addresses',
                'constraints': [models.CheckConstraint(condition=models.Q(('purpose__in', ['home', 'delivery'])), name='address_purpose_is_known'), models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='address_country_is_iso'), models.CheckConstraint(condition=models.Q(('street', ''), _negated=True), name='address_has_street'), models.CheckConstraint(condition=models.Q(('phone', ''), ('phone__regex', '^\\+[0-9]{4,15}$'), _connector='OR'), name='address_phone_is_e164')],
            },
        ),
        migrations.CreateModel(
            name='Club',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(default='Our club', max_length=120, verbose_name='name')),
                ('currency', models.CharField(default='USD', help_text='ISO 4217. One programme currency; purchases in others are refused.', max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Three capital letters, as in USD.')], verbose_name='currency')),
                ('zone', models.CharField(default='America/Los_Angeles', max_length=64, validators=[members.models.club.validate_zone], verbose_name='time zone')),
                ('country', models.CharField(default='US', help_text='ISO 3166. Phone numbers without a country code belong here.', max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}\\Z', 'Two capital letters, as in US.')], verbose_name='country')),
                ('locale', models.CharField(default='en', max_length=12, verbose_name='language')),
                ('phone', models.CharField(blank=True, default='', max_length=40, verbose_name='phone number')),
                ('email', models.EmailField(blank=True, default='', max_length=254, verbose_name='e-mail address')),
                ('address', models.TextField(blank=True, default='', verbose_name='address')),
                ('i18n', core.words.Words(fields=('name', 'address'), required_languages=(), virtual_fields=True)),
                ('guardian_age', models.PositiveSmallIntegerField(blank=True, help_text="Younger members need a parent's or guardian's consent. Empty: what is usual in the club's country (14 in China, 18 in Japan and Taiwan).", null=True, verbose_name='guardian needed below the age of')),
                ('number_key', models.CharField(db_default=django.db.models.functions.text.MD5(django.db.models.functions.comparison.Cast(django.db.models.functions.math.Random(), models.TextField())), editable=False, max_length=32, verbose_name='key of membership numbers')),
            ],
            options={
                'verbose_name': 'club',
                'verbose_name_plural': 'club',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='club_is_one_row'), models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='club_currency_is_iso'), models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='club_country_is_iso'), models.CheckConstraint(condition=models.Q(('guardian_age__isnull', True), ('guardian_age__lte', 25), _connector='OR'), name='club_guardian_age_is_sane')],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=20, verbose_name='purpose')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message'), ('post', 'Letter'), ('phone', 'Phone call'), ('line', 'LINE'), ('wechat', 'WeChat'), ('on_site', 'On these pages'), ('any', 'Any')], max_length=8, verbose_name='channel')),
                ('is_given', models.BooleanField(verbose_name='given')),
                ('source', models.CharField(choices=[('profile', 'Their own pages'), ('counter', 'Counter'), ('phone', 'Phone call'), ('paper', 'Signed form'), ('shop', 'Shop'), ('import', 'Import'), ('link', 'Link in a message'), ('guardian', 'Guardian'), ('merge', 'Merge of two records'), ('system', "The club's system")], max_length=8, verbose_name='source')),
                ('effective_at', models.DateTimeField(verbose_name='effective at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
            ],
            options={
                'verbose_name': 'consent',
                'verbose_name_plural': 'consents',
                'constraints': [models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'sms', 'post', 'phone', 'line', 'wechat', 'on_site', 'any'])), name='consent_channel_is_known'), models.CheckConstraint(condition=models.Q(('source__in', ['profile', 'counter', 'phone', 'paper', 'shop', 'import', 'link', 'guardian', 'merge', 'system'])), name='consent_source_is_known'), models.CheckConstraint(condition=models.Q(('effective_at__lte', models.F('recorded_at'))), name='consent_not_in_the_future')],
            },
        ),
        migrations.CreateModel(
            name='ConsentWording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=20, verbose_name='purpose')),
                ('locale', models.CharField(max_length=12, verbose_name='language')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('text', models.TextField(verbose_name='text')),
                ('text_hash', models.CharField(max_length=64, verbose_name='hash of the text')),
                ('recorded_at', models.DateTimeField(verbose_name='first shown at')),
            ],
            options={
                'verbose_name': 'wording of a consent',
                'verbose_name_plural': 'wordings of consents',
                'constraints': [models.UniqueConstraint(fields=('purpose', 'locale', 'version'), name='wording_once_per_version'), models.UniqueConstraint(fields=('purpose', 'locale', 'text_hash'), name='wording_once_per_text')],
            },
        ),
        migrations.CreateModel(
            name='DataExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Being prepared'), ('ready', 'Ready'), ('failed', 'Failed'), ('expired', 'Expired')], default='waiting', max_length=8, verbose_name='state')),
                ('requested_at', models.DateTimeField(verbose_name='requested at')),
                ('locale', models.CharField(blank=True, db_default='', default='', max_length=12, verbose_name='language')),
                ('attempt_count', models.PositiveIntegerField(db_default=0, default=0, verbose_name='attempts')),
                ('due_at', models.DateTimeField(help_text='When the next attempt may begin.', verbose_name='due at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                ('file', models.FileField(blank=True, max_length=255, storage=members.models.export.get_private_storage, upload_to='exports/%Y/%m/', verbose_name='file')),
                ('row_count', models.PositiveIntegerField(db_default=0, default=0, verbose_name='entries')),
                ('download_count', models.PositiveIntegerField(db_default=0, default=0, verbose_name='downloads')),
            ],
            options={
                'verbose_name': 'download of data',
                'verbose_name_plural': 'downloads of data',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='export_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'ready', 'failed', 'expired'])), name='export_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), _negated=True), models.Q(('expires_at__isnull', False), models.Q(('file', ''), _negated=True)), _connector='OR'), name='export_ready_has_file')],
            },
        ),
        migrations.CreateModel(
            name='DuplicatePair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('phone', 'Same phone number'), ('email', 'Same e-mail address'), ('email_variant', 'Two writings of one e-mail address'), ('name_birthday', 'Same name and birthday')], max_length=16), verbose_name='reasons')),
                ('score', models.PositiveSmallIntegerField(help_text='0 to 100', verbose_name='likeness')),
                ('state', models.CharField(choices=[('open', 'To look at'), ('different', 'Not the same person'), ('merged', 'Merged')], default='open', max_length=10, verbose_name='state')),
                ('found_at', models.DateTimeField(verbose_name='found at')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
            ],
            options={
                'verbose_name': 'possible duplicate',
                'verbose_name_plural': 'possible duplicates',
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['-score', '-id'], name='duplicate_to_look_at')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'different', 'merged'])), name='duplicate_state_is_known'), models.CheckConstraint(condition=models.Q(('score__range', (0, 100))), name='duplicate_score_is_percent'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='duplicate_decision_has_time')],
            },
        ),
        migrations.CreateModel(
            name='ErasedKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=9, verbose_name='kind')),
                ('key_id', models.CharField(max_length=8, verbose_name='key')),
                ('key_hash', models.CharField(max_length=64, unique=True, verbose_name='hash')),
            ],
            options={
                'verbose_name': 'erased contact',
                'verbose_name_plural': 'erased contacts',
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['email', 'phone', 'reference'])), name='erased_key_kind'), models.CheckConstraint(condition=models.Q(('key_hash__regex', '^[0-9a-f]{64}$')), name='erased_key_is_a_hash')],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='id in the log')),
                ('members', models.JSONField(verbose_name='records')),
                ('erased_at', models.DateTimeField(verbose_name='erased at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('logged_at', models.DateTimeField(blank=True, null=True, verbose_name='logged at')),
                ('rechecked_at', models.DateTimeField(blank=True, null=True, verbose_name='looked at again at')),
            ],
            options={
                'verbose_name': 'erasure',
                'verbose_name_plural': 'erasures',
                'indexes': [models.Index(condition=models.Q(('logged_at__isnull', True)), fields=['id'], name='erasure_unlogged'), models.Index(condition=models.Q(('rechecked_at__isnull', True)), fields=['recorded_at'], name='erasure_unchecked')],
            },
        ),
        migrations.CreateModel(
            name='ErasureRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='id in the log')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('cancelled', 'Cancelled'), ('done', 'Done')], default='waiting', max_length=9, verbose_name='state')),
                ('source', models.CharField(choices=[('member', 'The member'), ('staff', 'Staff, for the member'), ('shop', 'A connected shop'), ('retention', 'Retention policy'), ('log', 'Log of erasures, after a restored backup')], max_length=9, verbose_name='asked by')),
                ('requested_at', models.DateTimeField(verbose_name='requested at')),
                ('reason', models.TextField(blank=True, db_default='', default='', verbose_name='reason')),
                ('due_at', models.DateTimeField(verbose_name='due at')),
                ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='member told at')),
                ('try_at', models.DateTimeField(verbose_name='next attempt at')),
                ('attempt_count', models.PositiveIntegerField(db_default=0, default=0, verbose_name='attempts')),
                ('held_up_by', models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name='held up by')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                ('logged_at', models.DateTimeField(blank=True, null=True, verbose_name='cancellation logged at')),
            ],
            options={
                'verbose_name': 'request for erasure',
                'verbose_name_plural': 'requests for erasure',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['try_at'], name='erasure_request_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'cancelled', 'done'])), name='erasure_request_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='erasure_request_closed_has_time'), models.CheckConstraint(condition=models.Q(('due_at__gte', models.F('requested_at'))), name='erasure_request_due_later'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('reason', ''), _connector='OR'), name='erasure_request_done_is_blank')],
            },
        ),
        migrations.CreateModel(
            name='FooterLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('imprint', 'Imprint'), ('commerce', 'Disclosure of a distance seller (特定商取引法に基づく表記)'), ('icp', 'Chinese ICP filing number (备案号)'), ('terms', 'Terms'), ('privacy', 'Privacy policy'), ('social', 'Social network'), ('other', 'Anything else')], default='other', max_length=10, verbose_name='kind')),
                ('label', models.CharField(help_text='As members read it; of a filing, its number.', max_length=80, verbose_name='words')),
                ('address', models.CharField(blank=True, default='', help_text='Where it leads, if not to one of your pages. A filing number leads to its ministry by itself.', max_length=500, validators=[django.core.validators.URLValidator(schemes=['https', 'http'])], verbose_name='address')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Lower ones come first.', verbose_name='position')),
                ('i18n', core.words.Words(fields=('label',), required_languages=(), virtual_fields=True)),
            ],
            options={
                'verbose_name': 'footer link',
                'verbose_name_plural': 'footer links',
                'constraints': [models.CheckConstraint(condition=models.Q(('address', ''), ('address__regex', '^https?://'), _connector='OR'), name='footer_link_is_on_the_web'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'icp'), _negated=True), ('address', 'https://beian.miit.gov.cn/'), _connector='OR'), name='footer_link_of_a_filing_leads_to_its_ministry')],
            },
        ),
        migrations.CreateModel(
            name='Guardian',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('email', members.models.fields.OptionalEmailField(blank=True, default=None, max_length=254, null=True, verbose_name='e-mail address')),
                ('named_at', models.DateTimeField(verbose_name='named at')),
                ('asked_at', models.DateTimeField(blank=True, null=True, verbose_name='asked at')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='confirmed at')),
                ('refused_at', models.DateTimeField(blank=True, null=True, verbose_name='refused at')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
            ],
            options={
                'verbose_name': 'guardian',
                'verbose_name_plural': 'guardians',
                'constraints': [models.CheckConstraint(condition=models.Q(('confirmed_at__isnull', True), ('refused_at__isnull', True), _connector='OR'), name='guardian_answers_one_way')],
            },
        ),
        migrations.CreateModel(
            name='Household',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
            ],
            options={
                'verbose_name': 'household',
                'verbose_name_plural': 'households',
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gte', models.F('created_at')), _connector='OR'), name='household_ends_after_beginning')],
            },
        ),
        migrations.CreateModel(
            name='HouseholdInvitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(blank=True, default='', max_length=254, verbose_name='e-mail address')),
                ('is_for_anyone', models.BooleanField(default=False, verbose_name='for whoever has the link')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                ('expires_at', models.DateTimeField(verbose_name='expires at')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered at')),
                ('is_accepted', models.BooleanField(default=False, verbose_name='accepted')),
            ],
            options={
                'verbose_name': 'household invitation',
                'verbose_name_plural': 'household invitations',
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='invitation_expires_later')],
            },
        ),
        migrations.CreateModel(
            name='HouseholdMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_head', models.BooleanField(default=False, verbose_name='head')),
                ('joined_at', models.DateTimeField(verbose_name='joined at')),
                ('agreed_at', models.DateTimeField(blank=True, null=True, verbose_name='agreed at')),
                ('left_at', models.DateTimeField(blank=True, null=True, verbose_name='left at')),
            ],
            options={
                'verbose_name': 'household member',
                'verbose_name_plural': 'household members',
                'constraints': [models.CheckConstraint(condition=models.Q(('left_at__isnull', True), ('left_at__gte', models.F('joined_at')), _connector='OR'), name='household_left_after_joining'), models.CheckConstraint(condition=models.Q(('left_at__isnull', True), ('agreed_at__isnull', True), _connector='OR'), name='household_agreement_ends_on_leaving')],
            },
        ),
        migrations.CreateModel(
            name='LegalPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True, verbose_name='address')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('body', models.TextField(help_text='An empty line begins a paragraph, “## ” a heading, “- ” a list; addresses become links.', max_length=60000, verbose_name='text')),
                ('i18n', core.words.Words(fields=('title', 'body'), required_languages=(), virtual_fields=True)),
                ('changed_at', models.DateTimeField(verbose_name='changed at')),
            ],
            options={
                'verbose_name': 'legal page',
                'verbose_name_plural': 'legal pages',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('title', ''), _negated=True), models.Q(('body', ''), _negated=True)), name='legal_page_says_something')],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=12, unique=True, verbose_name='membership number')),
                ('status', models.CharField(choices=[('active', 'Active'), ('closed', 'Closed'), ('merged', 'Merged into another'), ('erased', 'Erased')], db_default='active', default='active', max_length=8, verbose_name='status')),
                ('family_name', models.CharField(blank=True, db_default='', default='', max_length=80, verbose_name='family name')),
                ('given_name', models.CharField(blank=True, db_default='', default='', max_length=80, verbose_name='given name')),
                ('family_name_reading', models.CharField(blank=True, db_default='', default='', help_text='Kana, or pinyin.', max_length=80, verbose_name='reading of the family name')),
                ('given_name_reading', models.CharField(blank=True, db_default='', default='', max_length=80, verbose_name='reading of the given name')),
                ('display_name', models.CharField(blank=True, db_default='', default='', help_text='What they want to be called, where it differs.', max_length=150, verbose_name='display name')),
                ('email', members.models.fields.OptionalEmailField(blank=True, default=None, max_length=254, null=True, verbose_name='e-mail address')),
                ('phone', members.models.fields.OptionalPhoneField(blank=True, default=None, max_length=16, null=True, verbose_name='phone number')),
                ('gender', models.CharField(blank=True, choices=[('', 'Not given'), ('female', 'Female'), ('male', 'Male'), ('other', 'Other')], db_default='', default='', max_length=8, verbose_name='gender')),
                ('birth_year', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='year of birth')),
                ('birth_month', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='month of birth')),
                ('birth_day', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='day of birth')),
                ('household_size', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='people in the household')),
                ('child_birth_years', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, db_default=[], default=list, verbose_name="children's years of birth")),
                ('income_band', models.CharField(blank=True, choices=[('below', 'Below the average'), ('average', 'About average'), ('above', 'Above the average'), ('well_above', 'Well above the average')], db_default='', default='', max_length=12, verbose_name='income')),
                ('interests', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('cooking', 'Cooking'), ('wine', 'Wine, tea and coffee'), ('home', 'Home'), ('garden', 'Garden and plants'), ('fashion', 'Fashion'), ('beauty', 'Beauty'), ('sport', 'Sport'), ('outdoors', 'Outdoors'), ('travel', 'Travel'), ('books', 'Books'), ('music', 'Music and theatre'), ('art', 'Art and design'), ('craft', 'Making things'), ('technology', 'Technology'), ('children', 'Children'), ('pets', 'Pets')], max_length=12), blank=True, db_default=[], default=list, verbose_name='interests')),
                ('preferences', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('paperless', 'No paper: receipts and letters on a screen'), ('large_print', 'Large print where there is paper'), ('no_bag', 'No bag'), ('in_peace', 'I ask when I need something'), ('in_writing', 'Write rather than call')], max_length=12), blank=True, db_default=[], default=list, verbose_name='preferences')),
                ('traits', models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='good to know')),
                ('locale', models.CharField(blank=True, choices=[('en', 'English'), ('zh-hans', 'Simplified Chinese'), ('zh-hant', 'Traditional Chinese'), ('ja', 'Japanese')], db_default='', default='', help_text="Empty: the club's.", max_length=12, verbose_name='language')),
                ('source', models.CharField(db_default='', default='', help_text='Where the record came from.', max_length=40, verbose_name='source')),
                ('joined_at', models.DateTimeField(verbose_name='joined at')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('name_sort', models.GeneratedField(db_persist=True, expression=models.Func(models.F('family_name'), models.F('given_name'), models.F('family_name_reading'), models.F('given_name_reading'), models.F('display_name'), function='members_name_sort'), output_field=models.CharField(db_collation='C', max_length=400), verbose_name='sort key')),
                ('name_words', models.GeneratedField(db_persist=True, expression=models.Func(models.F('family_name'), models.F('given_name'), models.F('family_name_reading'), models.F('given_name_reading'), models.F('display_name'), function='members_name_words'), output_field=django.contrib.postgres.search.SearchVectorField(null=True), verbose_name='search words')),
            ],
            options={
                'verbose_name': 'member',
                'verbose_name_plural': 'members',
                'indexes': [models.Index(condition=models.Q(('email__isnull', False)), fields=['email'], name='member_by_email'), models.Index(condition=models.Q(('phone__isnull', False)), fields=['phone'], name='member_by_phone'), models.Index(fields=['name_sort', 'id'], name='member_by_name_sort'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('name_words__isnull', False)), fields=['name_words'], gin_pending_list_limit=512, name='member_by_name_words'), models.Index(condition=models.Q(('birth_month__isnull', False)), fields=['birth_month', 'birth_day'], name='member_by_birthday')],
                'constraints': [models.CheckConstraint(condition=models.Q(('number__regex', '^[0-9]{12}$')), name='member_number_is_12_digits'), models.CheckConstraint(condition=models.Q(models.ExpressionWrapper(django.db.models.lookups.Exact(django.db.models.functions.math.Mod(django.db.models.functions.comparison.Cast('number', models.BigIntegerField()), 97), 1), output_field=models.BooleanField())), name='member_number_check_digits'), models.CheckConstraint(condition=models.Q(('status__in', ['active', 'closed', 'merged', 'erased'])), name='member_status_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'erased'), _negated=True), models.Q(('birth_day__isnull', True), ('birth_month__isnull', True), ('birth_year__isnull', True), ('child_birth_years', []), ('display_name', ''), ('email__isnull', True), ('family_name', ''), ('family_name_reading', ''), ('gender', ''), ('given_name', ''), ('given_name_reading', ''), ('household_size__isnull', True), ('income_band', ''), ('interests', []), ('phone__isnull', True), ('preferences', []), ('traits', '')), _connector='OR'), name='member_erased_is_blank'), models.CheckConstraint(condition=models.Q(('birth_year__isnull', True), ('birth_year__range', (1880, 2200)), _connector='OR'), name='member_birth_year_is_sane'), models.CheckConstraint(condition=models.Q(('birth_month__isnull', True), ('birth_month__range', (1, 12)), _connector='OR'), name='member_birth_month_is_a_month'), models.CheckConstraint(condition=models.Q(('birth_day__isnull', True), models.Q(('birth_day__range', (1, 31)), ('birth_month__isnull', False), models.Q(('birth_day__gt', 29), ('birth_month', 2), _negated=True), models.Q(('birth_day', 31), ('birth_month__in', [4, 6, 9, 11]), _negated=True)), _connector='OR'), name='member_birth_day_is_in_month'), models.CheckConstraint(condition=models.Q(('phone__isnull', True), ('phone__regex', '^\\+[0-9]{4,15}$'), _connector='OR'), name='member_phone_is_e164'), models.CheckConstraint(condition=models.Q(('household_size__isnull', True), ('household_size__range', (1, 30)), _connector='OR'), name='member_household_size_is_sane'), models.CheckConstraint(condition=models.Q(('child_birth_years__len__lte', 12)), name='member_children_are_few'), models.CheckConstraint(condition=models.Q(('income_band__in', ['', 'below', 'average', 'above', 'well_above'])), name='member_income_band_is_known'), models.CheckConstraint(condition=models.Q(('interests__contained_by', ['cooking', 'wine', 'home', 'garden', 'fashion', 'beauty', 'sport', 'outdoors', 'travel', 'books', 'music', 'art', 'craft', 'technology', 'children', 'pets'])), name='member_interests_are_known'), models.CheckConstraint(condition=models.Q(('preferences__contained_by', ['paperless', 'large_print', 'no_bag', 'in_peace', 'in_writing'])), name='member_preferences_are_known')],
            },
        ),
        migrations.CreateModel(
            name='MemberMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('merged_at', models.DateTimeField(verbose_name='merged at')),
                ('moved', models.JSONField(verbose_name='moved')),
            ],
            options={
                'verbose_name': 'merge',
                'verbose_name_plural': 'merges',
            },
        ),
        migrations.CreateModel(
            name='MemberReference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source_code', models.CharField(max_length=50, verbose_name='source')),
                ('external_id', models.CharField(max_length=120, verbose_name='external id')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
            ],
            options={
                'verbose_name': 'member reference',
                'verbose_name_plural': 'member references',
                'constraints': [models.UniqueConstraint(fields=('source_code', 'external_id'), name='reference_once_per_source')],
            },
        ),
        migrations.CreateModel(
            name='MergeAddition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('added_at', models.DateTimeField(verbose_name='added at')),
                ('moved', models.JSONField(verbose_name='moved')),
            ],
            options={
                'verbose_name': 'addition to a merge',
                'verbose_name_plural': 'additions to merges',
            },
        ),
        migrations.CreateModel(
            name='MergeUndo',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('undone_at', models.DateTimeField(verbose_name='undone at')),
            ],
            options={
                'verbose_name': 'undone merge',
                'verbose_name_plural': 'undone merges',
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=60, verbose_name='code')),
                ('params', models.JSONField(default=dict, verbose_name='facts')),
                ('effective_at', models.DateTimeField(verbose_name='effective at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='read at')),
                ('key', models.CharField(max_length=120, verbose_name='key')),
            ],
            options={
                'verbose_name': 'notice',
                'verbose_name_plural': 'notices',
                'constraints': [models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='notice_has_key')],
            },
        ),
        migrations.CreateModel(
            name='Recipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('what_for', models.CharField(help_text='A sentence that members read.', max_length=300, verbose_name='what for')),
                ('country', models.CharField(help_text='ISO 3166: where the data is kept. Abroad, members are asked.', max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}\\Z', 'Two capital letters, as in US.')], verbose_name='country')),
                ('is_current', models.BooleanField(default=True, verbose_name='current')),
                ('i18n', core.words.Words(fields=('name', 'what_for'), required_languages=(), virtual_fields=True)),
            ],
            options={
                'verbose_name': 'recipient of data',
                'verbose_name_plural': 'recipients of data',
                'constraints': [models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='recipient_country_is_iso')],
            },
        ),
        migrations.CreateModel(
            name='WorkItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consumer', models.CharField(max_length=40, verbose_name='consumer')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('due_at', models.DateTimeField(verbose_name='due at')),
                ('attempt_count', models.PositiveIntegerField(db_default=0, default=0, verbose_name='failed attempts')),
                ('last_error', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='last error')),
            ],
            options={
                'verbose_name': 'work item',
                'verbose_name_plural': 'work items',
                'indexes': [models.Index(fields=['consumer', 'due_at', 'id'], name='work_of_consumer')],
                'constraints': [models.CheckConstraint(condition=models.Q(('consumer', ''), _negated=True), name='work_has_consumer')],
            },
        ),
        migrations.CreateModel(
            name='StaffPin',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='staff_pin', serialize=False, to=settings.AUTH_USER_MODEL, verbose_name='login')),
                ('pin_hash', models.CharField(editable=False, max_length=128, verbose_name='PIN hash')),
                ('set_at', models.DateTimeField(verbose_name='set at')),
                ('failed_count', models.PositiveSmallIntegerField(default=0, verbose_name='wrong tries in a row')),
                ('locked_until_at', models.DateTimeField(blank=True, null=True, verbose_name='locked until')),
            ],
            options={
                'verbose_name': 'PIN for the counter',
                'verbose_name_plural': 'PINs for the counter',
                'constraints': [models.CheckConstraint(condition=models.Q(('failed_count__lte', 20)), name='staff_pin_tries_are_limited')],
            },
        ),
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('effective_at', models.DateTimeField(verbose_name='happened at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('subject_type', models.CharField(db_default='', default='', max_length=40, verbose_name='subject type')),
                ('subject_id', models.BigIntegerField(null=True, verbose_name='subject')),
                ('facts', models.JSONField(default=dict, verbose_name='facts')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='members.activitybatch', verbose_name='batch')),
            ],
            options={
                'verbose_name': 'activity',
                'verbose_name_plural': 'activities',
            },
        ),
        migrations.CreateModel(
            name='Audience',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True, verbose_name='slug')),
                ('kind', models.CharField(choices=[('everyone', 'Everyone'), ('tier', 'Tier'), ('club', 'Club'), ('plan', 'Plan'), ('segment', 'Segment'), ('list', 'List')], max_length=8, verbose_name='kind')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('i18n', core.words.Words(fields=('name',), required_languages=(), virtual_fields=True)),
            ],
            options={
                'verbose_name': 'audience',
                'verbose_name_plural': 'audiences',
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['everyone', 'tier', 'club', 'plan', 'segment', 'list'])), name='audience_kind_is_known'), models.UniqueConstraint(condition=models.Q(('kind', 'everyone')), fields=('kind',), name='audience_one_everyone')],
            },
        ),
        migrations.CreateModel(
            name='AudienceMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='added at')),
                ('audience', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='members.audience', verbose_name='audience')),
            ],
            options={
                'verbose_name': 'audience member',
                'verbose_name_plural': 'audience members',
            },
        ),
        migrations.CreateModel(
            name='ClaimAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempted_at', models.DateTimeField(verbose_name='attempted at')),
                ('refusal', models.CharField(blank=True, default='', max_length=40, verbose_name='refusal')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='login')),
            ],
            options={
                'verbose_name': 'claim attempt',
                'verbose_name_plural': 'claim attempts',
                'indexes': [models.Index(fields=['user', '-attempted_at'], name='claim_attempt_of_user')],
            },
        ),
        migrations.CreateModel(
            name='ClaimCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code_hash', models.CharField(max_length=64, verbose_name='hash of the code')),
                ('issued_at', models.DateTimeField(verbose_name='issued at')),
                ('expires_at', models.DateTimeField(verbose_name='expires at')),
                ('issued_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='issued by')),
            ],
            options={
                'verbose_name': 'claim code',
                'verbose_name_plural': 'claim codes',
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('issued_at'))), name='claim_code_expires_later')],
            },
        ),
        migrations.CreateModel(
            name='Theme',
            fields=[
                ('club', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='theme', serialize=False, to='members.club')),
                ('accent', models.CharField(blank=True, default='', max_length=7, verbose_name='accent colour')),
                ('card', models.CharField(blank=True, default='', max_length=7, verbose_name='card colour')),
                ('logo', core.photos.PhotoField(blank=True, default='', help_text='Stands in place of the name. Best wide, on no ground.', max_length=80, verbose_name='logo')),
                ('mark', core.photos.PhotoField(blank=True, default='', help_text="A square sign beside the name and on the browser's tab.", max_length=80, verbose_name='mark')),
                ('hero', core.photos.PhotoField(blank=True, default='', help_text='Of the place or the people; above the story and with shared links.', max_length=80, verbose_name='photograph')),
                ('hero_alt', models.CharField(blank=True, default='', help_text="For whoever can't see it.", max_length=200, verbose_name='what the photograph shows')),
                ('tagline', models.CharField(blank=True, default='', help_text='What the club is. Search engines and shared links show it too.', max_length=160, verbose_name='in one sentence')),
                ('story_title', models.CharField(blank=True, default='', max_length=120, verbose_name='title of the story')),
                ('story', models.TextField(blank=True, default='', help_text='An empty line begins a paragraph, “## ” a heading, “- ” a list.', max_length=12000, verbose_name='story')),
                ('story_values', models.TextField(blank=True, default='', help_text='One value in each paragraph: its name in the first line, then what it means.', max_length=6000, verbose_name='what the club stands for')),
                ('opening_hours', models.TextField(blank=True, default='', max_length=1000, verbose_name='opening hours')),
                ('map_url', models.URLField(blank=True, default='', help_text='From the map that your guests use; it is shown as a plain link.', max_length=500, verbose_name='address of a map')),
                ('i18n', core.words.Words(fields=('hero_alt', 'tagline', 'story_title', 'story', 'story_values', 'opening_hours'), required_languages=(), virtual_fields=True)),
            ],
            options={
                'verbose_name': 'appearance',
                'verbose_name_plural': 'appearance',
                'constraints': [models.CheckConstraint(condition=models.Q(('accent', ''), ('accent__regex', '^#[0-9a-f]{6}$'), _connector='OR'), name='theme_accent_is_hex'), models.CheckConstraint(condition=models.Q(('card', ''), ('card__regex', '^#[0-9a-f]{6}$'), _connector='OR'), name='theme_card_is_hex'), models.CheckConstraint(condition=models.Q(('map_url', ''), ('map_url__regex', '^https?://'), _connector='OR'), name='theme_map_is_on_the_web')],
            },
        ),
        migrations.AddField(
            model_name='consent',
            name='recorded_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, help_text='Empty where the system or somebody without a login acted.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by'),
        ),
        migrations.AddField(
            model_name='consent',
            name='wording',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.consentwording', verbose_name='wording'),
        ),
        migrations.AddField(
            model_name='dataexport',
            name='requested_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='requested by'),
        ),
        migrations.AddField(
            model_name='duplicatepair',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AddField(
            model_name='erasedkey',
            name='erasure',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='members.erasure', verbose_name='erasure'),
        ),
        migrations.AddField(
            model_name='erasurerequest',
            name='requested_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='entered by'),
        ),
        migrations.AddField(
            model_name='guardian',
            name='named_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='named by'),
        ),
        migrations.AddField(
            model_name='householdinvitation',
            name='household',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='members.household', verbose_name='household'),
        ),
        migrations.AddField(
            model_name='householdmember',
            name='household',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='members.household', verbose_name='household'),
        ),
        migrations.AddField(
            model_name='footerlink',
            name='page',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='links', to='members.legalpage', verbose_name='page'),
        ),
        migrations.AddField(
            model_name='member',
            name='merged_into',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member', verbose_name='merged into'),
        ),
        migrations.AddField(
            model_name='member',
            name='user',
            field=models.OneToOneField(blank=True, help_text='Empty until the person claims the membership.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='member', to=settings.AUTH_USER_MODEL, verbose_name='login'),
        ),
        migrations.AddField(
            model_name='householdmember',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='household_places', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='householdinvitation',
            name='invited_by_member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member', verbose_name='invited by'),
        ),
        migrations.AddField(
            model_name='householdinvitation',
            name='member',
            field=models.ForeignKey(blank=True, help_text='Who was invited by number, or who answered.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='household_invitations', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='guardian',
            name='member',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='guardians', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='erasurerequest',
            name='member',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='erasure_requests', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='duplicatepair',
            name='first',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member', verbose_name='older record'),
        ),
        migrations.AddField(
            model_name='duplicatepair',
            name='second',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member', verbose_name='newer record'),
        ),
        migrations.AddField(
            model_name='dataexport',
            name='member',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='exports', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='consent',
            name='member',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='claimcode',
            name='member',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='claim_codes', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='claimattempt',
            name='member',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='claim_attempts', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='audiencemember',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='audience_rows', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='address',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='addresses', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='activity',
            name='member',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='membermerge',
            name='merged_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='merged by'),
        ),
        migrations.AddField(
            model_name='membermerge',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges_away', to='members.member', verbose_name='absorbed record'),
        ),
        migrations.AddField(
            model_name='membermerge',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges_in', to='members.member', verbose_name='surviving record'),
        ),
        migrations.AddField(
            model_name='memberreference',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='references', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='mergeaddition',
            name='merge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='additions', to='members.membermerge', verbose_name='merge'),
        ),
        migrations.AddField(
            model_name='mergeundo',
            name='merge',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='undo', to='members.membermerge', verbose_name='merge'),
        ),
        migrations.AddField(
            model_name='mergeundo',
            name='undone_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='undone by'),
        ),
        migrations.AddField(
            model_name='notice',
            name='member',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='workitem',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='work_items', to='members.activitybatch', verbose_name='batch'),
        ),
        migrations.AddConstraint(
            model_name='footerlink',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('page__isnull', True), models.Q(('address', ''), _negated=True)), models.Q(('page__isnull', False), ('address', '')), _connector='OR'), name='footer_link_leads_to_one_place'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('merged_into__isnull', False), ('status', 'merged')), models.Q(models.Q(('status', 'merged'), _negated=True), ('merged_into__isnull', True)), _connector='OR'), name='member_merged_has_survivor'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), models.Q(('merged_into', models.F('id')), _negated=True), _connector='OR'), name='member_not_merged_into_itself'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['merged', 'erased']), _negated=True), ('user__isnull', True), _connector='OR'), name='member_gone_has_no_login'),
        ),
        migrations.AddConstraint(
            model_name='householdmember',
            constraint=models.UniqueConstraint(condition=models.Q(('left_at__isnull', True)), fields=('member',), name='household_one_per_member'),
        ),
        migrations.AddConstraint(
            model_name='householdmember',
            constraint=models.UniqueConstraint(condition=models.Q(('is_head', True), ('left_at__isnull', True)), fields=('household',), name='household_one_head'),
        ),
        migrations.AddConstraint(
            model_name='householdinvitation',
            constraint=models.CheckConstraint(condition=models.Q(('is_accepted', False), models.Q(('answered_at__isnull', False), ('member__isnull', False)), _connector='OR'), name='invitation_accepted_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='householdinvitation',
            constraint=models.UniqueConstraint(condition=models.Q(('answered_at__isnull', True), ('member__isnull', False)), fields=('household', 'member'), name='invitation_once_per_member'),
        ),
        migrations.AddIndex(
            model_name='guardian',
            index=models.Index(fields=['member', '-id'], name='guardian_of_member'),
        ),
        migrations.AddConstraint(
            model_name='guardian',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('member',), name='guardian_one_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='erasurerequest',
            index=models.Index(fields=['member', '-id'], name='erasure_request_of_member'),
        ),
        migrations.AddConstraint(
            model_name='erasurerequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('member',), name='erasure_request_one_waiting'),
        ),
        migrations.AddConstraint(
            model_name='duplicatepair',
            constraint=models.UniqueConstraint(fields=('first', 'second'), name='duplicate_once_per_pair'),
        ),
        migrations.AddConstraint(
            model_name='duplicatepair',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='duplicate_older_first'),
        ),
        migrations.AddIndex(
            model_name='dataexport',
            index=models.Index(fields=['member', '-id'], name='export_of_member'),
        ),
        migrations.AddConstraint(
            model_name='dataexport',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('member',), name='export_one_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['member', 'purpose', 'channel', '-effective_at', '-id'], include=('is_given',), name='consent_of_member'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(condition=models.Q(('is_given', True)), fields=['purpose', 'channel', 'member'], name='consent_given_to_purpose'),
        ),
        migrations.AddConstraint(
            model_name='claimcode',
            constraint=models.UniqueConstraint(fields=('member',), name='claim_code_one_per_member'),
        ),
        migrations.AddConstraint(
            model_name='audiencemember',
            constraint=models.UniqueConstraint(fields=('audience', 'member'), name='audience_member_once'),
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('member', 'purpose'), name='address_one_default_per_purpose'),
        ),
        migrations.AddIndex(
            model_name='activity',
            index=models.Index(fields=['member', '-effective_at', '-id'], name='activity_of_member'),
        ),
        migrations.AddConstraint(
            model_name='membermerge',
            constraint=models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='merge_of_two_records'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['member', '-effective_at', '-id'], name='notice_of_member'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('member', 'key'), name='notice_once_per_key'),
        ),
        migrations.AddConstraint(
            model_name='workitem',
            constraint=models.UniqueConstraint(fields=('batch', 'consumer'), name='work_once_per_consumer'),
        ),
    ]
