"""What the catalogue says, beside what the contract expects. Nothing here looks at the code that made the schema."""

import io
from collections import Counter

import pytest
from django.conf import settings
from django.core.management import call_command

from carecollective.ground.logins import OPEN
from carecollective.ground.verification.schema import DEFINERS
from carecollective.tests.owner import asked_by_the_owner as run
from carecollective.tests.sql import column, one
from carecollective.tests.walls_by_hand import GRANTS, PRIVATE

pytestmark = pytest.mark.django_db

ROLES = ["authenticated", "care_staff", "care_system"]


ALL_GRANTS = """
SELECT grantee, relname, privilege_type, columns FROM (
    SELECT coalesce(r.rolname, 'PUBLIC') AS grantee, c.relname, acl.privilege_type, '*' AS columns
    FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS acl LEFT JOIN pg_roles AS r ON r.oid = acl.grantee
    WHERE c.relnamespace = 'public'::regnamespace AND acl.grantee <> c.relowner
    UNION ALL
    SELECT coalesce(r.rolname, 'PUBLIC'), c.relname, acl.privilege_type, string_agg(a.attname, ' ' ORDER BY a.attname)
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid CROSS JOIN aclexplode(a.attacl) AS acl
    LEFT JOIN pg_roles AS r ON r.oid = acl.grantee
    -- Up to PostgreSQL 16 a column that is gone still has its grants.
    WHERE c.relnamespace = 'public'::regnamespace AND acl.grantee <> c.relowner AND NOT a.attisdropped
    GROUP BY 1, 2, 3
) AS granted
ORDER BY grantee COLLATE "C", relname COLLATE "C", privilege_type COLLATE "C", columns COLLATE "C"
"""

EIGHT_INDEXES = [
    "idx_conversations_v2_created_at",
    "idx_conversations_v2_help_request_id",
    "idx_conversations_v2_helper_id",
    "idx_conversations_v2_requester_id",
    "idx_conversations_v2_status",
    "idx_messages_v2_conversation_id",
    "idx_messages_v2_created_at",
    "idx_messages_v2_sender_id",
]


# --- The seven verification queries ---------------------------------------------------------------------------------


def test_query_1_the_tables_have_8_and_6_columns():
    answer = run("""
SELECT
  table_name,
  (SELECT count(*) FROM information_schema.columns WHERE table_name = t.table_name AND table_schema = 'public') \
AS column_count
FROM information_schema.tables t
WHERE table_schema = 'public'
AND table_name IN ('conversations_v2', 'messages_v2')
ORDER BY table_name;
""")

    assert answer == [("conversations_v2", 8), ("messages_v2", 6)]


def test_query_2_the_functions_live_in_the_service_layer():
    answer = run("""
SELECT
  routine_name,
  routine_type,
  data_type AS return_type
FROM information_schema.routines
WHERE routine_schema = 'public'
AND routine_name IN ('create_conversation_atomic', 'send_message_v2', 'get_conversation_v2')
ORDER BY routine_name;
""")

    assert answer == []


def test_query_3_the_eight_named_indexes_are_there():
    answer = run("""
SELECT
  tablename,
  indexname,
  indexdef
FROM pg_indexes
WHERE schemaname = 'public'
AND tablename IN ('conversations_v2', 'messages_v2')
ORDER BY tablename, indexname;
""")

    assert [name for _, name, _ in answer if name in EIGHT_INDEXES] == EIGHT_INDEXES


def test_query_4_row_level_security_is_on():
    answer = run("""
SELECT
  tablename,
  rowsecurity
FROM pg_tables
WHERE schemaname = 'public'
AND tablename IN ('conversations_v2', 'messages_v2')
ORDER BY tablename;
""")

    assert answer == [("conversations_v2", True), ("messages_v2", True)]


