"""llama.cpp's server out of the wheel of `xllamacpp`: `python serve_xllamacpp.py MODEL PORT`, until its input ends."""

import sys

import xllamacpp


def main(model: str, port: int) -> None:
    """Serve this model on loopback, with one thread, as tests share their machine."""
    wanted = xllamacpp.CommonParams()
    wanted.model.path = model
    wanted.n_ctx = 8192
    wanted.n_parallel = 1
    wanted.cpuparams.n_threads = 1
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = port
    wanted.use_jinja = True
    server = xllamacpp.Server(wanted)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
