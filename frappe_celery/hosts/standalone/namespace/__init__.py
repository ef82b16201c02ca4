"""What `import frappe` and `import rq` find: names only, served by `importer`."""
