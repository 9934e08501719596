# SPDX-License-Identifier: Apache-2.0
"""python3 -m hub: runs the hub until it is told to stop, and prints one line of JSON with its ports and CA."""

import argparse
import json
import signal
from pathlib import Path

from .control import Control
from .faults import Fault
from .testhub import TestHub


def main() -> None:
    parser = argparse.ArgumentParser(prog="hub", description=__doc__)
    parser.add_argument("--state-dir", type=Path, help="folder for CA and git repositories (default: a temporary one)")
    parser.add_argument("--port", type=int, default=0, help="TLS port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--control-port", type=int, default=0, help="control port (default: a free one)")
    parser.add_argument("--rate", type=int, help="pace every CDN body to so many bytes a second")
    options = parser.parse_args()
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    with TestHub(options.state_dir, port=options.port) as hub:
        if options.rate:
            hub.faults.add(Fault(host="*cdn*", count=None, rate=options.rate))
        control = Control(hub, options.control_port)
        control.start()
        print(json.dumps(control.answer("GET", "/info", {})), flush=True)
        signal.sigwait(stops)
        control.stop()


if __name__ == "__main__":
    main()
