"""Side-by-side measurements. Never part of the tests: they take minutes and need the peers' source."""
