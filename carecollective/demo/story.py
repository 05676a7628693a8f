"""What they ask for and what they write to each other, in the order in which it is loaded. Words only: `loading` puts
them in.
"""

from .asks_of_before import OF_BEFORE
from .asks_of_now import OF_NOW

ASKS = OF_NOW + OF_BEFORE
