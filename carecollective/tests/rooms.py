"""The rooms of the house, from the ground up, and what each is for. Each takes only from those before it."""

ROOMS = {
    "carecollective.ground": "what knows nothing of members: identity, refusals, texts, limits, jobs, the database",
    "carecollective.kept_texts": "what somebody wrote after their sign-in had ended",
    "carecollective.web": "what every door uses: answers, errors, sockets, the base of the API and of admin pages",
    "carecollective.audit": "what was done by whom, which nobody can change",
    "carecollective.accounts": "members: joining, signing in, the second step, applications, phone and place",
    "carecollective.told": "how members hear of things: notifications and mail",
    "carecollective.rollout": "who starts in the new messaging: stages, history, attempts, guard rails",
    "helprequests": "what members ask for, and how it may end",
    "messaging": "offers, conversations, messages, reports, sharing; the old version alone in legacy/",
    "carecollective.own_data": "a member's copy, leaving, and what is kept how long",
    "carecollective.backups": "backups: made, kept, put back, and tried by putting them back",
    "carecollective.team": "the team's front page, queues, report and scheduled work, the admin site",
    "carecollective.site": "the site's own pages, health and metrics, and the API's addresses",
    "carecollective.demo": "the story that demo data tells",
    "carecollective.management": "commands",
}


def drawn() -> str:
    """The table of docs/architecture.md, the highest room first."""
    rows = [f"| `{room.replace('.', '/')}/` | {what} |" for room, what in reversed(ROOMS.items())]
    return "\n".join(["| Room | What lives there |", "|---|---|", *rows])
