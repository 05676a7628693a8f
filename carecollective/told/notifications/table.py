"""Who reads what when something happens: one row for each event and each of its readers, with their words everywhere.

`notice` stands on home and on the page of notifications; `subject`, `mail` and `button` make the mail; programs read
`kind`. Whoever tells names the event and the reader, so nobody reads words that were meant for somebody else. The line
in the thread itself is messaging's (`SENTENCES` in its pages). What has no row here is news for nobody: an undo takes
back what was told, a block is told to no one, what is shared is seen in its thread, and whoever keeps a request open
did that themselves.
"""

from .about_accounts import ACCOUNTS
from .about_offers import OFFERS
from .about_requests import REQUESTS
from .cells import Cell
from .models import Notification, Reader, What

TABLE: dict[tuple[What, Reader], Cell] = OFFERS | REQUESTS | ACCOUNTS


def only_reader(what: What) -> Reader:
    """Who reads of an event that has one reader. Raises ValueError where there are several to choose from."""
    (reader,) = (reader for event, reader in TABLE if event == what)
    return reader


def cell_of(notification: Notification) -> Cell:
    """What holds now: a request that was about to run out may have done so."""
    what = What(notification.what)
    if what == What.ENDING and notification.help_request and notification.help_request.has_run_out:
        what = What.RAN_OUT
    return TABLE[what, Reader(notification.reader)]
