// Commands that change who is who. What is pressed twice is sent once; what is tried again after no answer goes under the same key, so that it is done once.
import { newKey } from './api.js';

/** @typedef {import('./types.d.ts').ActionArgs} ActionArgs */
/** @typedef {import('./types.d.ts').ActionReply} ActionReply */
/** @typedef {import('./types.d.ts').Shown} Shown */

/** What is told of a command that was done. @param {string} words @param {ActionReply} reply @param {Shown} of @returns {import('./types.d.ts').Outcome} */
export function outcomeOf(words, { log = null, identity }, of) {
  return { words, log, of, identity };
}

export class Commands {
  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.api_ = api;
    /** @type {Map<string, { key: string, answer: Promise<ActionReply> | null }>} those whose outcome is not known yet */
    this.open_ = new Map();
  }

  /** Rejects with a Problem. @param {string} action @param {ActionArgs} args @param {Shown} of @returns {Promise<ActionReply>} */
  run(action, args, of) {
    const name = JSON.stringify([of.select, action, args]);
    const command = this.open_.get(name) ?? { key: newKey(), answer: null };
    this.open_.set(name, command);
    command.answer ??= this.send_(name, action, args, of, command);
    return command.answer;
  }

  /** @param {string} name @param {string} action @param {ActionArgs} args @param {Shown} of @param {{ key: string, answer: Promise<ActionReply> | null }} command */
  async send_(name, action, args, of, command) {
    try {
      const reply = await this.api_.action(action, args, command.key, of);
      this.open_.delete(name);
      return reply;
    } catch (problem) {
      const { status } = /** @type {import('./api.js').Problem} */ (problem);
      command.answer = null;
      if (status >= 400 && status < 500) this.open_.delete(name);
      throw problem;
    }
  }
}
