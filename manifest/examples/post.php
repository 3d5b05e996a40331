#!/usr/bin/env php
<?php
// Posts one engagement to Identities, signed as Standard Webhooks says. Prints the reply's status and body.
//   IDENTITIES_ADDRESS=https://... IDENTITIES_SECRET=whsec_... post.php [DELIVERY_ID]
// Ends with 0: stored. 75: not now; send it again later, with the same id and body. 1: refused; mend it first. 2: not configured.
declare(strict_types=1);

function finish(int $status, string $advice = ''): never
{
    if ($advice !== '') fwrite(STDERR, "post.php: $advice\n");
    exit($status);
}

$address = getenv('IDENTITIES_ADDRESS');
$secret = getenv('IDENTITIES_SECRET');
if (!$address || !$secret) finish(2, 'set IDENTITIES_ADDRESS and IDENTITIES_SECRET');

$id = $argv[1] ?? 'msg_' . bin2hex(random_bytes(16)); // one for each delivery, kept when it is sent again
$body = json_encode(['type' => 'engagement.created', 'timestamp' => '2026-01-03T10:12:00Z', 'data' => [
    'id' => 'from-php', 'direction' => 'in', 'channel' => 'mail', 'occurred_at' => '2026-01-03T10:12:00Z',
    'customer' => ['id' => 'c-1', 'name' => 'Ada Example', 'identifiers' => [['kind' => 'email', 'value' => 'ada@customer.example']]],
    'thread' => ['id' => 't-1', 'subject' => 'Hello'], 'text' => 'Is my bicycle ready?']], JSON_THROW_ON_ERROR);

$at = time(); // and the signature: anew for each attempt
$key = base64_decode(substr($secret, strlen('whsec_')));
$signature = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$at.$body", $key, true));
$reply = @file_get_contents($address, false, stream_context_create(['http' => ['method' => 'POST', 'content' => $body, 'timeout' => 30,
    'ignore_errors' => true, 'follow_location' => 0,
    'header' => ['Content-Type: application/json', "webhook-id: $id", "webhook-timestamp: $at", "webhook-signature: $signature"]]]));
if ($reply === false) finish(75, "no reply; send $id again later");
$head = implode("\n", $http_response_header);
$status = (int) explode(' ', $head)[1];
echo "$status\n$reply\n";

if ($status < 300) finish(0);
if ($status === 429 || $status >= 500) {
    finish(75, "send $id again in " . (preg_match('/^retry-after: *(\d+)/mi', $head, $found) ? $found[1] : '60') . ' seconds');
}
$now = $status === 401 ? (json_decode($reply, true)['server_time'] ?? null) : null;
finish(1, $now ? "the server's time is $now; set this clock" : ($status === 401 ? 'wrong secret?' : ''));
