"""How conversations stand, in SQL: what the inbox says of them (`c`) and their help requests (`hr`), in one query.

Accepted is whoever the request has as its helper: so an acceptance that it knows no more reads as released, whatever
was forgotten to be said.
"""

from .models import UNDO_WITHIN, UNDOABLE

LAST = """
LEFT JOIN LATERAL (
    SELECT kind, by_id, before, answer, since, at FROM offer_answers
    WHERE conversation_id = c.id ORDER BY at DESC LIMIT 1
) AS said ON true
"""
# The answer, since when, and whether the reader may undo it: their own, the last there is, and nothing in its way.
COLUMNS = f"""
       CASE WHEN hr.helper_id = {{helper}} THEN 'accepted' WHEN said.answer = 'accepted' THEN 'released'
            ELSE said.answer END,
       CASE WHEN said.answer IS NOT NULL THEN said.since END,
       coalesce(said.by_id = %(me)s AND said.kind IN {tuple(map(str, UNDOABLE))}
                AND said.at > statement_timestamp() - interval '{UNDO_WITHIN.seconds} seconds'
                AND CASE WHEN said.kind = 'accepted' THEN hr.status = 'in_progress' AND hr.helper_id = {{helper}}
                         WHEN said.before = 'accepted' THEN hr.status = 'open' ELSE true END, false)
"""
# Whom the team asks for, for a helper who reads (%(me)s); nothing where the owner asks for themselves.
FOR_WHOM = """CASE {helper} WHEN %(me)s THEN (
           SELECT shown_name FROM requests_on_behalf WHERE help_request_id = c.help_request_id) END"""
# Whether the team opened it for a cause. What belongs to a report is told elsewhere, later, and names no conversation.
WAS_OPENED = "EXISTS (SELECT FROM staff_reads WHERE conversation_id = c.id AND report_id IS NULL)"
