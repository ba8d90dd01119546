"""The instructor's side: grading in a sandbox, the class runner, nbgrader's configuration, and the wrong answers.

The engine is one function, from the bytes of a submission to a record::

    with closing(choose_box()) as box:
        record = grade_submission(path, ["tv_loss", "a2001sr"], seed=20260101, box=box)
    record.results["tv_loss"].points, record.to_json()

``grade_submission`` never raises because of what a student handed in: an unreadable notebook is a record whose results
are all ``"no answer"`` and whose ``problem`` says why. A box that does not work gives the outcome ``"infrastructure"``
and no points, never a zero. ``find_answers(notebook)`` gives the source of each answer without running it.
"""
