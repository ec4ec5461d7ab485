"""The offline copy: one SQLite file, and the only package that speaks SQL.

Every write goes through `Database.intention()` or `Database.cache()`; reads take any `Source`, which is such
a transaction or one of the database's read connections.
"""
