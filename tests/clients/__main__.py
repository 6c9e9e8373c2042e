"""Agents and their frameworks as clients, each in an environment of its own: `python -m tests.clients [NAME …]`.

A client is a script `with_*.py` in this folder. An environment is made once, in `.venv-clients/`. A library's script
runs in front of a demo; an agent that is a program is run by its script, in front of a backend of the script's own.
Two run at a time. The table at the end says what each did, and its rows go into docs/clients.md. Ends with 1 if one
failed. A client that cannot be installed here is told in the table, too. Ends with 3 if nothing can be installed.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from rich.console import Console
from rich.table import Table

from tests.clients.client import CannotInstall, Client, install_uv, known_clients
from tests.clients.report import Row, write_table
from tests.demo_process import ROOT, demo

AT_ONCE = 2
PATIENCE = 300
"""Seconds after which a script is ended."""
PASSED = "passed"
NOTHING_RAN = 3

console = Console(stderr=True)


def run(client: Client, bridge: str) -> Row:
    """How it went: `passed`, or the last line that the client wrote."""
    try:
        client.install()
        version = client.version()
    except CannotInstall as error:
        return Row(client.name, "-", f"not installed: {_last(str(error))}")
    outside = {key: value for key, value in os.environ.items() if not key.startswith(("TOOLBRIDGE_", "PYTHON"))}
    around = outside | {"TOOLBRIDGE_URL": bridge, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    arguments = [str(client.python), str(client.script)]
    if client.program:
        arguments = [sys.executable, str(client.script), str(client.command)]
        around["PYTHONPATH"] = str(ROOT)
    try:
        done = subprocess.run(
            arguments, env=around, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=client.home
        )
    except subprocess.TimeoutExpired:
        return Row(client.name, version, f"did not end within {PATIENCE} s")
    console.print(f"{client.name}: {'passed' if done.returncode == 0 else 'failed'}")
    if done.returncode:
        console.print(done.stderr[-2000:], markup=False)
    return Row(client.name, version, _last(done.stderr) if done.returncode else PASSED)


def _last(said: str) -> str:
    """The last line of what a program said, without the folders of this machine."""
    return (said.strip() or "ended with an error").splitlines()[-1].replace(f"{ROOT}/", "")


def main(names: list[str]) -> int:
    """Run those that are named, or all."""
    known = known_clients()
    if strangers := set(names) - set(known):
        console.print(f"no client is called {', '.join(sorted(strangers))}; there are {', '.join(known)}")
        return 2
    try:
        install_uv()
    except CannotInstall as error:
        console.print(f"uv cannot be installed here, which makes the environments:\n{error}", markup=False)
        return NOTHING_RAN
    with demo() as running, ThreadPoolExecutor(AT_ONCE) as threads:
        rows = list(threads.map(partial(run, bridge=running.bridge), [known[name] for name in names or known]))
    table = Table("client", "version", "went", title="Two turns with tools, through the bridge")
    for row in rows:
        table.add_row(row.title, row.version, row.went)
    Console().print(table)
    write_table(rows)
    return int(any(row.went != PASSED for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
