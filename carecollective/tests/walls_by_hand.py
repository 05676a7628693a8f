"""Who may do what to which private table, written down by hand: an oracle must not be derived from what it checks.

A new private table has its line in the matrix, what each role is granted, and the texts that the team's role reads.
"""

# Select, Insert, Update, Delete, Truncate. A capital letter: done, or stopped by a constraint alone. A small one: the
# role has the right, and no row for it. A dash: refused. Each column of a line is on the same rows, so each refusal has
# its twin that was let through: a stranger beside the owner, whoever claims to be nobody, the team beside the system.
# The login has no right to any of them outside of every scope. Who is asked for is as public among members as the
# request itself: requests_on_behalf shows strangers a name.
MATRIX = """
table                     owner stranger nobody staff system login
application_lines         S---- s---- s---- ----- SI-D- -----
audit_entries             S---- s---- s---- S---- SI-d- -----
audit_unsent              ----- ----- ----- ----- SI-D- -----
contact_details           SIUD- siud- siud- s---- S--D- -----
contact_shares            SIu-- siu-- siu-- ----- S-uD- -----
conversation_participants SI--- si--- si--- S---- SI--- -----
conversation_read_markers SIU-- siu-- siu-- ----- Si-D- -----
conversations             SIU-- siu-- siu-- S---- SIUD- -----
conversations_v2          SIU-- siu-- siu-- S---- SIUd- -----
erasures                  ----- ----- ----- ----- SI--- -----
export_archives           S--D- s--d- s--d- ----- SI-D- -----
exports                   SI--- si--- si--- ----- SIUD- -----
grave_acts                S---- s---- s---- S---- SIU-- -----
impersonation_attempts    ----- ----- ----- S---- SI-d- -----
kept_texts                S--D- s--d- s--d- ----- SI-D- -----
mail_preferences          SIU-- siu-- siu-- ----- SIUD- -----
mails                     ----- ----- ----- S---- SIUD- -----
member_blocks             SI-D- si-d- si-d- ----- S--D- -----
message_reports           SI--- si--- si--- S---- S-U-- -----
messages                  Siu-- siu-- siu-- S---- SIU-- -----
messages_v2               SI--- si--- si--- S---- SI--- -----
messaging_preferences     SIU-- siu-- siu-- ----- S--D- -----
notifications             S-U-- s-u-- s-u-- ----- SIUD- -----
offer_answers             SI--- si--- si--- S---- SI-d- -----
removal_notices           ----- ----- ----- ----- SI-D- -----
requests_on_behalf        S---- S---- S---- Si--- S--D- -----
rollout_history           ----- ----- ----- S---- SI--- -----
staff_reads               S---- s---- s---- S---- SI--- -----
unread_conversations      SiUD- siud- siud- ----- SI-D- -----
"""


# All that the team's role reads as text: codes, its own reasons and notes, and the phone of who has applied.
STAFF_READS = """
audit_entries.codes audit_entries.hand audit_entries.kind audit_entries.login
audit_entries.origin audit_entries.role
contact_details.kind contact_details.value
conversation_participants.role conversations.status conversations_v2.status
grave_acts.codes grave_acts.kind grave_acts.reason grave_acts.status
impersonation_attempts.claimed impersonation_attempts.field impersonation_attempts.path
mails.error mails.kind
message_reports.outcome message_reports.reason message_reports.status message_reports.version
messages.encryption_status messages.message_type messages.moderation_status messages.status
offer_answers.answer offer_answers.before offer_answers.kind
requests_on_behalf.consent_how requests_on_behalf.note requests_on_behalf.shown_name
rollout_history.by_name rollout_history.checks rollout_history.from_stage rollout_history.kind rollout_history.numbers
rollout_history.reason rollout_history.to_stage
staff_reads.reason staff_reads.role staff_reads.staff_name staff_reads.version
"""

# A table is private (row level security enabled and forced), or open for the reason that OPEN gives.
PRIVATE = sorted(line.split()[0] for line in MATRIX.strip().splitlines()[1:])

