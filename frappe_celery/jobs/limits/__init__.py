"""Limits and pauses: how much runs at once and a minute. Others take `rules` and `declarations`.

What they keep back and when it is let go says `rules.lua`, in the step that fetches.
"""
