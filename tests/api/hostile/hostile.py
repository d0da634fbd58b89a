"""Hostile bodies, patches and definitions against a running server: `hostile.py PID [PART…]`, a part being `bodies` or `schemas`.
Each case has a clear answer within bounded time and memory; at the end the server's memory has come back."""
import sys

import bodies
import schemas
from attacker import Attacker

# What may stay: what the store keeps of its past in memory, and what the allocator does not give back.
MOST_LEFT = 200


def main():
    a = Attacker(int(sys.argv[1]))
    at_first = a.resident()
    print(f"      {at_first} MB at first")
    parts = {"bodies": bodies, "schemas": schemas}
    for name in sys.argv[2:] or parts:
        parts[name].run(a)
        answer = a.send("GET", "/readyz")
        a.book.check(answer.status == 200, f"the server has survived the {name}", answer)
        print(f"      after the {name}: {a.settled(at_first + 100, 5)} MB", flush=True)
    left = a.settled(at_first + MOST_LEFT)
    a.book.check(left <= at_first + MOST_LEFT, f"its memory comes back: {at_first} MB at first, {left} MB at last")
    print(f"      {left} MB at last")
    print(f"{a.book.checks} checks, {a.book.failures} failed")
    return 1 if a.book.failures else 0


if __name__ == "__main__":
    sys.exit(main())
