"""`./dev bench-from TREE`: a bench for tests, of a tree of Frappe that lies on this machine."""
