"""llama.cpp's server out of the wheel of `xllamacpp`, with as much of its command line as tests and Ollama use.

    python serve_xllamacpp.py --model FILE --port PORT

It ends with the process that started it. Where the variable `RUNNERS` names a file, each start with a model adds a line
with the number of the process. Ollama also starts it without a model, to see what devices there are.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import xllamacpp

PAUSE = 0.2
"""Seconds between two looks at the process that started this one."""


def read_arguments() -> argparse.Namespace:
    """The arguments that matter. Ollama gives many more, all of which leave a small model on a CPU as it is."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--model")
    parser.add_argument("--port", type=int)
    parser.add_argument("-c", dest="window", type=int, default=8192)
    parser.add_argument("--no-jinja", action="store_true")
    parser.add_argument("--chat-template", default="")
    parser.add_argument("--embedding", action="store_true")
    return parser.parse_known_args()[0]


def main() -> None:
    """Serve the model on loopback, with one thread, as tests share their machine."""
    parent = os.getppid()
    given = read_arguments()
    if not given.model:
        sys.stderr.write("system_info: CPU\n")
        return
    if "RUNNERS" in os.environ:
        with Path(os.environ["RUNNERS"]).open("a", encoding="utf-8") as out:
            out.write(f"{os.getpid()}\n")
    wanted = xllamacpp.CommonParams()
    wanted.model.path = given.model
    wanted.n_ctx = given.window
    wanted.n_parallel = 1
    wanted.cpuparams.n_threads = 1
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = given.port
    wanted.use_jinja = not given.no_jinja
    wanted.chat_template = given.chat_template
    wanted.embedding = given.embedding
    server = xllamacpp.Server(wanted)
    while os.getppid() == parent:
        time.sleep(PAUSE)
    del server


if __name__ == "__main__":
    main()
