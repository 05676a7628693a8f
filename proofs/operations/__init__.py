"""docs/operations.md from a bare Debian: each block that is marked so is typed there, in its order, and then looked at.

page.py         the blocks
machine.py      the Debian in a folder, and who types
standing_in.py  what stands in for systemd and a mail server
releases.py     the repository that the page clones, with a next release
visitor.py      who comes to the door: a page over TLS, a sign-in, a socket, a mail
"""
