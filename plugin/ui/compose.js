// Puts the facts of a group into words: "12 orders since 2021 · fav. Bikes". The patterns stand in the locale file; a fact that none uses reads "label value".

/** @typedef {import('./types.d.ts').Item} Item */
/** @typedef {import('./types.d.ts').Category} Category */
/** @typedef {import('./text.js').Text} Text */
/** @typedef {import('./format.js').Format} Format */

/**
 * @param {Category} category
 * @param {Text} text
 * @param {Format} format
 * @returns {string[]}
 */
export function factParts(category, text, format) {
  const open = new Map((category.items ?? []).map((item) => [item.key, item]));
  const parts = [];
  for (const pattern of text.patterns(category.group)) {
    const uses = pattern.use.map((use) => use.split(':'));
    if (!uses.every(([key]) => open.has(key))) continue;
    /** @type {Record<string, string | number>} */
    const values = {};
    for (const [key, how] of uses) {
      const item = /** @type {Item} */ (open.get(key));
      if (typeof item.value === 'number' && !('count' in values)) values.count = item.value;
      values[key.slice(key.lastIndexOf('.') + 1)] = inWords(item, how, format);
      open.delete(key);
    }
    parts.push(text.fill(pattern.text, values));
  }
  for (const item of open.values()) parts.push(`${withinLine(itemLabel(item, text), format)} ${format.value(item)}`);
  return parts;
}

/** @param {{ key: string, label?: string }} item @param {Text} text */
export function itemLabel(item, text) {
  const key = `fact.${item.key}`;
  if (item.label) return item.label;
  return text.has(key) ? text.get(key) : item.key.slice(item.key.lastIndexOf('.') + 1).replaceAll('_', ' ');
}

/** "Returns" reads "returns" within a line; "VIP" stays. @param {string} label @param {Format} format */
function withinLine(label, format) {
  return /^\p{Lu}\p{Ll}/u.test(label) ? label.charAt(0).toLocaleLowerCase(format.locale) + label.slice(1) : label;
}

/** @param {Item} item @param {string | undefined} how @param {Format} format */
function inWords(item, how, format) {
  if (typeof item.value === 'number') {
    if (how === 'year') return format.yearOrDay(item.value);
    if (how === 'since') return format.since(item.value);
  }
  return how === 'plain' ? String(item.value) : format.value(item);
}
