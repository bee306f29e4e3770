"""How many days channels were suspended, year by year, from an exported record. Needs Python and nothing else.

    python -m tracker export record
    python docs/examples/suspended_days.py record

A channel that is suspended on a day counts one for that day. A state whose beginning is known to the month or year
alone is counted from the first day that it can mean, as the pages do; the last column says how many of the days
depend on that.
"""

import csv
import json
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def days(first: date, after: date) -> list[date]:
    """The days from `first` up to the one before `after`."""
    return [first + timedelta(days=number) for number in range((after - first).days)]


def suspended_days(folder: Path) -> tuple[Counter[int], Counter[int]]:
    """Channel-days in suspension by year, and those of them that a coarse date leaves open."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    end = date.fromisoformat(package["as_of"]) + timedelta(days=1)
    counted, unsure = Counter(), Counter()
    for spell in rows(folder, "history"):
        if spell["state"] != "suspended":
            continue
        begins, latest = (date.fromisoformat(spell[name]) for name in ("from_day", "from_day_latest"))
        ends = date.fromisoformat(spell["until_day"]) if spell["until_day"] else end
        counted.update(day.year for day in days(begins, ends))
        unsure.update(day.year for day in days(begins, min(latest, ends)))
    return counted, unsure


def main(folder: Path) -> None:
    counted, unsure = suspended_days(folder)
    print("year  channel-days  unsure")
    for year in range(min(counted), max(counted) + 1) if counted else ():
        print(f"{year}  {counted[year]:12,}  {unsure[year]:6,}")
    print(f"all   {counted.total():12,}  {unsure.total():6,}")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "datapackage.json").is_file():
        sys.exit("Name the folder that `python -m tracker export FOLDER` made.")
    main(Path(sys.argv[1]))
