
import carecollective.ground.text_lookups
import carecollective.ground.foreign_keys
import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('carecollective', '0003_texts_are_clean'),
    ]

    operations = [
        migrations.CreateModel(
            name='Member',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True, validators=[django.core.validators.EmailValidator()], verbose_name='e-mail')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('town', models.CharField(blank=True, db_default='', default='', max_length=100, verbose_name='town')),
                ('verification_status', models.CharField(choices=[('pending', 'Waiting for the team'), ('approved', 'Approved'), ('rejected', 'Not approved')], db_default='pending', default='pending', max_length=10, verbose_name='application')),
                ('restriction', models.CharField(choices=[('none', 'None'), ('limited', 'Limited: no new requests or offers'), ('suspended', 'Suspended: own account only'), ('banned', 'Banned: cannot sign in')], db_default='none', default='none', max_length=10, verbose_name='restriction')),
                ('is_staff', models.BooleanField(db_default=False, default=False, verbose_name='works on the team')),
                ('joined_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'member',
                'verbose_name_plural': 'members',
                'db_table': 'members',
                'permissions': [('approve_member', 'May approve or turn down an application'), ('restrict_member', 'May limit, suspend or ban a member')],
            },
        ),
        migrations.CreateModel(
            name='ImpersonationAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('claimed', models.CharField(max_length=100)),
                ('field', models.CharField(max_length=30)),
                ('path', models.CharField(max_length=200)),
                ('attempted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('caller', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'impersonation_attempts',
                'verbose_name': "use of another member's id",
                'verbose_name_plural': "uses of another member's id",
            },
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='member_email_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(carecollective.ground.text_lookups.IsCleanText('name'), ('name__length__range', (1, 100)), models.Q(('name__contains', '\n'), _negated=True)), name='member_name_is_clean_and_1_to_100'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(('town', ''), models.Q(carecollective.ground.text_lookups.IsCleanText('town'), models.Q(('town__contains', '\n'), _negated=True)), _connector='OR'), name='member_town_is_clean'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(('verification_status__in', ['pending', 'approved', 'rejected'])), name='member_verification_is_known'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(('restriction__in', ['none', 'limited', 'suspended', 'banned'])), name='member_restriction_is_known'),
        ),
        migrations.AddIndex(
            model_name='impersonationattempt',
            index=models.Index(fields=['caller', '-attempted_at'], name='idx_attempts_caller'),
        ),
        migrations.AddConstraint(
            model_name='impersonationattempt',
            constraint=carecollective.ground.foreign_keys.ForeignKeyConstraint(fields=('caller',), name='attempt_goes_with_its_caller', on_delete='CASCADE', to='accounts.Member', to_fields=('id',)),
        ),
    ]
