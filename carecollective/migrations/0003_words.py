"""The rules for people's words, as the database holds them: what is clean, what is on one line, how words are compared.

A file of its own, since the tables of every app stand on it: their constraints and indexes call these functions, and
the roles that may call them have to be there first.

`carecollective.ground.texts` and `carecollective.ground.folding` are the twins in Python. The lists are written out
here: what a constraint or an index means must not change when a module does. A test compares them over every character
there is.
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

# What a joiner may stand between, and what may have two faces.
JOINED = (
    r"[^\u0001-\u058F\u0600-\u0605\u061C\u06DD\u070F\u0890-\u0891\u08E2\u115F-\u1160\u1680\u17B4-\u17B5"
    r"\u180B-\u180F\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB"
    r"\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]"
)
PICTURE = (
    r"(?:[#*0-9\u00A9\u00AE]|[^\u0001-\u1FFF\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F"
    r"\uFEFF\uFFA0\uFFF0-\uFFFB\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A"
    r"\U000E0000-\U000E0FFF])"
)

RULES = r"""
-- What nobody sees goes, but for what joins letters from U+0590 on and what makes a picture of a sign; every blank is
-- one space. A line end stays.
CREATE FUNCTION one_line(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(regexp_replace(regexp_replace(regexp_replace($1 COLLATE "C",
            '[\u0001-\u0008\u000E-\u001B\u007F-\u0084\u0086-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F'
            '\u0890-\u0891\u08E2\u17B4-\u17B5\u180B-\u180F\u200B\u200E-\u200F\u202A-\u202E\u2060-\u206F'
            '\uFE00-\uFE0D\uFEFF\uFFF0-\uFFFB\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3'
            '\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]', '', 'g'),
            '(?<!{PICTURE})[\uFE0E\uFE0F]', '', 'g'),
            '(?<!{JOINED})(?<!{PICTURE}[\uFE0E\uFE0F])[\u200C\u200D]|[\u200C\u200D](?!{JOINED})', '', 'g'),
            '[\u0009\u000B-\u000D\u001C-\u0020\u0085\u00A0\u115F-\u1160\u1680\u2000-\u200A\u2028-\u2029\u202F'
            '\u205F\u2800\u3000\u3164\uFFA0]+', ' ', 'g'), E' \n');

