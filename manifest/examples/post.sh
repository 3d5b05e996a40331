#!/bin/sh
# Posts one engagement to Identities, signed as Standard Webhooks says; needs curl and openssl. Prints the reply's status and body.
#   IDENTITIES_ADDRESS=https://... IDENTITIES_SECRET=whsec_... post.sh [DELIVERY_ID]
# Ends with 0: stored. 75: not now; send it again later, with the same id and body. 1: refused; mend it first. 2: not configured.
# The key is an argument of openssl: where others may list processes, take post.py.
set -eu
say() { echo "post.sh: $1" >&2; }
if [ -z "${IDENTITIES_ADDRESS:-}" ] || [ -z "${IDENTITIES_SECRET:-}" ]; then say "set IDENTITIES_ADDRESS and IDENTITIES_SECRET"; exit 2; fi

id=${1:-msg_$(openssl rand -hex 16)} # one for each delivery, kept when it is sent again
body='{"type":"engagement.created","timestamp":"2026-01-03T10:12:00Z","data":{"id":"from-shell","direction":"in","channel":"mail",
  "customer":{"id":"c-1","name":"Ada Example","identifiers":[{"kind":"email","value":"ada@customer.example"}]},
  "occurred_at":"2026-01-03T10:12:00Z","thread":{"id":"t-1","subject":"Hello"},"text":"Is my bicycle ready?"}}'

at=$(date +%s) # and the signature: anew for each attempt
key=$(printf %s "${IDENTITIES_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
signature=$(printf '%s.%s.%s' "$id" "$at" "$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

reply=$(mktemp)
trap 'rm -f "$reply"' EXIT
told=$(curl -sS --max-time 30 -o "$reply" -w '%{http_code} %header{retry-after}' --data-binary "$body" -H 'content-type: application/json' \
  -H "webhook-id: $id" -H "webhook-timestamp: $at" -H "webhook-signature: v1,$signature" "$IDENTITIES_ADDRESS") || exit 75
status=${told%% *} retry_after=${told#* }
echo "$status"
cat "$reply"
echo

case $status in
  2??) exit 0 ;;
  429 | 5??) say "send $id again in ${retry_after:-60} seconds"; exit 75 ;;
  401)
    server_time=$(sed -n 's/.*"server_time":"\([^"]*\)".*/\1/p' "$reply")
    if [ -n "$server_time" ]; then say "the server's time is $server_time; set this clock"; else say "wrong secret?"; fi
    ;;
esac
exit 1
