"""What is measured, against what, and how fast it has to be.

verbs.py     services and pages of messaging, called from here, against the earlier design
calls.py     the API over HTTP, against a view that does nothing
pages.py     the pages, against the same view
growth.py    all that must not grow with the community: this set against a twentieth of it
crowd.py     many clients at once
flood.py     one of them floods
sockets.py   open sockets: how soon they hear, what they cost
commits.py   sixteen writers, with the wake-up and without
memory.py    the old system's messages in, a member's copy out
starting.py  from the command to the first answer
"""

from benchmarks.bench import Row

from . import calls, commits, crowd, flood, growth, memory, pages, sockets, starting, verbs

ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        Row("offer", verbs.offer_help),
        Row("send", verbs.send_message),
        Row("thread", verbs.thread_page),
        Row("thread-length", verbs.thread_length),
        Row("inbox", verbs.inbox_page),
        Row("inbox-growth", verbs.inbox_growth, needs_twentieth=True),
        Row("null", calls.null_views),
        Row("calls", calls.calls),
        Row("start-conversation", calls.start_conversation),
        Row("pages", pages.pages),
        Row("search", pages.search),
        Row("team", pages.team),
        Row("growth", growth.growth, needs_twentieth=True),
        Row("crowd", crowd.crowd),
        Row("flood", flood.flood),
        Row("delivery", sockets.delivery),
        Row("idle-sockets", sockets.idle),
        Row("commits", commits.commits),
        Row("memory", memory.memory),
        Row("start", starting.start),
    )
}
