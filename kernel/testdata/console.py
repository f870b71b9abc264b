"""Types the cells of a notebook into jupyter console and prints what it shows.

Each cell is pasted as a whole, as a terminal does, and the next one when the
prompt is back. Run by TestConsoleTour."""

import json
import re
import sys

import pexpect

with open(sys.argv[1], encoding="utf-8") as f:
    cells = [c for c in json.load(f)["cells"] if c["cell_type"] == "code"]
console = pexpect.spawn(
    "jupyter-console",
    ["--kernel", "dendrite", "--ZMQTerminalInteractiveShell.kernel_timeout=60"],
    encoding="utf-8",
    timeout=120,
    dimensions=(100, 200),
)
seen = []


def prompt(number):
    colour = r"(?:\x1b\[[0-9;]*m)*"
    console.expect(rf"In \[{colour}{number}{colour}\]: ")
    seen.append(console.before)


prompt(1)
for number, cell in enumerate(cells, 1):
    console.send("\x1b[200~" + "".join(cell["source"]) + "\x1b[201~\r")
    prompt(number + 1)
console.sendeof()
console.expect(r"\[y\]/n")
console.sendline("y")
console.expect(pexpect.EOF)
seen.append(console.before)
print(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "".join(seen)))
