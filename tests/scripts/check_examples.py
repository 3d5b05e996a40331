"""The example senders of manifest/examples against a real hdhost: what they print, tell, end with and store."""
import json
import os
import subprocess
import sys

from api_server import ROOT, Installation

SENDERS = {"post.sh": "from-shell", "post.py": "from-python", "post.php": "from-php"}
STORED, REFUSED, NOT_CONFIGURED, AGAIN_LATER = 0, 1, 2, 75
WRONG_SECRET = "whsec_" + "A" * 43 + "="
faults = []
checks = 0


def post(sender, address, secret, *arguments, with_clock=()):
    environment = {**os.environ, "IDENTITIES_ADDRESS": address, "IDENTITIES_SECRET": secret}
    command = [*with_clock, ROOT / "manifest/examples" / sender, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def expect(what, done, code, status=None, told=""):
    """The exit status, the first line printed and a part of what is told on standard error; the reply's body, or {}."""
    global checks
    checks += 1
    printed, _, body = done.stdout.partition("\n")
    if done.returncode != code or printed != (str(status) if status else "") or told not in done.stderr:
        found = f"{done.returncode}, {done.stdout}{done.stderr}"
        faults.append(f"{what}: expected {code}, {status}, {told}; found {found}")
    return json.loads(body) if status and body else {}


def expect_same(what, expected, found):
    global checks
    checks += 1
    if expected != found:
        faults.append(f"{what}: expected {expected}, found {found}")


def check_sender(sender, engagement, installation, address):
    secret = installation.account.secret
    count = f"SELECT COUNT(*) FROM engagement_key WHERE CAST(source_key AS TEXT) = '{engagement}'"
    delivery = f"delivery-of-{sender}"

    refused = post(sender, address, WRONG_SECRET, delivery)
    wrong = expect(f"{sender} with a wrong secret", refused, REFUSED, 401, "wrong secret")
    expect_same(f"{sender} with a wrong secret", "urn:identities:problem:wrong-signature", wrong.get("type"))
    late = post(sender, address, secret, delivery, with_clock=("faketime", "-f", "-1h"))
    stale = expect(f"{sender} an hour late", late, REFUSED, 401, "set this clock")
    expect_same(f"{sender} an hour late tells the server's time", True, stale.get("server_time", "none") in late.stderr)
    expect_same(f"what {sender} stored while it was refused", [(0,)], installation.execute(count))

    for duplicate in (False, True):
        done = post(sender, address, secret, delivery)
        stored = expect(f"{sender}, its id sent before: {duplicate}", done, STORED, 200)
        expect_same(f"what {sender} is told", (delivery, duplicate), (stored.get("delivery"), stored.get("duplicate")))
    expect_same(f"what {sender} stored", [(1,)], installation.execute(count))
    unnamed = expect(f"{sender} with an id of its own", post(sender, address, secret), STORED, 200)
    expect_same(f"{sender}'s own id", True, unnamed.get("delivery", "").startswith("msg_"))
    expect_same(f"what {sender} stored under two ids", [(1,)], installation.execute(count))

    expect(f"{sender} at an unknown address", post(sender, address[:-1] + "_", secret), REFUSED, 404)
    expect(f"{sender} without a secret", post(sender, address, ""), NOT_CONFIGURED, None, "IDENTITIES_SECRET")


def check_away(sender, stopped, secret, nobody):
    """stopped: an address whose database is away; nobody: one where nobody listens."""
    away = post(sender, stopped, secret, "d-1")
    expect(f"{sender} while the database is away", away, AGAIN_LATER, 503, "send d-1 again in 1 seconds")
    expect(f"{sender} while nobody listens", post(sender, nobody, secret, "d-1"), AGAIN_LATER)


def main():
    with Installation() as installation:
        path = installation.account.path
        with installation.running() as host:
            nobody = host.listen + path
            for sender, engagement in SENDERS.items():
                check_sender(sender, engagement, installation, host.listen + path)
        installation.change({"database": {"url": "sqlite:/nowhere/identities.db"}})
        with installation.running() as host:
            for sender in SENDERS:
                check_away(sender, host.listen + path, installation.account.secret, nobody)
    for fault in faults:
        print(fault)
    print(f"{len(SENDERS)} senders, {checks} checks, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
