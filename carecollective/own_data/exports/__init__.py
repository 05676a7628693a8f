"""Everything that a member's account says about them, as one file for them to keep (data export)."""
