"""Imported by a job."""

TOKEN = None
