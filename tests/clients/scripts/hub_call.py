# SPDX-License-Identifier: Apache-2.0
"""Runs one function of huggingface_hub, in the virtual environment of the version under test.

usage: hub_call.py FUNCTION JSON-ARGUMENTS; prints JSON: {"result": path} or {"error": class name, "message": text}.
"""

import json
import sys

import huggingface_hub


def main(function: str, arguments: str) -> None:
    try:
        result = getattr(huggingface_hub, function)(**json.loads(arguments))
        print(json.dumps({"result": str(result)}))
    except Exception as error:  # whatever the library raises is the answer
        print(json.dumps({"error": type(error).__name__, "message": str(error)}))


main(*sys.argv[1:])
