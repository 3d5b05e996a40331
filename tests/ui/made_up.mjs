// A made-up language, 40 % longer than English and from the right: a word that stands in the code shows in it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const english = JSON.parse(readFileSync(new URL('../../manifest/locales/en.json', import.meta.url), 'utf8'));

/** Hebrew letters for Latin ones: words of a customer in another script, as long as before. */
const hebrew = (words) => words.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(0x5d0 + (letter.toLowerCase().charCodeAt(0) - 97)));
const shown_words = new Set(['name', 'label', 'text', 'handle', 'subject', 'by', 'words', 'bio', 'standing', 'tier', 'city', 'source', 'initials', 'top']);

/** A reply, or a part of one, whose data are written in Hebrew. */
export function inHebrew(value, key = '') {
  if (Array.isArray(value)) return value.map((one) => inHebrew(one, key));
  if (typeof value === 'string') return shown_words.has(key) ? hebrew(value) : value;
  if (value === null || typeof value !== 'object') return value;
  const changed = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inHebrew(one, name)]));
  if (typeof changed.value === 'string' && changed.type === 'string' && !['person.country', 'person.language', 'service.hours'].includes(changed.key)) changed.value = hebrew(changed.value);
  return changed;
}

/** A language of our own: each text 40 % longer, between marks by which a word from elsewhere is found. */
function pseudo() {
  const longer = (text) => `⟦${text}${'~'.repeat(Math.ceil(text.replace(/\{.*?\}/g, '').trim().length * 0.4))}⟧`;
  const each = (message) => (typeof message === 'string' ? longer(message) : Object.fromEntries(Object.entries(message).map(([form, text]) => [form, longer(text)])));
  return JSON.stringify({
    texts: Object.fromEntries(Object.entries(english.texts).map(([key, message]) => [key, key.startsWith('rule.') ? message : each(message)])),
    lines: Object.fromEntries(Object.entries(english.lines).map(([group, all]) => [group, all.map(({ use, text }) => ({ use, text: each(text) }))])),
  });
}

/** All that is read or spoken in the element, with the marked texts taken out, innermost first. */
async function unmarked(page) {
  const all = await page.locator('identities-sidebar').evaluate(({ shadowRoot }) => {
    const said = [];
    const walker = document.createTreeWalker(shadowRoot, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node instanceof Text && !node.parentElement.querySelector(':scope > wbr')) said.push(node.data);
      else if (node instanceof Text) said.push(node.previousSibling ? '' : node.parentElement.textContent);
      else for (const name of ['aria-label', 'placeholder', 'title', 'alt']) if (node.hasAttribute(name)) said.push(node.getAttribute(name));
    }
    return said;
  });
  return all.map((text) => {
    for (let rest = text; ; text = rest) {
      rest = text.replace(/⟦[^⟦⟧]*⟧/g, '');
      if (rest === text) return rest;
    }
  });
}

/** What opens a page in it. */
export const made_up = { locale: 'he', files: { '/assets/identities/locales/en.json': pseudo() } };

/** Addresses are data; so is what a key is called that has no text. */
const allowed = /\S*@\S+|C-10042|\breading\b/g;

export async function assertNoWord(page, where) {
  const words = (await unmarked(page)).map((text) => text.replace(allowed, '')).filter((text) => /[A-Za-z]{2}/.test(text));
  assert.deepEqual(words, [], where);
}
