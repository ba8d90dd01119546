"""Wrong answers to exercise 17.5, an image as four sequences."""

from autograder.mutants import mutant

OF_SLIPS = {"not_turned_back": 1, "columns_laid_in_rows": 2, "mean": 1, "like_a_snake": 3, "forwards_only": 0}


def there_and_back(sequence, scan):
    return scan(sequence) + scan(sequence.flip(1)).flip(1)


@mutant(0, "rows_only")
def as_a_text_is_read(features, scan):
    return there_and_back(features.reshape(len(features), -1), scan).reshape(features.shape)


@mutant(1)
def each_row_and_each_column_alone(features, scan):
    c, h, w = features.shape
    rows = there_and_back(features.reshape(c * h, w), scan).reshape(c, h, w)
    columns = there_and_back(features.transpose(1, 2).reshape(c * w, h), scan)
    return rows + columns.reshape(c, w, h).transpose(1, 2)