# Every grant there is: role, table, command, and the columns, or * for the table.
GRANTS = """
authenticated application_lines SELECT *
authenticated audit_entries SELECT at codes id kind subject_id
authenticated contact_details DELETE *
authenticated contact_details INSERT *
authenticated contact_details SELECT *
authenticated contact_details UPDATE is_kept value
authenticated contact_shares INSERT conversation_id kind owner_id
authenticated contact_shares SELECT *
authenticated contact_shares UPDATE ended_by
authenticated conversation_participants INSERT conversation_id user_id
authenticated conversation_participants SELECT *
authenticated conversation_read_markers INSERT *
authenticated conversation_read_markers SELECT *
authenticated conversation_read_markers UPDATE read_up_to
authenticated conversations INSERT created_by help_request_id title
authenticated conversations SELECT *
authenticated conversations UPDATE last_message_at status
authenticated conversations_v2 INSERT help_request_id helper_id initial_message requester_id
authenticated conversations_v2 SELECT *
authenticated conversations_v2 UPDATE status
authenticated export_archives DELETE *
authenticated export_archives SELECT *
authenticated exports INSERT language member_id
authenticated exports SELECT *
authenticated grave_acts SELECT at disputed_at due_at ended_at id kind needs_second status subject_id
authenticated help_requests INSERT category description exchange_offer id is_ongoing language location_override \
subcategory title urgency user_id
authenticated help_requests SELECT *
authenticated help_requests UPDATE cancel_reason cancelled_at category completed_at description exchange_offer \
expires_at helper_id is_ongoing language location_override status subcategory title urgency
authenticated kept_texts DELETE *
authenticated kept_texts SELECT *
authenticated mail_preferences INSERT *
authenticated mail_preferences SELECT *
authenticated mail_preferences UPDATE answers messages news offers quiet_from quiet_until requests show_words
authenticated member_blocks DELETE *
authenticated member_blocks INSERT blocked_id blocker_id
authenticated member_blocks SELECT *
authenticated members SELECT id name town town_words
authenticated message_reports INSERT description message_id reason reported_by
authenticated message_reports SELECT conversation_id created_at description id message_id reason reported_by status
authenticated messages INSERT content conversation_id help_request_id id recipient_id sender_id
authenticated messages SELECT *
authenticated messages UPDATE read_at
authenticated messages_v2 INSERT content conversation_id id sender_id
authenticated messages_v2 SELECT *
authenticated messaging_preferences INSERT *
authenticated messaging_preferences SELECT *
authenticated messaging_preferences UPDATE shows_seen
authenticated notifications SELECT *
authenticated notifications UPDATE read_at
authenticated offer_answers INSERT by_id conversation_id kind
authenticated offer_answers SELECT *
authenticated offers SELECT *
authenticated requests_on_behalf SELECT help_request_id shown_name
authenticated rollout_counts INSERT *
authenticated rollout_flags SELECT *
authenticated staff_reads SELECT conversation_id id opened_at reason report_id
authenticated thread_messages SELECT *
authenticated thread_people SELECT *
authenticated threads SELECT *
authenticated unread_conversations DELETE *
authenticated unread_conversations INSERT conversation_id member_id
authenticated unread_conversations SELECT *
authenticated unread_conversations UPDATE counted counted_from counted_up_to
authenticated waffle_switch SELECT *
care_staff audit_entries SELECT *
care_staff contact_details SELECT *
care_staff conversation_participants SELECT *
care_staff conversations SELECT created_at created_by help_request_id id last_message_at migrated_to_v2 status \
updated_at
care_staff conversations_v2 SELECT created_at help_request_id helper_id id requester_id status updated_at
care_staff grave_acts SELECT about_id agreed_at agreed_by_id asked_by_id at codes confirmed_by_id disputed_at due_at \
ended_at ended_by_id id is_alone kind needs_second reason status subject_id
care_staff help_requests SELECT *
care_staff impersonation_attempts SELECT *
care_staff mails SELECT attempts created_at due_at error id kind not_needed_at recipient_id sent_at set_aside_at
care_staff members SELECT id name town verification_status
care_staff message_reports SELECT conversation_id created_at id message_id outcome reason reported_by reviewed_at \
reviewed_by sender_id status version
care_staff messages SELECT conversation_id created_at deleted_at encryption_status help_request_id id is_flagged \
message_type moderation_status parent_message_id read_at recipient_id sender_id status thread_id updated_at
care_staff messages_v2 SELECT conversation_id created_at id sender_id updated_at
care_staff offer_answers SELECT *
care_staff offers SELECT *
care_staff requests_on_behalf INSERT consent_how consent_on help_request_id note posted_by_id shown_name
care_staff requests_on_behalf SELECT *
care_staff rollout_attempts SELECT *
care_staff rollout_days SELECT *
care_staff rollout_flags SELECT *
care_staff rollout_history SELECT *
care_staff staff_reads SELECT *
care_staff thread_people SELECT *
care_staff threads SELECT *
care_staff waffle_switch SELECT *
care_system application_lines DELETE *
care_system application_lines INSERT line member_id outcome
care_system application_lines SELECT *
care_system audit_entries DELETE *
care_system audit_entries INSERT about_id actor_id codes hand kind origin subject_id
care_system audit_entries SELECT *
care_system audit_unsent DELETE *
care_system audit_unsent INSERT entry_id
care_system audit_unsent SELECT *
care_system auth_group SELECT id name
care_system auth_permission SELECT codename id
care_system contact_details DELETE *
care_system contact_details SELECT is_kept kind member_id
care_system contact_shares DELETE *
care_system contact_shares SELECT *
care_system contact_shares UPDATE ended_by
care_system conversation_participants INSERT *
care_system conversation_participants SELECT *
care_system conversation_read_markers DELETE *
care_system conversation_read_markers INSERT *
care_system conversation_read_markers SELECT *
care_system conversations DELETE *
care_system conversations INSERT *
care_system conversations SELECT *
care_system conversations UPDATE migrated_to_v2 title
care_system conversations_v2 DELETE *
care_system conversations_v2 INSERT *
care_system conversations_v2 SELECT *
care_system conversations_v2 UPDATE updated_at
care_system erasures INSERT *
care_system erasures SELECT *
care_system export_archives DELETE *
care_system export_archives INSERT content export_id
care_system export_archives SELECT export_id
care_system exports DELETE *
care_system exports INSERT language made_by member_id ready_at reason used_at
care_system exports SELECT *
care_system exports UPDATE failed_at ready_at used_at
care_system grave_acts INSERT about_id asked_by_id codes is_alone kind needs_second new_address reason status subject_id
care_system grave_acts SELECT *
care_system grave_acts UPDATE agreed_by_id confirmed_by_id disputed_at ended_by_id new_address status
care_system help_requests DELETE *
care_system help_requests INSERT *
care_system help_requests SELECT *
care_system help_requests UPDATE *
care_system impersonation_attempts DELETE *
care_system impersonation_attempts INSERT *
care_system impersonation_attempts SELECT *
care_system kept_texts DELETE *
care_system kept_texts INSERT fields member_id path
care_system kept_texts SELECT id kept_at member_id
care_system mail_preferences DELETE *
care_system mail_preferences INSERT *
care_system mail_preferences SELECT *
care_system mail_preferences UPDATE answers messages news offers requests
care_system mails DELETE *
care_system mails INSERT *
care_system mails SELECT *
care_system mails UPDATE *
care_system member_blocks DELETE *
care_system member_blocks SELECT *
care_system member_secrets SELECT *
care_system members DELETE *
care_system members INSERT *
care_system members SELECT application_text email email_confirmed_at enter_sends id is_staff is_superuser joined_at \
language last_login leaving_at left_at name restricted_until restriction session_stamp text_size theme town \
town_words verification_status warned_at
care_system members UPDATE *
care_system members_groups DELETE *
care_system members_groups INSERT *
care_system members_groups SELECT group_id member_id
care_system members_user_permissions DELETE *
care_system members_user_permissions INSERT *
care_system members_user_permissions SELECT member_id permission_id
care_system message_reports SELECT *
care_system message_reports UPDATE description evidence evidence_sha256 message_id outcome reviewed_at \
reviewed_by status version
care_system messages INSERT *
care_system messages SELECT *
care_system messages UPDATE read_at
care_system messages_v2 INSERT *
care_system messages_v2 SELECT *
care_system messaging_preferences DELETE *
care_system messaging_preferences SELECT *
care_system mfa_authenticator DELETE *
care_system mfa_authenticator INSERT *
care_system mfa_authenticator SELECT *
care_system mfa_authenticator UPDATE *
care_system notifications DELETE *
care_system notifications INSERT about by_id conversation_id help_request_id kind member_id news_id reader what
care_system notifications SELECT *
care_system notifications UPDATE created_at
care_system offer_answers DELETE *
care_system offer_answers INSERT by_id conversation_id kind
care_system offer_answers SELECT *
care_system offers SELECT *
care_system removal_notices DELETE *
care_system removal_notices INSERT *
care_system removal_notices SELECT *
care_system requests_on_behalf DELETE *
care_system requests_on_behalf SELECT *
care_system rollout_attempts DELETE *
care_system rollout_attempts INSERT *
care_system rollout_attempts SELECT *
care_system rollout_counts DELETE *
care_system rollout_counts INSERT *
care_system rollout_counts SELECT *
care_system rollout_days DELETE *
care_system rollout_days INSERT *
care_system rollout_days SELECT *
care_system rollout_flags SELECT *
care_system rollout_flags UPDATE *
care_system rollout_history INSERT *
care_system rollout_history SELECT *
care_system rollout_history UPDATE by_name
care_system staff_reads INSERT conversation_id reason report_id staff_id staff_name version
care_system staff_reads SELECT *
care_system staff_reads UPDATE staff_name
care_system thread_messages SELECT *
care_system thread_people SELECT *
care_system threads SELECT *
care_system unread_conversations DELETE *
care_system unread_conversations INSERT conversation_id member_id
care_system unread_conversations SELECT *
care_system waffle_switch INSERT *
care_system waffle_switch SELECT *
care_system waffle_switch UPDATE *
care_system wake_outbox INSERT *
"""
