"""What every SQL database does alike: queries, the steps of a write, tables and rows, once.

A database brings a `dialect.Dialect` (how its SQL and its values differ), a `dialect.Session`
(a connection within a transaction), threads that own such connections (`writer`, `readers`),
its schema's files, and a `store.RelationalStore` that opens it all.
"""
