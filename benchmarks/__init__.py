"""How fast the six verbs and pages are that everybody uses, measured against the design that this project grew from.

__main__.py  the command: `script/bench`
data.py      the databases of its own, and the rows in them
earlier.sql     the earlier design: its two tables, their indexes, its three functions
rows.py      what is measured, against what, and how fast it has to be
measure.py   taking samples in turns, and the table
"""
