"""What `import frappe` and `import rq` find: names only, served by `importer`.

For a name that is not there `absent` stands, where the statement that asks for it may go on
(`statement` looks); `uses` finds such names in a function's code.
"""
