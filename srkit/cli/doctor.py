"""``srkit doctor``: is everything here that the course needs, and if not, what repairs it?"""

from __future__ import annotations

import click

__all__ = ["command"]

_WIDE = 16


@click.command("doctor")
@click.option("--quick", is_flag=True, help="Leave out what takes more than a second.")
def command(quick: bool) -> int:
    """Check this installation and print one fix per problem.

    Leaves with exit code 1 if something the lessons need does not work.
    """
    from srkit.cli._checks import all_checks

    failures = notes = 0
    for check in all_checks(quick=quick):
        finding = check()
        mark = {"ok": "ok  ", "note": "note", "fail": "FAIL"}[finding.state]
        click.echo(f"{mark}  {finding.name:<{_WIDE}}  {finding.found}")
        if finding.fix:
            click.echo(f"{'':<{_WIDE + 6}}  fix: {finding.fix}")
        failures += finding.state == "fail"
        notes += finding.state == "note"
    if failures:
        click.echo(f"\n{failures} problem{'s' if failures > 1 else ''} to repair before the lessons work.")
        return 1
    click.echo(f"\nReady.{f' {notes} note' + ('s' if notes > 1 else '') + ' above need nothing now.' if notes else ''}")
    return 0
