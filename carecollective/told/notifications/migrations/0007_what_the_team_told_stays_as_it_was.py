"""What the team has told every member is never changed: outside of every scope either. The login takes none away."""

from django.db import migrations

STAYS = """
CREATE FUNCTION told_news_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'what has been told stays as it was';
END $$;
REVOKE EXECUTE ON FUNCTION told_news_stay() FROM PUBLIC;
CREATE TRIGGER team_news_stay_once_told BEFORE UPDATE ON team_news
    FOR EACH ROW WHEN (OLD.told_at IS NOT NULL) EXECUTE FUNCTION told_news_stay();
"""
NO_STAY = """
DROP TRIGGER team_news_stay_once_told ON team_news;
DROP FUNCTION told_news_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_the_wall_does_not_hide_how_many_there_are")]

    operations = [migrations.RunSQL(STAYS, reverse_sql=NO_STAY)]
