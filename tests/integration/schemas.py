# SPDX-License-Identifier: BSD-2-Clause
"""What pointsctl printed with -j, against what `pointsctl schema` says of it.

    schemas.py POINTSCTL FOLDER [--all [BUT...]]

FOLDER has for each call N.args (a word a line), N.out, N.err and N.code. A schema is open to members
of later versions; here it is closed, so that a member that it does not know is a fault. --all: every
command that prints JSON must be there with an answer, but those that are named."""

import glob
import json
import re
import subprocess
import sys

from jsonschema import Draft202012Validator, FormatChecker

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
formats = FormatChecker(formats=())
formats.checks("date-time")(lambda value: not isinstance(value, str) or bool(TIME.match(value)))


def close(schema):
    """The schema without room for unknown members."""
    if isinstance(schema, list):
        return [close(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(value) for key, value in schema.items()}
    if schema.get("type") == "object" and schema.get("properties"):
        closed.setdefault("additionalProperties", False)
    return closed


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def command_of(args, names):
    """'conn ls', or None: the first words that are one."""
    for i, word in enumerate(args):
        if " ".join(args[i:i + 2]) in names:
            return " ".join(args[i:i + 2])
        if word in names:
            return word
    return None


def check(what, schema, text):
    validator = Draft202012Validator(close(schema), format_checker=formats)
    faults = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(text))]
    assert not faults, f"pointsctl {what}: {faults} in {text[:2000]}"


def without_rev(schema):
    properties = {key: value for key, value in schema["properties"].items() if key != "rev"}
    return {**schema, "properties": properties, "required": [k for k in schema["required"] if k != "rev"]}


def echo_schema(name, schemas, text):
    """Of what was changed, as show prints it: one object, or several in a list."""
    kinds = ["listener", "route", "server", "upstream"] if name == "batch" else [name.split()[0]]
    shown = [schemas[kind + " show"] for kind in kinds]
    if "items" not in json.loads(text):
        return {"anyOf": shown}
    items = {"type": "array", "minItems": 2, "items": {"anyOf": [without_rev(schema) for schema in shown]}}
    return {"type": "object", "required": ["rev", "items"],
            "properties": {"rev": {"type": "integer", "minimum": 1}, "items": items}}


def is_stream(name):
    return name in ("monitor", "conn watch", "trace")


def check_call(base, schemas):
    """The command if it gave an answer, else None."""
    args = read(base + ".args").splitlines()
    what, out = " ".join(args), read(base + ".out")
    errors = [line for line in read(base + ".err").splitlines() if line.startswith("{")]
    for line in errors:
        check(what, schemas["error"], line)
    if not out:
        assert int(read(base + ".code")) < 2 or errors, f"{what}: no error, and no answer"
        return None
    name = command_of(args, schemas)
    assert name is not None, f"pointsctl {what}: prints JSON, but has no schema"
    if {"-e", "-je", "--echo"} & set(args):
        check(what, echo_schema(name, schemas, out), out)
        return None
    for text in out.splitlines() if is_stream(name) else [out]:
        check(what, schemas[name], text)
    return name


def main():
    pointsctl, folder, *rest = sys.argv[1:]
    whole = json.loads(subprocess.run([pointsctl, "-j", "schema"], check=True, stdout=subprocess.PIPE).stdout)
    schemas = whole["$defs"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    calls = glob.glob(folder + "/*.args")
    seen = {check_call(base[:-len(".args")], schemas) for base in calls}
    if rest[:1] == ["--all"]:
        missing = set(schemas) - seen - set(rest[1:]) - {"error"}
        assert not missing, f"no answer of these was looked at: {sorted(missing)}"
    print(f"{len(calls)} calls of {len(seen - {None})} commands")


if __name__ == "__main__":
    main()
