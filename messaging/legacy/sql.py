"""What more than one statement on version 1 says. `c` is the conversation, `p` the caller's own part in it (or none),
`hr` the help request (or none); `%(me)s` is the caller, whom the policies ask for once more.
"""

# Neither deleted nor hidden.
VISIBLE = "{message}.deleted_at IS NULL AND {message}.moderation_status IN ('pending', 'approved')"

# A member reads no participant row but their own. Who the other one is, the thread says by itself: who began it, else
# whose request it is, else who wrote or was written to. Null where nobody is left.
OTHER = f"""
CASE WHEN c.created_by <> %(me)s THEN c.created_by
     WHEN hr.user_id <> %(me)s THEN hr.user_id
     ELSE (SELECT CASE m.sender_id WHEN %(me)s THEN m.recipient_id ELSE m.sender_id END
           FROM messages AS m
           WHERE m.conversation_id = c.id AND {VISIBLE.format(message="m")}
               AND (m.sender_id <> %(me)s OR m.recipient_id IS NOT NULL)
           ORDER BY m.created_at DESC, m.id DESC LIMIT 1)
END
"""  # noqa: S608  (no value stands in the text)

# Can it be written? Everything else reads as archived: closed, blocked, left, and where nobody is left to write to.
IS_OPEN = f"(c.status = 'active' AND p.user_id IS NOT NULL AND p.left_at IS NULL AND ({OTHER}) IS NOT NULL)"

# On their request the caller, as a helper, has this conversation, and offers nothing new beside it. One without a
# visible message, closed, blocked, or begun by somebody else never stands in the way.
STANDS_IN_THE_WAY = f"""(
    c.created_by IN (%(me)s, hr.user_id) AND NOT c.migrated_to_v2 AND {IS_OPEN}
    AND EXISTS (SELECT FROM messages AS m WHERE m.conversation_id = c.id AND {VISIBLE.format(message="m")}))
"""
