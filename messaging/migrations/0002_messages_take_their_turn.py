"""A conversation's `updated_at` is its clock, and each message moves it.

Moving it locks the conversation row, and the time is read under that lock, strictly later than the last one: within a
conversation `created_at` grows in the order of commits, and a reader who pages by it misses nothing. `now()` is the
start of the transaction, before any wait for the lock: with it, readers do miss messages.
"""

from django.db import migrations

CLOCK = """
CREATE TRIGGER conversations_v2_updated_at BEFORE UPDATE ON conversations_v2
    FOR EACH ROW EXECUTE FUNCTION keep_updated_at();
CREATE TRIGGER messages_v2_updated_at BEFORE UPDATE ON messages_v2
    FOR EACH ROW EXECUTE FUNCTION keep_updated_at();

-- Runs as the member, who may update nothing but the status: setting it to itself is enough to move the clock.
-- Names carry their schema: whoever can make a temporary table could else put one in the way.
CREATE FUNCTION message_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The id of a conversation names its first message: it is taken, and what is taken is left out, as by ON CONFLICT.
    IF EXISTS (SELECT FROM public.conversations_v2 WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    -- A message sent twice (same id) comes to ON CONFLICT after this trigger and must not move the clock.
    IF NOT EXISTS (SELECT FROM public.messages_v2 WHERE id = NEW.id) THEN
        UPDATE public.conversations_v2 SET status = status
            WHERE id = NEW.conversation_id AND status = 'active' RETURNING updated_at INTO NEW.created_at;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'this conversation takes no message from here';
        END IF;
        NEW.updated_at := NEW.created_at;
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION message_takes_its_turn() FROM PUBLIC;

-- A job that copies messages of version 1 brings their times along.
CREATE TRIGGER messages_v2_take_their_turn BEFORE INSERT ON messages_v2
    FOR EACH ROW WHEN (current_user <> 'care_system') EXECUTE FUNCTION message_takes_its_turn();
"""

NO_CLOCK = """
DROP TRIGGER messages_v2_take_their_turn ON messages_v2;
DROP FUNCTION message_takes_its_turn();
DROP TRIGGER messages_v2_updated_at ON messages_v2;
DROP TRIGGER conversations_v2_updated_at ON conversations_v2;
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [migrations.RunSQL(CLOCK, reverse_sql=NO_CLOCK)]
