"""Wrong answers to exercise 11.2, the pairs of a folder."""

from autograder.mutants import mutant


@mutant(1, "mixed_up")
def two_sorted_lists(root, scale):
    hrs = sorted((root / "HR").glob("*.png"))
    lrs = sorted((root / "LR_bicubic" / f"X{scale}").glob("*.png"))
    return list(zip(hrs, lrs))


@mutant(0)
def partner_of_the_same_name(root, scale):
    pairs = []
    for hr in sorted((root / "HR").glob("*.png")):
        lr = root / "LR_bicubic" / f"X{scale}" / hr.name
        if not lr.is_file():
            raise FileNotFoundError(f"{lr} is missing")
        pairs.append((hr, lr))
    return pairs


@mutant(1, "swapped")
def lr_before_hr(root, scale):
    pairs = []
    for hr in sorted((root / "HR").glob("[!.]*.png")):
        lr = root / "LR_bicubic" / f"X{scale}" / f"{hr.stem}x{scale}.png"
        if not lr.is_file():
            raise FileNotFoundError(f"{lr} is missing")
        pairs.append((lr, hr))
    return pairs


@mutant(3)
def every_file_is_an_image(root, scale):
    pairs = []
    for hr in sorted((root / "HR").iterdir()):
        lr = root / "LR_bicubic" / f"X{scale}" / f"{hr.stem}x{scale}.png"
        if not lr.is_file():
            raise FileNotFoundError(f"{lr} is missing")
        pairs.append((hr, lr))
    return pairs


@mutant(3, "missing_unnoticed")
def missing_ones_are_skipped(root, scale):
    pairs = []
    for hr in sorted((root / "HR").glob("[!.]*.png")):
        lr = root / "LR_bicubic" / f"X{scale}" / f"{hr.stem}x{scale}.png"
        if lr.is_file():
            pairs.append((hr, lr))
    return pairs


@mutant(2, "other_files")
def everything_taken_on_trust(root, scale):
    lrs = root / "LR_bicubic" / f"X{scale}"
    return [(hr, lrs / f"{hr.stem}x{scale}.png") for hr in sorted((root / "HR").iterdir())]


@mutant(3, "missing_unnamed")
def an_error_that_names_nothing(root, scale):
    pairs = []
    for hr in sorted((root / "HR").glob("[!.]*.png")):
        lr = root / "LR_bicubic" / f"X{scale}" / f"{hr.stem}x{scale}.png"
        if not lr.is_file():
            raise ValueError("the folder is not complete")
        pairs.append((hr, lr))
    return pairs


@mutant(3)
def always_times_two(root, scale):
    pairs = []
    for hr in sorted((root / "HR").glob("[!.]*.png")):
        lr = root / "LR_bicubic" / "X2" / f"{hr.stem}x2.png"
        if not lr.is_file():
            raise FileNotFoundError(f"{lr} is missing")
        pairs.append((hr, lr))
    return pairs


@mutant(2, "missing_unnoticed")
def stem_by_removing_the_suffix(root, scale):
    hrs = {hr.stem: hr for hr in (root / "HR").glob("[!.]*.png")}
    pairs = []
    for lr in sorted((root / "LR_bicubic" / f"X{scale}").glob("[!.]*.png")):
        name = lr.stem.replace(f"x{scale}", "")
        if name in hrs:
            pairs.append((hrs[name], lr))
    return pairs


@mutant(3, "unsorted")
def longest_name_first(root, scale):
    pairs = []
    for hr in sorted((root / "HR").glob("[!.]*.png"), key=lambda path: (-len(path.name), path.name)):
        lr = root / "LR_bicubic" / f"X{scale}" / f"{hr.stem}x{scale}.png"
        if not lr.is_file():
            raise FileNotFoundError(f"{lr} is missing")
        pairs.append((hr, lr))
    return pairs
