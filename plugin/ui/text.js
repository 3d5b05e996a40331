// The words on the screen: all come from the locale file, none from the code.

/** @typedef {import('./types.d.ts').Message} Message */
/** @typedef {import('./types.d.ts').Messages} Messages */

const rtl_scripts = new Set(['Arab', 'Hebr', 'Syrc', 'Thaa', 'Nkoo', 'Adlm', 'Rohg', 'Mand', 'Samr']);
const rtl_letter = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
const runs_from_left = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{M}\p{P}\p{S}\s0-9]*$/u;
const turns = /[\u202A-\u202E\u2066-\u2069]/;
const isolate = '\u2068';
const isolate_end = '\u2069';

export class Text {
  /** @param {Messages} messages @param {string} locale of the agent: how numbers are written; the words' own language has the plural forms */
  constructor(messages, locale) {
    this.messages_ = messages;
    this.language = messages.language;
    this.plural_ = new Intl.PluralRules(messages.language);
    this.number_ = new Intl.NumberFormat(locale);
  }

  /** @param {string} key */
  has(key) {
    return Object.hasOwn(this.messages_.texts, key);
  }

  /**
   * The text with its {names} filled in; `count` chooses the plural form. An unknown key gives the key.
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  get(key, values = {}) {
    if (!this.has(key)) return key;
    return this.fill(this.messages_.texts[key], values);
  }

  /** @param {Message} message @param {Record<string, string | number>} values */
  fill(message, values) {
    const form = typeof message === 'string' ? message : this.form_(message, Number(values.count ?? 0));
    return form.replace(/\{([\w.]+)\}/g, (whole, name) => {
      if (!Object.hasOwn(values, name)) return whole;
      const value = values[name];
      return setApart(typeof value === 'number' ? this.number_.format(value) : value, form);
    });
  }

  /** How the fact lines of a group are put into words. @param {string} group */
  patterns(group) {
    return this.messages_.lines[group] ?? [];
  }

  /** A name for a machine's word, or the word itself. @param {string} prefix @param {string} word */
  name(prefix, word) {
    const key = `${prefix}.${word}`;
    return this.has(key) ? this.get(key) : word;
  }

  /** @param {Record<string, string>} forms @param {number} count */
  form_(forms, count) {
    return forms[`=${count}`] ?? forms[this.plural_.select(count)] ?? forms.other ?? '';
  }
}

/**
 * A value within a sentence: without what turns the direction of others, and set apart unless it surely runs as its sentence does, so that it does
 * not scramble what stands around it.
 * @param {string} value
 * @param {string} sentence
 */
export function setApart(value, sentence) {
  const words = straight(value);
  const runs_along = rtl_letter.test(sentence) ? !/[^\p{Script=Arabic}\p{Script=Hebrew}\s]/u.test(words) : runs_from_left.test(words) && !rtl_letter.test(words);
  return runs_along ? words : `${isolate}${words}${isolate_end}`;
}

/** Words without the controls that turn the direction of what follows them. Our own, which close what they open, stay. @param {string} words */
export function straight(words) {
  if (!turns.test(words)) return words;
  /** @type {string[]} */
  const kept = [];
  /** @type {number[]} where what is open began in `kept`; -1: that was left out */
  const open = [];
  for (const one of words) {
    if (one === isolate || one === '\u2066' || one === '\u2067') {
      open.push(one === isolate ? kept.length : -1);
      if (one === isolate) kept.push(one);
    } else if (one === isolate_end) {
      if ((open.pop() ?? -1) >= 0) kept.push(one);
    } else if (!turns.test(one)) {
      kept.push(one);
    }
  }
  for (const at of open) if (at >= 0) kept[at] = '';
  return kept.join('');
}

/** The languages of manifest/locales. */
const languages = ['en', 'de'];

/** The file that speaks for a locale: its own, its language's, else English. @param {string} locale */
export function languageOf(locale) {
  for (let tag = locale.toLowerCase(); tag; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) if (languages.includes(tag)) return tag;
  return 'en';
}

/** The direction in which a locale is written. @param {string} locale @returns {'ltr' | 'rtl'} */
export function directionOf(locale) {
  const { script = '' } = new Intl.Locale(locale).maximize();
  return rtl_scripts.has(script) ? 'rtl' : 'ltr';
}

/** @type {Map<string, Promise<Messages>>} */
const loaded = new Map();

/**
 * The words for a locale out of the assets folder; asked for once a page, again after a failure. Where the language's file is not there, English speaks.
 * @param {string} base
 * @param {string} locale
 * @returns {Promise<Messages>}
 */
export async function loadMessages(base, locale) {
  const language = languageOf(locale);
  try {
    return await loadFile(base, language);
  } catch (problem) {
    if (language === 'en' || !(problem instanceof MissingFile)) throw problem;
    return loadFile(base, 'en');
  }
}

class MissingFile extends Error {}

/** @param {string} base @param {string} language @returns {Promise<Messages>} */
function loadFile(base, language) {
  const address = `${base}/locales/${language}.json`;
  let messages = loaded.get(address);
  if (!messages) {
    messages = fetch(address).then(async (answer) => {
      if (answer.status === 404) throw new MissingFile(address);
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return { ...await answer.json(), language };
    });
    messages.catch(() => loaded.delete(address));
    loaded.set(address, messages);
  }
  return messages;
}
