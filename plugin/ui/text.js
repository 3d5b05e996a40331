// The words on the screen: all come from the locale file, none from the code.

/** @typedef {import('./types.d.ts').Message} Message */
/** @typedef {import('./types.d.ts').Messages} Messages */

export class Text {
  /** @param {Messages} messages @param {string} locale */
  constructor(messages, locale) {
    this.messages_ = messages;
    this.plural_ = new Intl.PluralRules(locale);
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
      return typeof value === 'number' ? this.number_.format(value) : value;
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

/** @type {Map<string, Promise<Messages>>} */
const loaded = new Map();

/**
 * The locale file of the assets folder; asked for once a page, again after a failure.
 * @param {string} base
 * @returns {Promise<Messages>}
 */
export function loadMessages(base) {
  const address = `${base}/locales/en.json`;
  let messages = loaded.get(address);
  if (!messages) {
    messages = fetch(address).then((answer) => {
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return answer.json();
    });
    messages.catch(() => loaded.delete(address));
    loaded.set(address, messages);
  }
  return messages;
}
