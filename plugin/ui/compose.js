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
  for (const item of open.values()) parts.push(`${withinLine(itemLabel(item, text), text, format)} ${format.value(item)}`);
  return parts;
}

/** The source's own label, or our word for it: which comes first is the language's rule, because sources speak English as a rule. @param {{ key: string, label?: string }} item @param {Text} text */
export function itemLabel(item, text) {
  const key = `fact.${item.key}`;
  if (item.label && !(text.has(key) && text.get('rule.fact_labels') === 'ours')) return item.label;
  return text.has(key) ? text.get(key) : item.key.slice(item.key.lastIndexOf('.') + 1).replaceAll('_', ' ');
}

/** A category of facts has a name in each language; interests are called as the taxonomy calls them. @param {Category} category @param {Text} text */
export function categoryLabel(category, text) {
  const key = `category.${category.id}`;
  if (text.has(key)) return text.get(key);
  return category.label || text.get(`group.${category.group}`);
}

/** "Returns" reads "returns" within a line; "VIP" stays, and so does everything in a language that writes nouns large. @param {string} label @param {Text} text @param {Format} format */
function withinLine(label, text, format) {
  return text.get('rule.label_within_line') === 'lower' && /^\p{Lu}\p{Ll}/u.test(label) ? label.charAt(0).toLocaleLowerCase(format.locale) + label.slice(1) : label;
}

/** @param {Item} item @param {string | undefined} how @param {Format} format */
function inWords(item, how, format) {
  if (typeof item.value === 'number') {
    if (how === 'year') return format.yearOrDay(item.value);
    if (how === 'since') return format.since(item.value);
  }
  return how === 'plain' ? String(item.value) : format.value(item);
}
