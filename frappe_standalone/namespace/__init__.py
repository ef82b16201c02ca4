"""What `import frappe` and `import rq` find, served by `importer`: names only, most in a table.

`names.txt` says which module has which names, and where they are defined; a module that computes
its own is a file in `frappe/`, where the descriptions of our doctypes lie too.
For a name that is not there `absent` stands, where the statement that asks for it may go on
(`statement` looks); `uses` finds such names in a function's code.
"""
