"""Real apps' task functions on a real bench and on standalone: the same rows afterwards."""
