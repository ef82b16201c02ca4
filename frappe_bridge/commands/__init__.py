"""The commands `move`, `shadow` and `switch`, and what `enable` and `disable` do when armed."""
