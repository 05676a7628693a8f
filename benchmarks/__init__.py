"""How fast the product is, as ratios within one run: against the design that it grew from, against views that do
nothing, and against itself with a twentieth of the data. `script/bench` is the command, and a missed goal
its exit status.

__main__.py   the command
rows/         what is measured, against what, and how fast it has to be
serving/      the product on one of the databases, and those who call it
bench.py      one run: which set, for how long, its servers
turns.py      taking samples in turns
processor.py  the processor time of processes and of PostgreSQL
figures.py    a ratio, its goal, and the exit status
report.py     the table
people.py     who acts in the samples
databases.py, loading.py, sizes.py, world.py   the databases of its own, and the rows in them
earlier.py, earlier.sql          the earlier design: its two tables, their indexes, its three functions
plans.py      what PostgreSQL makes of a page
pages/        another command, `script/pages`: what pages weigh on a phone
"""
