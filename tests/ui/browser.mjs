// Chromium, and a page with the element in it as a helpdesk has it: strict content security policy, a ticket on the left, the sidebar fixed at the right.
import { createServer } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { now } from './samples.mjs';

const top = fileURLToPath(new URL('../..', import.meta.url));
const types = { '.js': 'text/javascript', '.json': 'application/json', '.css': 'text/css', '.html': 'text/html' };
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const page_css = `
body { margin: 0; font: 14px/20px Arial, sans-serif; background: light-dark(#f4f5f7, #0e1116); color: light-dark(#222, #ddd); color-scheme: light dark; }
main { padding: 20px 24px; margin-inline-end: var(--side, 330px); min-height: 1200px; }
.message { background: light-dark(#fff, #171b22); border-radius: 6px; padding: 12px 16px; margin-block: 10px; }
aside { position: fixed; inset-block: 0; inset-inline: auto 0; width: var(--side, 330px); border-inline-start: 1px solid light-dark(#ddd, #333); }
`;
const page_js = `
const element = document.querySelector('identities-sidebar');
element.token = async () => (await fetch('/token')).text();
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift = (window.shift ?? 0) + entry.value;
}).observe({ type: 'layout-shift', buffered: true });
document.addEventListener('keydown', (event) => { (window.keys ??= []).push(event.key); });
`;

/** As a host writes JSON into a page. */
export function inlineJson(value) {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function pageHtml({ theme, inline, locale = 'en-GB', wait_for_token, dir }) {
  return `<!doctype html><html lang="en"${dir ? ` dir="${dir}"` : ''}><head><meta charset="utf-8"><title>#611 Loose brake</title><link rel="stylesheet" href="/page.css">
<script type="module" src="/assets/identities/ui/identities-sidebar.js"></script>${wait_for_token ? '' : '<script type="module" src="/page.js"></script>'}</head><body>
<main><h1>#611: Loose brake on the gravel bike</h1><div id="ticket"><p class="message">Hello, since the last service the front brake is loose. I ride to work every day, please help me soon.</p>
<p class="message">We are sorry to hear that, Hanna. Could you send a picture?</p></div><label>Reply <textarea id="reply"></textarea></label></main>
<aside aria-label="Customer"><identities-sidebar base="/assets/identities" locale="${locale}" time-zone="Europe/Berlin" ticket-text="#ticket" user-page="/user/7"${theme ? ` theme="${theme}"` : ''}>${
  inline ? `<script type="application/json">${inlineJson(inline)}</script>` : ''}</identities-sidebar></aside></body></html>`;
}

/** The page and its host on a port of their own. */
export async function serve(host, options = {}) {
  const site = { url: '', fetched: [], close: undefined };
  const server = createServer(async (request, answer) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const send = (status, type, body) => {
      answer.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', 'Content-Security-Policy': "default-src 'self'" });
      answer.end(body);
    };
    try {
      if (pathname.startsWith('/v1/')) {
        let body = '';
        for await (const part of request) body += part;
        host.tokens.push(request.headers.authorization ?? '');
        const reply = host.answer(pathname, JSON.parse(body));
        if (reply === 'hang') return;
        if (reply === 'cut') request.socket.destroy();
        else send(200, 'application/json', JSON.stringify(await reply));
      } else if (options.files?.[pathname]) {
        send(200, types[extname(pathname)], options.files[pathname]);
      } else if (pathname.startsWith('/assets/identities/')) {
        site.fetched.push(pathname);
        const name = pathname.slice('/assets/identities/'.length);
        const folder = name.startsWith('locales/') ? 'manifest' : 'plugin';
        send(200, types[extname(name)] ?? 'text/plain', await readFile(join(top, folder, name)));
      } else if (pathname === '/token') send(200, 'text/plain', host.token?.() ?? 'token-1');
      else if (pathname === '/page.css') send(200, 'text/css', page_css);
      else if (pathname === '/page.js') send(200, 'text/javascript', page_js);
      else if (pathname === '/') send(200, 'text/html', pageHtml(options));
      else send(404, 'text/plain', '');
    } catch (problem) {
      const { status = problem.code === 'ENOENT' ? 404 : 599 } = problem;
      if (status === 599) host.fault = problem;
      send(status, 'application/problem+json', JSON.stringify({ type: 'about:blank', title: 'Refused', status, detail: problem.message }));
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  site.url = `http://127.0.0.1:${server.address().port}/`;
  site.close = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  return site;
}

/** One browser for a test file, with a profile of its own. */
export async function startBrowser() {
  const profile = await mkdtemp(join(tmpdir(), 'identities-ui-'));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags, env: { ...process.env, HOME: profile } });
  return {
    browser,
    close: async () => {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/**
 * A page that shows this host's customer; closes itself with the test. Options: viewport, scheme, locale, dir (of the page), side (width of the
 * sidebar), root_font, forced and contrast, inline (a first reply), files (instead of what stands in the folders), before, ready.
 * @returns the page, the element's frame as a locator, and the host
 */
export async function open(t, browser, host, options = {}) {
  const site = await serve(host, options);
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1366, height: 768 }, colorScheme: options.scheme ?? 'light', locale: 'en-GB', timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce', forcedColors: options.forced ? 'active' : 'none', contrast: options.contrast ? 'more' : 'no-preference', permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  await page.clock.setFixedTime(now);
  t.after(async () => {
    await context.close();
    await site.close();
    if (host.fault) throw host.fault;
    if (complaints.length && !options.may_complain) throw new Error(`the page complained: ${complaints.join('\n')}`);
  });
  if (options.side || options.root_font) await page.addInitScript(setSizes, options);
  if (options.before) await options.before(page);
  await page.goto(site.url);
  const frame = page.locator('identities-sidebar .frame');
  if (options.ready !== false) await frame.waitFor();
  return { page, frame, host, site };
}

/** In the page: the width of the sidebar, and the size of text, before anything is drawn. */
function setSizes({ side, root_font }) {
  new MutationObserver((_, watch) => {
    if (root_font && document.documentElement) document.documentElement.style.fontSize = root_font;
    if (!document.body) return;
    if (side) document.body.style.setProperty('--side', side);
    watch.disconnect();
  }).observe(document, { childList: true, subtree: true });
}

/** The data-focus key of what has the focus inside the element. */
export function focused(page) {
  return page.evaluate(() => document.querySelector('identities-sidebar').shadowRoot.activeElement?.dataset.focus ?? null);
}

/** Waits until a condition holds in this process. */
export async function until(condition, what, limit_ms = 8000) {
  const end = Date.now() + limit_ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
