// The extension's binding of the host library, tested in Perl (library.t); its report is shown where it fails.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { missing } from './private_rt.mjs';

const skip = missing || (process.env.IDENTITIES_BUILD ? '' : 'IDENTITIES_BUILD is not set');

it('is called through FFI::Platypus without leak, harm or surprise', { skip: skip || false }, () => {
  const { status, stdout, stderr } = spawnSync('perl', [fileURLToPath(new URL('library.t', import.meta.url))], { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
});
