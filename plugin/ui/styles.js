// The styles as constructed sheets: the content security policy of helpdesks allows no inline ones.
import { frame } from './styles_frame.js';
import { who } from './styles_who.js';
import { pivots } from './styles_pivots.js';
import { resolution } from './styles_resolution.js';

export const sheets = [frame, who, pivots, resolution].map((rules) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  return sheet;
});
