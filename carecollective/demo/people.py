"""Who is in the demo: members and neighbors (the accounts)."""

from .shapes import Account

ACCOUNTS = (
    Account("admin@example.org", "Admin Demo", "Riverside", 60, signs_in=True),
    Account("requester@example.org", "Requester Demo", "Riverside", 45, signs_in=True),
    Account("helper@example.org", "Helper Demo", "Maple Heights", 40, signs_in=True),
    Account("outsider@example.org", "Outsider Demo", "North Fork", 20, signs_in=True),
    Account("pending@example.org", "Pending Demo", "Riverside", 3, signs_in=True),
    Account("neighbor1@example.org", "Neighbor One", "Maple Heights", 38),
    Account("neighbor2@example.org", "Neighbor Two", "North Fork", 30),
    Account("neighbor3@example.org", "Neighbor Three", "Riverside", 12),
)
REQUESTER_EMAIL, HELPER_EMAIL = "requester@example.org", "helper@example.org"
NOT_APPROVED = "pending@example.org"
ADMIN = "admin@example.org"
