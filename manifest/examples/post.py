#!/usr/bin/env python3
"""Posts one engagement to Identities, signed as Standard Webhooks says. Prints the reply's status and body.

IDENTITIES_ADDRESS=https://... IDENTITIES_SECRET=whsec_... post.py [DELIVERY_ID]
Ends with 0: stored. 75: not now; send it again later, with the same id and body. 1: refused; mend it first. 2: not configured.
"""
import base64, hashlib, hmac, json, os, secrets, sys, time, urllib.error, urllib.request

address, secret = os.environ.get("IDENTITIES_ADDRESS"), os.environ.get("IDENTITIES_SECRET")
if not address or not secret:
    print("post.py: set IDENTITIES_ADDRESS and IDENTITIES_SECRET", file=sys.stderr)
    sys.exit(2)

delivery = sys.argv[1] if len(sys.argv) > 1 else "msg_" + secrets.token_hex(16)  # one for each delivery, kept when it is sent again
body = json.dumps({"type": "engagement.created", "timestamp": "2026-01-03T10:12:00Z", "data": {
    "id": "from-python", "direction": "in", "channel": "mail", "occurred_at": "2026-01-03T10:12:00Z",
    "customer": {"id": "c-1", "name": "Ada Example", "identifiers": [{"kind": "email", "value": "ada@customer.example"}]},
    "thread": {"id": "t-1", "subject": "Hello"}, "text": "Is my bicycle ready?"}}).encode()

at = str(int(time.time()))  # and the signature: anew for each attempt
mac = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), f"{delivery}.{at}.".encode() + body, hashlib.sha256)
headers = {"content-type": "application/json", "webhook-id": delivery, "webhook-timestamp": at,
           "webhook-signature": "v1," + base64.b64encode(mac).decode()}
try:
    reply = urllib.request.urlopen(urllib.request.Request(address, body, headers, method="POST"), timeout=30)
except urllib.error.HTTPError as refusal:  # it is a reply, too
    reply = refusal
except OSError as error:
    print(f"post.py: {error}; send {delivery} again later", file=sys.stderr)
    sys.exit(75)
text = reply.read().decode()
print(reply.status, text, sep="\n")

if reply.status == 429 or reply.status >= 500:
    print(f"post.py: send {delivery} again in {reply.headers.get('retry-after', 60)} seconds", file=sys.stderr)
    sys.exit(75)
if reply.status == 401:
    now = json.loads(text).get("server_time")
    print(f"post.py: the server's time is {now}; set this clock" if now else "post.py: wrong secret?", file=sys.stderr)
sys.exit(0 if reply.status < 300 else 1)
