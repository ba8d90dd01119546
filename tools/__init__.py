"""Scripts of the project. The grader imports ``tools.press``; the others are called by their file names."""
