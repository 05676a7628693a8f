"""How a function of the database that woke open pages inside its transaction comes to use the outbox.

An app's migration says it of its own functions. (Django reads no `_` file.)
"""

from django.db.migrations import RunSQL

SAID = "PERFORM pg_notify('care_events', "
PUT = "INSERT INTO public.wake_outbox (payload) VALUES ("

# Their bodies are checked in the role that they take, which may not call them.
REWRITTEN = """
SET LOCAL check_function_bodies = off;
DO $rewrite$
DECLARE
    before text := pg_get_functiondef('{function}'::regproc);
BEGIN
    IF position($text${old}$text$ IN before) = 0 THEN
        RAISE 'the function {function} is another one: it does not say %', $text${old}$text$;
    END IF;
    EXECUTE replace(before, $text${old}$text$, $text${new}$text$);
END $rewrite$;
SET LOCAL check_function_bodies = on;
"""


def wakes_after_commit(*functions: str) -> RunSQL:
    """The operation that puts into the outbox what these functions say at once; its reverse makes them say it again."""
    return RunSQL(
        "".join(REWRITTEN.format(function=function, old=SAID, new=PUT) for function in functions),
        reverse_sql="".join(REWRITTEN.format(function=function, old=PUT, new=SAID) for function in functions),
    )
