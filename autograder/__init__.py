"""The instructor's side: the class runner, the course configuration of nbgrader, and the wrong answers we test with."""