def test_query_5_there_are_exactly_five_policies():
    answer = run("""
SELECT
  tablename,
  policyname,
  cmd,
  qual,
  with_check
FROM pg_policies
WHERE schemaname = 'public'
AND tablename IN ('conversations_v2', 'messages_v2')
ORDER BY tablename, cmd, policyname;
""")

    assert [(table, command) for table, _, command, *_ in answer] == [
        ("conversations_v2", "ALL"),  # the team's and the system's alone, and restrictive: they bring a proof
        ("conversations_v2", "DELETE"),  # the system's alone: copies of version 1 are taken back
        ("conversations_v2", "DELETE"),  # the system's alone: what is over, once its people have left or its time is up
        ("conversations_v2", "INSERT"),
        ("conversations_v2", "SELECT"),
        ("conversations_v2", "SELECT"),  # the owner's alone, in triggers
        ("conversations_v2", "UPDATE"),
        ("conversations_v2", "UPDATE"),  # the system's alone: what it says in a thread moves the clock
        ("messages_v2", "ALL"),  # as above
        ("messages_v2", "INSERT"),
        ("messages_v2", "SELECT"),
    ]


def test_query_6_the_constraints_are_of_these_kinds():
    answer = run("""
SELECT
  conname AS constraint_name,
  contype AS constraint_type,
  conrelid::regclass AS table_name
FROM pg_constraint
WHERE conrelid IN ('conversations_v2'::regclass, 'messages_v2'::regclass)
ORDER BY table_name, contype, conname;
""")

    counted = Counter((table, kind) for _, kind, table in answer if kind != "n")  # PostgreSQL 18 lists NOT NULL too
    # The second check on conversations_v2 is the domain of its status, which this query does not list.
    assert counted == {
        ("conversations_v2", "p"): 1,
        ("conversations_v2", "f"): 3,
        ("conversations_v2", "c"): 2,
        ("conversations_v2", "u"): 1,
        ("messages_v2", "p"): 1,
        ("messages_v2", "f"): 2,
        ("messages_v2", "c"): 1,
    }


QUERY_7 = """
SELECT
  grantee,
  table_name,
  privilege_type
FROM information_schema.table_privileges
WHERE table_schema = 'public'
AND table_name IN ('conversations_v2', 'messages_v2')
AND grantee = 'authenticated'
ORDER BY table_name, privilege_type;
"""


def test_query_7_asked_of_columns_answers_as_printed():
    answer = run(QUERY_7.replace("table_privileges", "column_privileges").replace("SELECT", "SELECT DISTINCT"))

    assert answer == [
        ("authenticated", "conversations_v2", "INSERT"),
        ("authenticated", "conversations_v2", "SELECT"),
        ("authenticated", "conversations_v2", "UPDATE"),
        ("authenticated", "messages_v2", "INSERT"),
        ("authenticated", "messages_v2", "SELECT"),
    ]


def test_query_7_as_written_sees_no_grant_on_columns():
    answer = run(QUERY_7)

    assert answer == [("authenticated", "conversations_v2", "SELECT"), ("authenticated", "messages_v2", "SELECT")]


# --- Row level security --------------------------------------------------------------------------------------------


def test_every_table_is_private_or_open_for_a_reason():
    forced = column("""
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        AND relrowsecurity AND relforcerowsecurity ORDER BY relname COLLATE "C"
    """)
    others = column("""
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f')
        AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname COLLATE "C"
    """)

    assert (forced, others) == (PRIVATE, sorted(OPEN))
    assert [table for table, (_rights, reason) in OPEN.items() if len(reason) < 10] == []


def test_there_is_no_view_that_could_show_rows_in_its_owners_name():
    """Without `security_invoker` a view reads as its owner: past every grant, and past policies that name a role."""
    in_its_owners_name = column(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"
        " AND NOT coalesce(reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on']"
    )

    # It has an id and the hash, and no row but for whoever acts on accounts, which it asks by itself.
    assert in_its_owners_name == ["member_secrets"]


def test_no_policy_on_a_private_table_is_always_true():
    always = run("""
        SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' AND 'true' IN (qual, with_check)
        ORDER BY tablename, policyname
    """)

    # Help requests are no secret among members, and who changes one is asked of the row as it was.
    assert always == [("help_requests", "its people change it"), ("help_requests", "members read help requests")]


