"""What an attempt can come to: a conversation, a failure of ours, or a rule that said no."""

CREATED = "created"
# The same offer again, which was answered with the conversation that exists.
REPLAYED = "replayed"
FAILURES = ("server_error", "unavailable", "timeout")
# The ground is away, for both versions alike: no connection, none in time, a server that ends, a disk that is full.
AWAY = "unavailable"
# What the numbers are about: a rule that said no is neither a success nor a failure.
COUNTED = (CREATED, *FAILURES)
# What the guard rails judge V2 by: not by what V1 would have suffered too.
JUDGED = tuple(outcome for outcome in COUNTED if outcome != AWAY)
DUPLICATE = "conversation_exists"
