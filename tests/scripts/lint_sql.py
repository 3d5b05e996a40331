#!/usr/bin/env python3
"""Refuses what MySQL 8 lacks, or a Galera cluster, in the MySQL dialect: the migrations and the statements in C++.
Both dialects must have the same migrations."""
import pathlib
import re
import sys

REFUSED = {
    r"\bRETURNING\b": "MySQL has no RETURNING",
    r"\bSEQUENCE\b|\bNEXTVAL\b|\bNEXT VALUE\b": "MySQL has no sequences",
    r"CREATE\s+OR\s+REPLACE": "MySQL has no CREATE OR REPLACE; drop and create",
    r"CREATE\s+(UNIQUE\s+)?INDEX\s+IF\s+NOT\s+EXISTS": "MySQL has no CREATE INDEX IF NOT EXISTS; put it into the table",
    r"\b(ADD|DROP|MODIFY|CHANGE)\s+COLUMN\s+IF\b": "MySQL has no ALTER TABLE ... COLUMN IF [NOT] EXISTS",
    r"\bFULL\s+(OUTER\s+)?JOIN\b": "MySQL has no FULL JOIN",
    r"\bINTERSECT\b|\bEXCEPT\b": "MySQL has INTERSECT and EXCEPT from 8.0.31 only",
    r"\bGET_LOCK\b": "a Galera cluster has no GET_LOCK across its nodes",
    r"\bLOCK\s+TABLES\b": "a Galera cluster has no LOCK TABLES across its nodes",
    r"\bSKIP\s+LOCKED\b": "SKIP LOCKED does not see the other nodes of a Galera cluster; use the lease row",
    r"\bFOR\s+SYSTEM_TIME\b|\bWITHOUT\s+OVERLAPS\b": "MySQL has no system-versioned tables",
    r"\bON\s+CONFLICT\b": "MySQL has no ON CONFLICT",
    r"\bILIKE\b": "MySQL has no ILIKE",
    r"\bUUID\s+(NOT\s+NULL|PRIMARY)": "MySQL has no type UUID",
    r"\bINET[46]\b": "MySQL has no types INET4 and INET6",
}


def without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql)


def statements_in_cpp(text: str) -> str:
    """All string literals of a C++ file that begin a statement or go on with one."""
    return "\n".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))


def main() -> int:
    root = pathlib.Path(__file__).resolve().parents[2]
    faults = []
    names = {dialect: sorted(f.name for f in (root / "sql" / dialect).glob("*.sql")) for dialect in ("sqlite", "mysql")}
    if names["sqlite"] != names["mysql"]:
        faults.append(f"sql/: expected the same files in both dialects, found {names}")
    places = [(f, without_comments(f.read_text())) for f in sorted((root / "sql" / "mysql").glob("*.sql"))]
    places += [(f, statements_in_cpp(f.read_text())) for f in sorted((root / "plugin").rglob("*.cpp"))
               if f.name not in ("sqlite_session.cpp", "dialect.cpp")]
    for file, text in places:
        for pattern, why in REFUSED.items():
            for found in re.finditer(pattern, text):
                faults.append(f"{file.relative_to(root)}: found {found.group(0)!r}: {why}")
    for file, text in places:
        if file.suffix != ".sql":
            continue
        for table, columns in re.findall(r"CREATE TABLE IF NOT EXISTS (\w+) \((.*?)\n\) ENGINE", text, re.S):
            if "PRIMARY KEY" not in columns:
                faults.append(f"{file.relative_to(root)}: {table}: a Galera cluster wants a primary key in every table")
    for fault in faults:
        print(fault)
    print(f"{len(places)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