def test_every_policy_is_for_our_roles_alone_and_permissive_but_the_one_for_proofs():
    policies = run("SELECT tablename, policyname, permissive, roles::text[], qual FROM pg_policies ORDER BY 1, 2")
    public = [(table, name, qual) for table, name, _, roles, qual in policies if roles == ["public"]]

    restrictive = {(name, *sorted(roles)) for _, name, permissive, roles, _ in policies if permissive != "PERMISSIVE"}
    assert restrictive == {("the team and the system bring a proof", "care_staff", "care_system")}
    owner = settings.OWNER_DATABASE["USER"]
    assert {role for *_, roles, _ in policies for role in roles} - {"public"} == {*ROLES, owner}
    assert {qual for *_, roles, qual in policies if roles == [owner]} == {"(pg_trigger_depth() > 0)", None}
    # A login has another name in each installation, so this one asks whether a scope stands: none of the roles passes.
    assert public == [
        ("help_requests", "services lock it before anybody acts", "(CURRENT_USER = SESSION_USER)"),
        ("help_requests", "the login reads them", "(CURRENT_USER = SESSION_USER)"),
        (
            "mfa_authenticator",
            "that there is a second step is asked before anybody acts",
            "(CURRENT_USER = SESSION_USER)",
        ),
    ]


def test_nobody_is_refused_by_a_comparison_that_null_passes():
    conditions = column("SELECT concat(qual, with_check) FROM pg_policies WHERE schemaname = 'public'")

    assert [policy for policy in conditions if "<>" in policy or "IS DISTINCT" in policy or "NOT " in policy] == []


# --- Grants, roles, functions --------------------------------------------------------------------------------------


def test_each_role_has_these_grants_and_no_other():
    assert [" ".join(row) for row in run(ALL_GRANTS) if row[0] != settings.WEB_LOGIN] == GRANTS.strip().splitlines()


