"""The site that code runs in: its context, the hooks and functions of its apps, its files."""
