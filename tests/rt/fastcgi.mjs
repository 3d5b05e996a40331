// A FastCGI client as a web server is one: one request over a Unix socket, the whole answer.
import { connect } from 'node:net';

const begin = 1;
const params = 4;
const stdin = 5;
const stdout = 6;
const end = 3;

function record(type, content) {
  const head = Buffer.alloc(8);
  head.writeUInt8(1, 0);
  head.writeUInt8(type, 1);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(content.length, 4);
  return Buffer.concat([head, content]);
}

function pair(name, value) {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE((name.length | 0x80000000) >>> 0, 0);
  lengths.writeUInt32BE((Buffer.byteLength(value) | 0x80000000) >>> 0, 4);
  return Buffer.concat([lengths, Buffer.from(name), Buffer.from(value)]);
}

/** @returns {Promise<{status: number, head: string, body: string}>} */
export function request(socket, { method = 'GET', path, query = '', port, headers = {}, body = '' }) {
  const environment = {
    GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1', SERVER_NAME: '127.0.0.1', SERVER_PORT: String(port), REMOTE_ADDR: '127.0.0.1',
    REQUEST_METHOD: method, SCRIPT_NAME: '', PATH_INFO: path, REQUEST_URI: path + (query ? `?${query}` : ''), QUERY_STRING: query,
    CONTENT_LENGTH: String(Buffer.byteLength(body)), CONTENT_TYPE: headers['content-type'] ?? '',
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value])),
  };
  return new Promise((done, fail) => {
    const client = connect(socket);
    let got = Buffer.alloc(0);
    client.on('error', fail);
    client.on('data', (part) => { got = Buffer.concat([got, part]); });
    client.on('close', () => {
      const out = [];
      let ended = false;
      for (let at = 0; at + 8 <= got.length;) {
        const length = got.readUInt16BE(at + 4);
        if (got[at + 1] === stdout) out.push(got.subarray(at + 8, at + 8 + length));
        ended ||= got[at + 1] === end;
        at += 8 + length + got[at + 6];
      }
      if (!ended) return fail(new Error('the FastCGI process broke off'));
      const [head, ...rest] = Buffer.concat(out).toString().split('\r\n\r\n');
      return done({ status: Number(/^Status: (\d+)/m.exec(head)?.[1] ?? 200), head, body: rest.join('\r\n\r\n') });
    });
    client.write(record(begin, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])));
    client.write(record(params, Buffer.concat(Object.entries(environment).map(([name, value]) => pair(name, value)))));
    client.write(record(params, Buffer.alloc(0)));
    if (body) client.write(record(stdin, Buffer.from(body)));
    client.write(record(stdin, Buffer.alloc(0)));
  });
}
