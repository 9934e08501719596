# SPDX-License-Identifier: Apache-2.0
"""Runs functions of huggingface_hub, in the virtual environment of the version under test.

usage: hub_call.py FUNCTION JSON-ARGUMENTS: one call.  hub_call.py: one call for each line [FUNCTION, ARGUMENTS] of
standard input.  Prints a line of JSON for each: {"result": text} or {"error": class name, "message": text}.
"""

import json
import sys
from typing import Any

import huggingface_hub


def answer(function: str, arguments: dict[str, Any]) -> str:
    try:
        result = getattr(huggingface_hub, function)(**arguments)
        return json.dumps({"result": str(result)})
    except Exception as error:  # whatever the library raises is the answer
        return json.dumps({"error": type(error).__name__, "message": str(error)})


if len(sys.argv) == 3:
    print(answer(sys.argv[1], json.loads(sys.argv[2])))
else:
    for line in sys.stdin:
        print(answer(*json.loads(line)), flush=True)