CREATE FUNCTION is_one_line(text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN is_clean_text($1) AND position(E'\n' IN $1) = 0 AND $1 = one_line($1);

-- What was kept before there was such a rule.
CREATE FUNCTION made_one_line(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN normalize(one_line(replace($1, E'\n', ' ')), NFC);

-- What is not heard in a word: marks, apostrophes, and what nobody sees.
CREATE FUNCTION heard(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace($1 COLLATE "C",
            '[\u0027\u0060\u00B4\u02B9-\u02BC\u02BF\u2018-\u201B\u2032\u2035\uFF07\u0300-\u036F\u0483-\u0489'
            '\u0591-\u05BD\u05BF\u05C1-\u05C2\u05C4-\u05C5\u05C7\u0610-\u061A\u0640\u064B-\u065F\u0670'
            '\u06D6-\u06DC\u06DF-\u06E8\u06EA-\u06ED\u1AB0-\u1ACE\u1DC0-\u1DFF\u20D0-\u20F0\uFE20-\uFE2F'
            '\u0001-\u0008\u000E-\u001B\u007F-\u0084\u0086-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F'
            '\u0890-\u0891\u08E2\u17B4-\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F'
            '\uFEFF\uFFF0-\uFFFB\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3'
            '\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]', '', 'g');

CREATE FUNCTION folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN octet_length($1) = char_length($1) THEN  -- plain ASCII, as most of it is
        btrim(regexp_replace(translate(lower($1 COLLATE "C"), '''`', ''), '[^a-z0-9]+', ' ', 'g'))
    ELSE btrim(regexp_replace(normalize(replace(replace(replace(replace(translate(heard(normalize(heard($1), NFKD)),
            'ABCDEFGHIJKLMNOPQRSTUVWXYZÆÐØÞĐĦŁŊŒŦƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƢƤƦƧƩƬƮƱƲƳƵƷƸƼǤǶǷȜȠȢȤȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲͶͿΑΒΓΔΕΖ'
            'ΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩϏϘϚϜϞϠϢϤϦϨϪϬϮϷϺϽϾϿЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘ'
            'ҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖẞⱠⱢⱣ'
            'ⱤⱧⱩⱫⱭⱮⱯⱰⱲⱵⱾⱿꙀꙂꙄꙆꙈꙊꙌꙎꙐꙒꙔꙖꙘꙚꙜꙞꙠꙢꙤꙦꙨꙪꙬꜢꜤꜦꜨꜪꜬꜮꜲꜴꜶꜸꜺꜼꜾꝀꝂꝄꝆꝈꝊꝌꝎꝐꝒꝔꝖꝘꝚꝜꝞꝠꝢꝤꝦꝨꝪꝬꝮꝹꝻꝽꝾꞀꞂꞄꞆꞋꞍđðħıĸłŋøŧςیىک٠١٢٣'
            '٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹',
            'abcdefghijklmnopqrstuvwxyzædoþdhlnœtɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵƣƥʀƨʃƭʈʊʋƴƶʒƹƽǥƕƿȝƞȣȥⱥȼƚⱦɂƀʉʌɇɉɋɍɏͱͳͷϳαβγδεζ'
            'ηθικλμνξοπρστυφχψωϗϙϛϝϟϡϣϥϧϩϫϭϯϸϻͻͼͽђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙ'
            'қҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆßⱡɫᵽ'
            'ɽⱨⱪⱬɑɱɐɒⱳⱶȿɀꙁꙃꙅꙇꙉꙋꙍꙏꙑꙓꙕꙗꙙꙛꙝꙟꙡꙣꙥꙧꙩꙫꙭꜣꜥꜧꜩꜫꜭꜯꜳꜵꜷꜹꜻꜽꜿꝁꝃꝅꝇꝉꝋꝍꝏꝑꝓꝕꝗꝙꝛꝝꝟꝡꝣꝥꝧꝩꝫꝭꝯꝺꝼᵹꝿꞁꞃꞅꞇꞌɥddhiklnotσييك0123'
            '4567890123456789'),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), NFC) COLLATE "C",
            '[\u0001-\u0026\u0028-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00A0\u00A1\u00A7\u00AB\u00B6-\u00B7'
            '\u00BB\u00BF\u037E\u0387\u055A-\u055F\u0589-\u058A\u05BE\u05C0\u05C3\u05C6\u05F3-\u05F4\u0609-\u060A'
            '\u060C-\u060D\u061B\u061E-\u061F\u066A-\u066D\u06D4\u0964-\u0965\u115F-\u1160\u1680\u2000-\u200A'
            '\u2010-\u2017\u201C-\u2031\u2033-\u2034\u2036-\u205F\u2800\u3000-\u3003\u3008-\u3011\u3014-\u301F'
            '\u3030\u30FB\u3164\uFE10-\uFE19\uFE30-\uFE52\uFE54-\uFE61\uFE63\uFF64-\uFF65\uFFA0]+', ' ', 'g'))
    END;

REVOKE EXECUTE ON FUNCTION one_line(text), is_one_line(text), made_one_line(text), heard(text), folded(text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION one_line(text), is_one_line(text), heard(text), folded(text)
    TO authenticated, care_staff, care_system;
""".replace("{JOINED}", JOINED).replace("{PICTURE}", PICTURE)

NO_RULES = "DROP FUNCTION made_one_line(text), is_one_line(text), one_line(text), folded(text), heard(text);"


class Migration(migrations.Migration):
    dependencies = [("carecollective", "0002_walls")]

    operations = [
        migrations.RunSQL(TEXTS_ARE_CLEAN, reverse_sql=TEXTS_ARE_AS_THEY_COME),
        migrations.RunSQL(RULES, reverse_sql=NO_RULES),
    ]
