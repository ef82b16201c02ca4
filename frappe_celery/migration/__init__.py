"""What processes of an armed bench that began before an upgrade look for here, and nobody else."""
