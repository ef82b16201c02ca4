"""This tree beside a commit, by turns: `./dev bench --beside COMMIT`."""
