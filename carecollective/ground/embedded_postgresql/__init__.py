"""The database for those who have none: PostgreSQL from a Python wheel, started at the first connection.

base.py      the Django ENGINE, "carecollective.ground.embedded_postgresql"
cluster.py   joining and leaving: who uses the server, and which data folder is theirs
server.py    one PostgreSQL server: making its data folder, starting and stopping it
keeper.py    the process above the server, which stops it when its last user is gone, even by kill -9
folders.py   where things lie, and who may walk there
programs.py  where PostgreSQL's programs come from
archive.py   dump and restore
upgrade.py   from one major version to the next
"""
