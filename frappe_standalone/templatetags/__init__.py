"""Where Django looks for the tags of the pages' templates."""
