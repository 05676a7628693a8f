
import carecollective.ground.text_lookups
import carecollective.ground.foreign_keys
import carecollective.ground.indexes
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import messaging.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('helprequests', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE DOMAIN conversation_status AS text "
            "CONSTRAINT conversation_status_is_known CHECK (VALUE IN ('active', 'archived'))",
            reverse_sql="DROP DOMAIN conversation_status",
        ),
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, primary_key=True, serialize=False)),
                ('initial_message', models.TextField()),
                ('status', messaging.models.ConversationStatusField(choices=[('active', 'Active'), ('archived', 'Archived')], db_default='active', verbose_name='status')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='begun')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='last activity')),
                ('help_request', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='conversations', to='helprequests.helprequest', verbose_name='help request')),
                ('helper', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='offered by')),
                ('requester', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
            ],
            options={
                'verbose_name': 'conversation',
                'verbose_name_plural': 'conversations',
                'db_table': 'conversations_v2',
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, primary_key=True, serialize=False)),
                ('content', models.TextField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='sent')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('conversation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='messages', to='messaging.conversation', verbose_name='conversation')),
                ('sender', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'db_table': 'messages_v2',
            },
        ),
        migrations.CreateModel(
            name='ReadMarker',
            fields=[
                ('pk', models.CompositePrimaryKey('conversation', 'member', blank=True, editable=False, primary_key=True, serialize=False)),
                ('read_up_to', models.DateTimeField()),
                ('conversation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='read_markers', to='messaging.conversation')),
                ('member', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'conversation_read_markers',
            },
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=carecollective.ground.indexes.NamedIndex(fields=['help_request'], name='idx_conversations_v2_help_request_id'),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=carecollective.ground.indexes.NamedIndex(fields=['requester'], name='idx_conversations_v2_requester_id'),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=carecollective.ground.indexes.NamedIndex(fields=['helper'], name='idx_conversations_v2_helper_id'),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=carecollective.ground.indexes.NamedIndex(fields=['status'], name='idx_conversations_v2_status'),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=carecollective.ground.indexes.NamedIndex(fields=['-created_at'], name='idx_conversations_v2_created_at'),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=carecollective.ground.indexes.NamedIndex(fields=['requester', '-updated_at', '-id'], name='idx_conversations_v2_asked'),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=carecollective.ground.indexes.NamedIndex(fields=['helper', '-updated_at', '-id'], name='idx_conversations_v2_offered'),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=carecollective.ground.foreign_keys.ForeignKeyConstraint(fields=('help_request', 'requester'), name='conversation_is_with_the_owner', on_delete='CASCADE', to='helprequests.HelpRequest', to_fields=('id', 'user')),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=carecollective.ground.foreign_keys.ForeignKeyConstraint(fields=('requester',), name='conversation_has_a_requester', on_delete='CASCADE', to='accounts.Member', to_fields=('id',)),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=carecollective.ground.foreign_keys.ForeignKeyConstraint(fields=('helper',), name='conversation_has_a_helper', on_delete='CASCADE', to='accounts.Member', to_fields=('id',)),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=models.UniqueConstraint(fields=('help_request', 'helper'), name='unique_help_request_helper'),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=models.CheckConstraint(condition=models.Q(('requester', models.F('helper')), _negated=True), name='different_participants'),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=models.CheckConstraint(condition=models.Q(carecollective.ground.text_lookups.IsCleanText('initial_message'), ('initial_message__length__range', (10, 1000))), name='first_message_is_clean_and_10_to_1000'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=carecollective.ground.indexes.NamedIndex(fields=['conversation'], name='idx_messages_v2_conversation_id'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=carecollective.ground.indexes.NamedIndex(fields=['sender'], name='idx_messages_v2_sender_id'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=carecollective.ground.indexes.NamedIndex(fields=['-created_at'], name='idx_messages_v2_created_at'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=carecollective.ground.indexes.NamedIndex(fields=['conversation', 'created_at', 'id'], name='idx_messages_v2_thread'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=carecollective.ground.foreign_keys.ForeignKeyConstraint(fields=('conversation',), name='message_goes_with_its_conversation', on_delete='CASCADE', to='messaging.Conversation', to_fields=('id',)),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=carecollective.ground.foreign_keys.ForeignKeyConstraint(fields=('sender',), name='message_has_a_sender', on_delete='CASCADE', to='accounts.Member', to_fields=('id',)),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(carecollective.ground.text_lookups.IsCleanText('content'), ('content__length__range', (1, 1000))), name='message_is_clean_and_1_to_1000'),
        ),
        migrations.AddIndex(
            model_name='readmarker',
            index=carecollective.ground.indexes.NamedIndex(fields=['member'], name='idx_read_markers_member_id'),
        ),
        migrations.AddConstraint(
            model_name='readmarker',
            constraint=carecollective.ground.foreign_keys.ForeignKeyConstraint(fields=('conversation',), name='marker_goes_with_its_conversation', on_delete='CASCADE', to='messaging.Conversation', to_fields=('id',)),
        ),
        migrations.AddConstraint(
            model_name='readmarker',
            constraint=carecollective.ground.foreign_keys.ForeignKeyConstraint(fields=('member',), name='marker_goes_with_its_member', on_delete='CASCADE', to='accounts.Member', to_fields=('id',)),
        ),
    ]
