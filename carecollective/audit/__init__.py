"""What was done to members and by the team, written down with the act, and never changed (the audit log)."""
