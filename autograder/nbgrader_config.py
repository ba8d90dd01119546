"""The course as nbgrader sees it. Copied into the course folder, so that every nbgrader command there finds it.

nbgrader goes on with its defaults when this file raises, so it does nothing that can fail.
"""

import os
import re
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import ClearHiddenTests, GetGrades, NbGraderPreprocessor
from nbgrader.utils import is_grade

c = get_config()  # noqa: F821  # nbgrader defines it

c.CourseDirectory.course_id = "superresolution"
c.Exchange.root = str(Path(__file__).resolve().parent / "exchange")  # of this course
if os.environ.get("SRKIT_GRADEBOOK_URL"):  # a URL may hold a password, so it stands in no file
    c.CourseDirectory.db_url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", os.environ["SRKIT_GRADEBOOK_URL"])
c.IncludeHeaderFooter.header = ""

# The stub is that of tools/press.py, so that what nbgrader releases is what lessons/ holds.
c.ClearSolutions.code_stub = {
    "python": "# Write your answer in place of the next line.\n"
    "raise NotImplementedError("
    '"This is yours to write: replace this line, run the cell, then run the check below it.")'
}

# Only the locked cells, the answers and what the student added are run: demonstrations and trainings carry a tag.
c.Execute.skip_cells_with_tag = "demo"
c.Execute.timeout = 60
c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=40"]
c.OverwriteCells.add_missing_cells = True

# Submissions come through an LMS or a shared folder, so the owner of a file says nothing about its author.
c.ExchangeCollect.check_owner = False


class ClearTracebacks(NbGraderPreprocessor):
    """Leave only the last line of an error below a check: the others quote the cell, its hidden lines included."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Shorten the errors of one cell."""
        for output in cell.get("outputs", []) if is_grade(cell) else []:
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources


# What is hidden from students stays hidden in their feedback.
c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, ClearTracebacks, CSSHTMLHeaderPreprocessor]
