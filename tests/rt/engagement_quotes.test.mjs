// What of a message is its sender's own, tested in Perl (engagement_quotes.t); its report is shown where it fails.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

it('cuts what mail programs quote, and never a word of the sender', () => {
  const { status, stdout, stderr } = spawnSync('perl', [fileURLToPath(new URL('engagement_quotes.t', import.meta.url))], { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
});
