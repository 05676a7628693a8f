"""The product as a community runs it, on one of the benchmarks' databases, and those who call it.

site.py      starts it and ends it
settings.py  the product's, and the null views beside its addresses
null.py      views that do nothing: what a request costs before ours begins
caller.py    calls it, as a member or as nobody
writers.py   a process whose threads all write, to be started several times
"""
