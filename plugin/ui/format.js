// Times, numbers, money and lists in the agent's language and time zone. Times come as integer microseconds UTC.

import { setApart } from './text.js';

/** @typedef {import('./types.d.ts').Item} Item */
/** @typedef {import('./text.js').Text} Text */

const two_digit_codes = /^\+(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

export class Format {
  /** @param {string} locale @param {string | undefined} time_zone @param {Text} text */
  constructor(locale, time_zone, text) {
    this.locale = locale;
    this.time_zone = time_zone;
    this.text_ = text;
    /** @type {Map<string, Intl.DateTimeFormat>} */
    this.formats_ = new Map();
    this.languages_ = new Intl.DisplayNames([locale], { type: 'language' });
    this.regions_ = new Intl.DisplayNames([locale], { type: 'region' });
    const [, comma] = new Intl.ListFormat(locale, { style: 'short', type: 'unit' }).formatToParts(['1', '2', '3']);
    /** What stands between the words of a list; no "and", which Arabic has between all of them, because lists here seldom name all. */
    this.comma = comma.value.replace(/\p{L}+/gu, '');
  }

  /** @param {Intl.DateTimeFormatOptions} options */
  date_(options) {
    const key = JSON.stringify(options);
    let format = this.formats_.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat(this.locale, { timeZone: this.time_zone, ...options });
      this.formats_.set(key, format);
    }
    return format;
  }

  /** @param {number} us */
  year(us) {
    return this.date_({ year: 'numeric' }).format(us / 1000);
  }

  /** 2021, and the day of this year. @param {number} us */
  yearOrDay(us) {
    const year = this.year(us);
    return year === this.year(Date.now() * 1000) ? this.day(us) : year;
  }

  /** 3 Mar, and with the year when it is not this one. @param {number} us */
  day(us) {
    return this.year(us) === this.year(Date.now() * 1000)
      ? this.date_({ day: 'numeric', month: 'short' }).format(us / 1000)
      : this.fullDay(us);
  }

  /** 3 Mar 2026 @param {number} us */
  fullDay(us) {
    return this.date_({ day: 'numeric', month: 'short', year: 'numeric' }).format(us / 1000);
  }

  /** Mar 2026 @param {number} us */
  month(us) {
    return this.date_({ month: 'short', year: 'numeric' }).format(us / 1000);
  }

  /** 13:58 @param {number} us */
  time(us) {
    return this.date_({ hour: 'numeric', minute: '2-digit' }).format(us / 1000);
  }

  /** 3 Mar 10:12 @param {number} us */
  dayTime(us) {
    return `${this.day(us)} ${this.time(us)}`;
  }

  /** today 13:58, or 3 Mar 10:12 @param {number} us */
  recent(us) {
    const same = this.fullDay(us) === this.fullDay(Date.now() * 1000);
    return same ? this.text_.get('time.today', { time: this.time(us) }) : this.dayTime(us);
  }

  /** 3-9 Mar 2025 @param {number} from_us @param {number} to_us */
  range(from_us, to_us) {
    const format = this.date_({ day: 'numeric', month: 'short', year: 'numeric' });
    return format.formatRange(from_us / 1000, Math.max(from_us, to_us) / 1000);
  }

  /** How long since: 3 days, 5 hours. @param {number} us */
  since(us) {
    const minutes = Math.max(0, Math.round((Date.now() - us / 1000) / 60000));
    if (minutes < 90) return this.unit_(minutes, 'minute');
    if (minutes < 24 * 60 - 30) return this.unit_(Math.round(minutes / 60), 'hour');
    const days = Math.round(minutes / 1440);
    if (days < 60) return this.unit_(days, 'day');
    return days < 720 ? this.unit_(Math.round(days / 30.4), 'month') : this.unit_(Math.round(days / 365.25), 'year');
  }

  /** @param {number} value @param {string} unit */
  unit_(value, unit) {
    return new Intl.NumberFormat(this.locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
  }

  /** The clock in a time zone; null where the browser does not know it. @param {string} time_zone */
  clock(time_zone) {
    try {
      return new Intl.DateTimeFormat(this.locale, { hour: 'numeric', minute: '2-digit', timeZone: time_zone }).format();
    } catch {
      return null;
    }
  }

  /** @param {number} value */
  number(value) {
    return new Intl.NumberFormat(this.locale, { maximumFractionDigits: 2 }).format(value);
  }

  /** @param {number} value @param {string | undefined} unit */
  amount(value, unit) {
    if (unit && /^[A-Z]{3}$/.test(unit)) {
      const digits = Number.isInteger(value) || Math.abs(value) >= 1000 ? 0 : undefined;
      try {
        return new Intl.NumberFormat(this.locale, {
          style: 'currency', currency: unit, currencyDisplay: 'narrowSymbol',
          maximumFractionDigits: digits, minimumFractionDigits: digits,
        }).format(value);
      } catch {
        return `${this.number(value)} ${unit}`;
      }
    }
    return unit ? `${this.number(value)} ${unit}` : this.number(value);
  }

  /** @param {string} code */
  language(code) {
    try {
      return this.languages_.of(code) ?? code;
    } catch {
      return code;
    }
  }

  /** @param {string} code */
  country(code) {
    try {
      return this.regions_.of(code) ?? code;
    } catch {
      return code;
    }
  }

  /** +38 @param {number} value */
  plus(value) {
    return new Intl.NumberFormat(this.locale, { signDisplay: 'always' }).format(value);
  }

  /** @param {string[]} words */
  list(words) {
    return words.map((one) => setApart(one, this.comma)).join(this.comma);
  }

  /** The value of a fact in words. @param {Pick<Item, 'key' | 'type' | 'value' | 'unit'> | { key?: string, type: string, value: unknown, unit?: string }} item @returns {string} */
  value(item) {
    const { value } = item;
    const key = item.key ?? '';
    if (Array.isArray(value)) return this.list(value.map((one) => this.word(key, String(one))));
    if (typeof value === 'boolean') return this.text_.get(value ? 'value.yes' : 'value.no');
    if (typeof value === 'number') {
      if (item.type === 'date') return this.day(value);
      return key.endsWith('year') ? String(value) : this.amount(value, item.unit);
    }
    return this.word(key, String(value));
  }

  /** A machine's word of this fact in the agent's language. @param {string} key @param {string} word */
  word(key, word) {
    if (key === 'person.language' || key === 'person.languages') return this.language(word);
    if (key === 'person.country' && /^[A-Za-z]{2}$/.test(word)) return this.country(word.toUpperCase());
    if (key === 'service.channels') return this.text_.name('channel', word);
    return this.text_.name(key, word);
  }

  /** A phone number shortened in the middle: +61 4… 409 @param {string} value */
  phone(value) {
    if (!/^\+\d{7,}$/.test(value)) return value;
    const code = /^\+[17]/.test(value) ? value.slice(0, 2) : value.slice(0, two_digit_codes.test(value) ? 3 : 4);
    return `${code} ${value[code.length]}… ${value.slice(-3)}`;
  }
}
