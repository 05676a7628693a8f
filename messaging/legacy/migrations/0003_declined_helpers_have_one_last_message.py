"""After a "no" a helper has one last message in version 1 too: the trigger is version 2's."""

from django.db import migrations

LAST_WORD = """
CREATE TRIGGER messages_end_with_one_last_message AFTER INSERT ON messages
    FOR EACH ROW WHEN (current_user <> 'care_system') EXECUTE FUNCTION declined_helper_has_one_last_message();
"""


class Migration(migrations.Migration):
    dependencies = [("legacy", "0002_v1_is_as_private_as_v2"), ("messaging", "0005_each_answer_is_kept")]

    operations = [
        migrations.RunSQL(LAST_WORD, reverse_sql="DROP TRIGGER messages_end_with_one_last_message ON messages")
    ]
