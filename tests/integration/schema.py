# SPDX-License-Identifier: BSD-2-Clause
# What pointsmand loads is what its schema allows. Arguments: the program, the schema, the source
# folder. Every document there that loads is valid; wrong ones are not.
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

program, schema_file, source = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
schema = json.loads(pathlib.Path(schema_file).read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def first_error(document):
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    return None if error is None else f"{error.json_path}: {error.message[:300]}"


def run(command, text, folder):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        return subprocess.run(
            [program, command, "--config", file.name], capture_output=True, text=True, cwd=folder
        )


def cases():
    """Of tests/adapt: name, the first part, the verdict's line, what follows."""
    for path in sorted((source / "tests/adapt").glob("*.txt")):
        text = path.read_bytes().decode("utf-8", "replace")
        head, _, verdict = text.partition("\n----------")
        line, _, rest = verdict.partition("\n")
        while line.startswith(" file "):
            _, _, verdict = rest.partition("\n----------")
            line, _, rest = verdict.partition("\n")
        yield path.name, head, line.strip(), rest


def documents():
    for path in sorted((source / "examples").glob("*/config.json")):
        yield str(path), json.loads(path.read_text())
    for name, _, verdict, rest in cases():
        if verdict == "":
            yield name, json.loads(rest)
    for path in sorted(source.glob("docs/**/*.md")) + [source / "README.md"]:
        for kind, text in re.findall(r"^```(caddyfile|json)\n(.*?)^```$", path.read_text(), re.M | re.S):
            if kind == "caddyfile":
                text = run("adapt", text, ".").stdout
            yield str(path), json.loads(text)


faults = []
good = [(name, document) for name, document in documents()]
for name, document in good:
    error = first_error(document)
    if error is not None:
        faults.append(f"{name} loads and is not valid: {error}")

# What the loader refuses for a name or a type, the schema refuses.
refused = 0
for name, head, verdict, rest in cases():
    if verdict == "validate-error" and re.search(r"unknown (field|handler|matcher)|must be an? (array|object|string|number|integer|boolean)", rest):
        refused += 1
        if first_error(json.loads(head)) is None:
            faults.append(f"{name} is refused and valid: {rest}")


def places(value, way=()):
    if isinstance(value, dict):
        yield way
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, (dict, list)):
            yield from places(inner, way + (key,))


def changed(document, way, key, value):
    out = at = copy.deepcopy(document)
    for step in way:
        at = at[step]
    at[key] = value
    return out


# A member that nobody knows, in each kind of object of the examples: both say the same. Types
# likewise.
compared = 0
seen = set()
for path in sorted((source / "examples").glob("*/config.json")):
    document = json.loads(path.read_text())
    for way in places(document):
        kind = tuple(step for step in way if isinstance(step, str))
        if kind in seen:
            continue
        seen.add(kind)
        for key, value in [("unheard_of", 1), ("unheard_of", []), ("listen", 5), ("handler", 7)]:
            wrong = changed(document, way, key, value)
            answer = run("validate", json.dumps(wrong), path.parent)
            accepted = answer.returncode == 0
            compared += 1
            if accepted and first_error(wrong) is not None:
                faults.append(f"{path} {way} {key}: loads and is not valid: {first_error(wrong)}")
            if not accepted and first_error(wrong) is None:
                faults.append(f"{path} {way} {key}: is valid and refused: {answer.stderr}")

print(f"{len(good)} documents valid, {refused} refused, {compared} changed ones alike")
if len(good) < 100 or refused < 5 or compared < 100:
    faults.append("too few documents were found")
print("\n".join(faults[:40]))
sys.exit(1 if faults else 0)
