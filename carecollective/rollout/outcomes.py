"""What an attempt can come to: a conversation, a failure of ours, or a rule that said no."""

CREATED = "created"
# The same offer again, which was answered with the conversation that exists.
REPLAYED = "replayed"
FAILURES = ("server_error", "unavailable", "timeout")
# What the numbers are about: a rule that said no is neither a success nor a failure.
COUNTED = (CREATED, *FAILURES)
DUPLICATE = "conversation_exists"
