# made by: python -m tests.stubs

