"""What the library imports when it is first needed."""

token = None
