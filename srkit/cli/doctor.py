"""``srkit doctor``: check this installation, and say how to repair it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from srkit.cli._checks import Check, Installation

__all__ = ["all_checks", "command"]

_WIDE = 16


@click.command("doctor")
@click.option("--quick", is_flag=True, help="Leave out what takes more than a second.")
def command(quick: bool) -> int:
    """Check this installation and print one fix per problem.

    A clone and an installed srkit[lab] are checked for the lessons and for grading, an installed srkit for what the
    library does. Leaves with exit code 1 if something that the installation is for does not work.
    """
    from srkit.cli._checks import guarded, installation

    failures = notes = 0
    for check in all_checks(installation(), quick=quick):
        finding = guarded(check)
        mark = {"ok": "ok  ", "note": "note", "fail": "FAIL"}[finding.state]
        click.echo(f"{mark}  {finding.name:<{_WIDE}}  {finding.found}")
        if finding.fix:
            click.echo(f"{'':<{_WIDE + 6}}  fix: {finding.fix}")
        failures += finding.state == "fail"
        notes += finding.state == "note"
    if failures:
        click.echo(f"\n{failures} problem{'s' if failures > 1 else ''} to repair before everything works.")
        return 1
    click.echo(f"\nReady.{f' {notes} note' + ('s' if notes > 1 else '') + ' above need nothing now.' if notes else ''}")
    return 0


def all_checks(kind: Installation, *, quick: bool = False) -> list[Check]:
    """Return the checks in the order in which things build on each other."""
    from srkit.cli import _checks

    checks: list[Check] = [
        _checks.check_installation,
        _checks.check_python,
        _checks.check_torch,
        _checks.check_waiting,
        _checks.check_packages,
    ]
    if kind != "library":
        checks += [_checks.check_kernel, _checks.check_widgets]
    checks += [_checks.check_writing, _checks.check_disk, _checks.check_samples, _checks.check_weights]
    if kind != "library" and not quick:
        checks += [_checks.check_sandbox, _checks.check_nbgrader]
    if kind == "clone" and not quick:
        checks += [_checks.check_browser]
    return checks