def test_no_role_that_members_run_as_can_bypass_anything():
    harmless = column(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT (rolsuper OR rolbypassrls OR rolcanlogin"
        " OR rolcreaterole OR rolcreatedb OR rolreplication) ORDER BY rolname",
        ROLES,
    )

    assert harmless == ROLES


def test_our_roles_are_members_of_nothing():
    memberships = one(
        "SELECT count(*) FROM pg_auth_members JOIN pg_roles AS r ON r.oid = member WHERE rolname = ANY(%s)", ROLES
    )

    assert memberships == 0


def test_no_function_is_everybodys_and_one_for_proofs_and_triggers_run_as_the_owner():
    loose = column("""
        SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND (prosecdef OR proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))
    """)

    assert sorted(loose) == sorted(DEFINERS)


def test_each_function_is_executed_by_these_roles():
    granted = run(
        """
        SELECT proname, array_agg(rolname::text ORDER BY rolname) FROM pg_proc
        CROSS JOIN aclexplode(proacl) AS acl JOIN pg_roles AS r ON r.oid = acl.grantee
        WHERE pronamespace = 'public'::regnamespace AND acl.grantee <> proowner AND rolname <> %s
        GROUP BY proname ORDER BY proname
    """,
        settings.WEB_LOGIN,
    )

    assert granted == [
        ("acting_for", ROLES),
        ("acting_member", ROLES),
        ("acts_on_accounts", ["care_system"]),
        ("folded", ROLES),
        ("has_a_matter_with", ["care_system"]),
        ("has_blocked", ["care_system"]),
        ("heard", ROLES),
        ("help_is_under_way_in", ["authenticated"]),
        ("is_backed_by_two", ["care_system"]),
        ("is_clean_text", ROLES),
        ("is_one_line", ROLES),
        ("is_proven", ROLES),
        ("may_talk_with", ["authenticated", "care_system"]),
        ("name_of_rank", ["care_system"]),
        ("notify_member", ["care_system"]),
        ("one_line", ROLES),
        ("put_audit_entry", ["care_system"]),
        ("rank_of", ["care_system"]),
        ("rank_that_agrees", ["care_system"]),
        ("rollout_bucket", ["care_system"]),
        ("shows_what_is_read", ["authenticated"]),
        ("tell_the_other", ["authenticated"]),
        ("verified_identity", ROLES),
    ]


def test_nobody_but_the_owner_makes_objects_in_our_schema():
    assert (
        column(
            "SELECT role FROM unnest(%s::text[]) AS role WHERE has_schema_privilege(role, 'public', 'CREATE')", ROLES
        )
        == []
    )


# --- Keys, indexes, defaults, triggers -----------------------------------------------------------------------------


def test_the_database_carries_out_every_delete():
    acts = run("""
        SELECT conname, confdeltype FROM pg_constraint
        WHERE contype = 'f' AND conrelid::regclass::text IN ('help_requests', 'conversations_v2', 'messages_v2',
            'conversation_read_markers', 'kept_texts', 'impersonation_attempts', 'notifications',
            'offer_answers', 'mails', 'mail_preferences', 'messaging_preferences', 'contact_details', 'contact_shares',
            'exports', 'export_archives', 'unread_conversations')
        ORDER BY conname COLLATE "C"
    """)

    assert acts == [
        ("answer_goes_with_its_help_request", "c"),
        ("answer_goes_with_whose_it_is", "c"),
        ("answer_has_a_helper", "c"),
        ("answer_has_a_requester", "c"),
        ("archive_goes_with_its_export", "c"),
        ("attempt_goes_with_its_caller", "c"),
        ("contact_goes_with_its_member", "c"),
        ("conversation_has_a_helper", "c"),
        ("conversation_has_a_requester", "c"),
        ("conversation_is_with_the_owner", "c"),
        ("export_goes_with_its_member", "c"),
        ("help_request_goes_with_its_owner", "c"),
        ("help_request_outlives_its_helper", "n"),
        ("kept_text_goes_with_its_member", "c"),
        ("mail_goes_with_its_recipient", "c"),
        ("mail_outlives_its_digest", "n"),
        ("marker_goes_with_its_conversation", "c"),
        ("marker_goes_with_its_member", "c"),
        ("message_goes_with_its_conversation", "c"),
        ("message_has_a_sender", "c"),
        ("notification_goes_with_its_help_request", "c"),
        ("notification_goes_with_its_member", "c"),
        ("notification_goes_with_its_news", "c"),
        ("notification_outlives_whose_doing_it_was", "n"),
        ("preference_goes_with_its_member", "c"),
        ("preferences_go_with_their_member", "c"),
        ("share_goes_with_its_help_request", "c"),
        ("share_goes_with_its_owner", "c"),
        ("share_goes_with_its_reader", "c"),
        ("unread_goes_with_its_conversation", "c"),
        ("unread_goes_with_its_member", "c"),
    ]


def test_every_constraint_has_been_checked_and_every_index_is_usable():
    unchecked = column("SELECT conname FROM pg_constraint WHERE NOT convalidated")
    unusable = column("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready)")

    assert (unchecked, unusable) == ([], [])


def test_inbox_and_thread_have_composite_indexes_in_their_order():
    columns = run("""
        SELECT indexname, substring(indexdef FROM '\\((.*)\\)') FROM pg_indexes
        WHERE indexname IN ('idx_conversations_v2_asked', 'idx_conversations_v2_offered', 'idx_messages_v2_thread')
        ORDER BY indexname
    """)

    assert columns == [
        ("idx_conversations_v2_asked", "requester_id, updated_at DESC, id DESC"),
        ("idx_conversations_v2_offered", "helper_id, updated_at DESC, id DESC"),
        ("idx_messages_v2_thread", "conversation_id, created_at, id"),
    ]


def test_every_foreign_key_of_ours_begins_an_index():
    unindexed = column("""
        SELECT conname FROM pg_constraint AS c WHERE contype = 'f'
        AND conrelid::regclass::text IN ('help_requests', 'conversations_v2', 'messages_v2',
            'conversation_read_markers', 'kept_texts', 'impersonation_attempts', 'notifications',
            'offer_answers', 'mails', 'mail_preferences', 'messaging_preferences', 'contact_details', 'contact_shares',
            'exports', 'export_archives', 'unread_conversations')
        AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1])
    """)

    assert unindexed == []


def test_defaults_live_in_the_database():
    defaults = run("""
        SELECT table_name::text, column_name::text, column_default FROM information_schema.columns
        WHERE table_name IN ('conversations_v2', 'messages_v2') AND column_default IS NOT NULL
        ORDER BY table_name, column_name
    """)

    assert defaults == [
        ("conversations_v2", "created_at", "statement_timestamp()"),
        ("conversations_v2", "id", "gen_random_uuid()"),
        ("conversations_v2", "status", "'active'::text"),
        ("conversations_v2", "updated_at", "statement_timestamp()"),
        ("messages_v2", "created_at", "statement_timestamp()"),
        ("messages_v2", "id", "gen_random_uuid()"),
        ("messages_v2", "updated_at", "statement_timestamp()"),
    ]


def test_no_column_of_the_two_tables_may_be_null():
    nullable = run(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name IN ('conversations_v2', 'messages_v2') AND is_nullable = 'YES'"
    )

    assert nullable == []


HELD = "the_system_writes_for_its_purpose"


def test_triggers_own_time_and_are_on():
    triggers = run("""
        SELECT tgrelid::regclass::text, tgname::text, tgfoid::regproc::text, tgenabled FROM pg_trigger
        WHERE NOT tgisinternal AND NOT starts_with(tgname::text, 'procrastinate')
        ORDER BY tgname COLLATE "C", tgrelid::regclass::text COLLATE "C"
    """)

    assert triggers == [
        ("rollout_attempts", "a_changed_attempt_changes_its_day", "a_changed_day_is_summed_again", "O"),
        ("rollout_attempts", "a_forgotten_attempt_changes_its_day", "a_changed_day_is_summed_again", "O"),
        ("rollout_attempts", "a_late_attempt_changes_its_day", "a_changed_day_is_summed_again", "O"),
        ("offer_answers", "answers_end_shares", "end_shares", "O"),
        ("offer_answers", "answers_take_their_turn", "answer_takes_its_turn", "O"),
        ("audit_entries", "audit_entries_are_never_changed", "audit_entry_is_written_once", "O"),
        ("audit_entries", "audit_entries_are_never_deleted", "audit_entry_is_written_once", "O"),
        ("audit_entries", "audit_entries_are_never_emptied", "audit_entry_is_written_once", "O"),
        ("audit_entries", "audit_entries_are_noted_as_unsent", "entry_is_noted_as_unsent", "O"),
        ("audit_entries", "audit_entries_are_of_a_higher_rank", "nobody_acts_on_their_equal", "O"),
        ("audit_entries", "audit_entries_are_of_no_own_matter", "nobody_decides_a_matter_of_their_own", "O"),
        ("audit_entries", "audit_entries_close_from_above", "request_is_closed_from_above", "O"),
        ("audit_entries", "audit_entries_have_their_own_clock", "audit_entry_is_written_once", "O"),
        ("audit_entries", "audit_entries_of_grave_acts_are_backed", "grave_entry_is_backed_by_two", "O"),
        ("audit_entries", "audit_entries_say_the_operator", "entry_says_the_operator", "O"),
        ("audit_entries", "audit_entries_see_no_own_name", "nobody_looks_at_their_own_name", "O"),
        ("audit_entries", "audit_entries_stay_for_90_days", "audit_entry_is_written_once", "O"),
        ("contact_details", "contact_details_end_shares", "end_shares_of_a_detail", "O"),
        ("contact_shares", "contact_shares_are_with_the_other", "share_is_with_the_other", "O"),
        ("contact_shares", "contact_shares_end_now", "share_ends_now", "O"),
        ("conversations", "conversations_end_shares", "end_shares", "O"),
        ("conversations", "conversations_keep_their_times", "legacy_conversation_keeps_its_times", "O"),
        ("conversations", "conversations_that_come_are_counted", "rows_are_counted", "O"),
        ("conversations", "conversations_that_go_are_counted", "rows_are_counted", "O"),
        ("conversations_v2", "conversations_v2_end_shares", "end_shares", "O"),
        ("conversations_v2", "conversations_v2_that_come_are_counted", "rows_are_counted", "O"),
        ("conversations_v2", "conversations_v2_that_go_are_counted", "rows_are_counted", "O"),
        ("conversations_v2", "conversations_v2_updated_at", "keep_updated_at", "O"),
        ("conversations_v2", "conversations_v2_wait_for_the_other", "offer_waits_for_the_other", "O"),
        ("members", "deleted_members_are_followed", "deleted_member_is_followed", "O"),
        ("members", "deleted_members_are_written_down", "deleted_member_is_written_down", "O"),
        ("members", "deleted_members_stay_gone", "deleted_member_stays_gone", "O"),
        ("grave_acts", "grave_acts_are_asked_for_by_a_higher_rank", "grave_act_is_asked_for", "O"),
        ("grave_acts", "grave_acts_are_never_changed_by_hand", "audit_entry_is_written_once", "O"),
        ("grave_acts", "grave_acts_are_never_emptied", "audit_entry_is_written_once", "O"),
        ("grave_acts", "grave_acts_take_their_steps", "grave_act_takes_its_steps", "O"),
        ("members_groups", "groups_of_members_are_written_down", "roles_are_written_down", "O"),
        ("help_requests", "help_requests_run_for_30_days", "help_request_runs_for_30_days", "O"),
        ("help_requests", "help_requests_say_what_their_owner_said", "helpers_change_the_status_alone", "O"),
        ("help_requests", "help_requests_take_a_members_step", "help_request_takes_a_members_step", "O"),
        ("help_requests", "help_requests_updated_at", "keep_updated_at", "O"),
        ("impersonation_attempts", "impersonation_attempts_are_never_emptied", "audit_entry_is_written_once", "O"),
        ("members", "members_are_written_for_a_purpose", "accounts_are_written_for_a_purpose", "O"),
        ("members", "members_who_change_are_counted", "members_are_counted", "O"),
        ("members", "members_who_come_and_go_are_counted", "members_are_counted", "O"),
        ("message_reports", "message_reports_are_read_before_their_decision", "report_is_decided_by_a_reader", "O"),
        ("message_reports", "message_reports_freeze_their_evidence", "report_freezes_its_evidence", "O"),
        ("message_reports", "message_reports_keep_their_evidence", "evidence_stays_until_decided", "O"),
        ("message_reports", "message_reports_that_come_are_counted", "rows_are_counted", "O"),
        ("message_reports", "message_reports_that_go_are_counted", "rows_are_counted", "O"),
        ("messages", "messages_are_read_once", "legacy_message_is_read_once", "O"),
        ("messages", "messages_end_with_one_last_message", "declined_helper_has_one_last_message", "O"),
        ("messages", "messages_take_their_turn", "legacy_message_takes_its_turn", "O"),
        ("messages_v2", "messages_v2_end_with_one_last_message", "declined_helper_has_one_last_message", "O"),
        ("messages_v2", "messages_v2_take_their_turn", "message_takes_its_turn", "O"),
        ("messages_v2", "messages_v2_updated_at", "keep_updated_at", "O"),
        ("messages_v2", "messages_v2_wait_for_the_other", "message_waits_for_the_other", "O"),
        ("members", "new_team_members_are_written_down", "the_team_is_written_down", "O"),
        ("members_user_permissions", "permissions_are_given_for_a_purpose", "accounts_are_written_for_a_purpose", "O"),
        ("members_user_permissions", "permissions_of_members_are_written_down", "roles_are_written_down", "O"),
        ("conversation_read_markers", "read_markers_end_what_waits", "what_is_read_waits_no_more", "O"),
        ("members_groups", "roles_are_given_for_a_purpose", "accounts_are_written_for_a_purpose", "O"),
        ("rollout_counts", "rollout_counts_are_not_made_by_hand", "counts_are_not_made_by_hand", "O"),
        ("rollout_flags", "rollout_flag_changes_with_its_history", "rollout_flag_changes_with_its_history", "O"),
        ("rollout_history", "rollout_history_has_its_own_clock", "rollout_history_is_written_once", "O"),
        ("rollout_history", "rollout_history_is_never_emptied", "rollout_history_is_written_once", "O"),
        ("rollout_history", "rollout_history_is_written_once", "rollout_history_is_written_once", "O"),
        ("staff_reads", "staff_reads_are_never_emptied", "audit_entry_is_written_once", "O"),
        ("staff_reads", "staff_reads_are_never_of_ones_own_report", "nobody_opens_their_own_report", "O"),
        ("members", "stamps_change_with_passwords", "new_password_has_a_new_stamp", "O"),
        ("members", "team_members_are_written_down", "the_team_is_written_down", "O"),
        ("team_news", "team_news_stay_once_told", "told_news_stay", "O"),
        ("application_lines", HELD, HELD, "O"),
        ("audit_entries", HELD, HELD, "O"),
        ("audit_unsent", HELD, HELD, "O"),
        ("contact_details", HELD, HELD, "O"),
        ("contact_shares", HELD, HELD, "O"),
        ("conversation_participants", HELD, HELD, "O"),
        ("conversation_read_markers", HELD, HELD, "O"),
        ("conversations", HELD, HELD, "O"),
        ("conversations_v2", HELD, HELD, "O"),
        ("erasures", HELD, HELD, "O"),
        ("export_archives", HELD, HELD, "O"),
        ("exports", HELD, HELD, "O"),
        ("grave_acts", HELD, HELD, "O"),
        ("help_requests", HELD, HELD, "O"),
        ("impersonation_attempts", HELD, HELD, "O"),
        ("kept_texts", HELD, HELD, "O"),
        ("mail_preferences", HELD, HELD, "O"),
        ("mails", HELD, HELD, "O"),
        ("member_blocks", HELD, HELD, "O"),
        ("message_reports", HELD, HELD, "O"),
        ("messages", HELD, HELD, "O"),
        ("messages_v2", HELD, HELD, "O"),
        ("messaging_preferences", HELD, HELD, "O"),
        ("mfa_authenticator", HELD, HELD, "O"),
        ("notifications", HELD, HELD, "O"),
        ("offer_answers", HELD, HELD, "O"),
        ("removal_notices", HELD, HELD, "O"),
        ("requests_on_behalf", HELD, HELD, "O"),
        ("rollout_attempts", HELD, HELD, "O"),
        ("rollout_days", HELD, HELD, "O"),
        ("rollout_flags", HELD, HELD, "O"),
        ("rollout_history", HELD, HELD, "O"),
        ("staff_reads", HELD, HELD, "O"),
        ("unread_conversations", HELD, HELD, "O"),
        ("waffle_switch", HELD, HELD, "O"),
        ("waffle_switch", "v1_switch_changes_with_its_history", "v1_switch_changes_with_its_history", "O"),
        ("rollout_flags_groups", "waffles_own_groups_stay_empty", "waffles_own_lists_stay_empty", "O"),
        ("rollout_flags_users", "waffles_own_users_stay_empty", "waffles_own_lists_stay_empty", "O"),
        ("conversations_v2", "whoever_offers_may_begin", "whoever_offers_may_begin", "O"),
        ("conversations", "whoever_offers_may_begin_in_version_1", "whoever_offers_may_begin", "O"),
    ]


def test_models_and_migrations_agree():
    output = io.StringIO()

    call_command("makemigrations", "--check", "--dry-run", stdout=output)

    assert output.getvalue() == "No changes detected\n"
