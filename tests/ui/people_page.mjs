// What the tests of who somebody is do on the page: keys, words, and the way to each screen.
import { focused, open, until } from './browser.mjs';
import { PeopleHost } from './people_host.mjs';

export const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
export const words = async (locator) => (await locator.textContent()).replace(/\s+/g, ' ').trim();
export const focus = (page, key) => until(async () => (await focused(page)) === key, `the focus is at ${key}`);

/** Compare, opened by the keyboard from line 9. */
export async function comparing(t, browser, host = new PeopleHost(), options = {}) {
  const opened = await open(t, browser, host, options);
  await opened.frame.locator('[data-focus="suggestion-compare"]').press('Enter');
  await opened.frame.locator('.sides').waitFor();
  return opened;
}

/** A screen of the menu, opened by the keyboard. */
export async function screen(t, browser, name, host = new PeopleHost(), options = {}) {
  const opened = await open(t, browser, host, options);
  await opened.frame.locator('[data-focus="menu"]').press('Enter');
  await opened.frame.getByRole('menuitem', { name }).press('Enter');
  await opened.frame.locator('.pane').waitFor();
  return { ...opened, pane: opened.frame.locator('.pane') };
}
