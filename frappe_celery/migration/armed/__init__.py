"""The former place of the bridge's `armed`, of which they have imported all but one module."""
