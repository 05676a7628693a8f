"""The rule for written text, as the database holds it. `carecollective.ground.texts` is its twin in Python.

The lists are written out here: what a constraint means must not change when a module does. A test compares both over
every character there is.
"""

from django.db import migrations

TEXTS_ARE_CLEAN = r"""
CREATE FUNCTION is_clean_text(text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN position(E'\r' IN $1) = 0
        -- the 29 characters that Python's str.strip() takes
        AND $1 = btrim($1, E'\t\n\x0B\f\r\x1C\x1D\x1E\x1F \u0085\u00A0\u1680\u2000\u2001\u2002'
            '\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000')
        -- something to see
        AND $1 COLLATE "C" ~ (
            '[^\u0001-\u0020\u007F-\u00A0\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890-\u0891\u08E2'
            '\u115F-\u1160\u1680\u17B4-\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800'
            '\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U000110BD\U000110CD\U00013430-\U0001343F'
            '\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]')
        -- NFC, save for characters that not every supported Unicode version (14 to 16) normalises alike, and U+11A7,
        -- which PostgreSQL drops after a Korean syllable
        AND ($1 IS NFC NORMALIZED OR $1 COLLATE "C" ~ (
            '[\u0897\u11A7\U000105C9\U000105D2\U000105DA\U000105E4\U00010D69-\U00010D6D\U00010EFD-\U00010EFF'
            '\U00011382-\U00011385\U0001138B\U0001138E\U00011390-\U00011391\U000113B8\U000113BB\U000113C2'
            '\U000113C5\U000113C7-\U000113C9\U000113CE-\U000113D0\U00011F41-\U00011F42'
            '\U0001611E-\U00016129\U0001612F\U00016D63\U00016D67-\U00016D6A\U0001E08F'
            '\U0001E4EC-\U0001E4EF\U0001E5EE-\U0001E5EF]'));
REVOKE EXECUTE ON FUNCTION is_clean_text(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_clean_text(text) TO authenticated, care_staff, care_system;
"""

TEXTS_ARE_AS_THEY_COME = "DROP FUNCTION is_clean_text(text);"


class Migration(migrations.Migration):
    dependencies = [("carecollective", "0002_the_database_knows_who_is_asking")]

    operations = [migrations.RunSQL(TEXTS_ARE_CLEAN, reverse_sql=TEXTS_ARE_AS_THEY_COME)]
