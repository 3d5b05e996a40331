// Colours, the frame, tabs, buttons, states; narrow and wide. Sizes are in --px: a pixel as drawn, more where the page's text is set larger, never less.
export const frame = `
:host {
  --ink: light-dark(#1c2330, #e5e8ee);
  --soft: light-dark(#59647a, #9da8ba);
  --paper: light-dark(#ffffff, #161a21);
  --tint: light-dark(#f3f5f9, #1f252e);
  --press: light-dark(#e7ebf3, #2a323e);
  --rule: light-dark(#e1e5ec, #2b323d);
  --edge: light-dark(#8792a5, #6b778b);
  --accent: light-dark(#2457c5, #8fb3ff);
  --on-accent: light-dark(#ffffff, #10151d);
  --bar: light-dark(#7ea1ea, #5d83d1);
  --note: light-dark(#fdf8e7, #25231a);
  --note-edge: light-dark(#d8b243, #a88b38);
  --warn: light-dark(#7f4300, #f2c47a);
  --warn-paper: light-dark(#fff3df, #2d2414);
  --bad: light-dark(#b3261e, #ff9d94);
  --good: light-dark(#1d7a46, #6fd39b);
  --out: light-dark(#eef4ff, #1b2637);
  --internal: light-dark(#fdf6e3, #28241a);
  --gap: 12px;
  --px: max(1px, .0625rem);
  color-scheme: light dark;
  display: block;
  box-sizing: border-box;
  block-size: 100%;
  max-block-size: 100dvh;
  min-inline-size: 0;
  color: var(--ink);
  font: calc(13 * var(--px))/calc(18 * var(--px)) -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  text-align: match-parent;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([data-empty]), :host([hidden]) { display: none; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, h4, p, dl, dd, ol, ul, fieldset, figure, blockquote { margin: 0; padding: 0; border: 0; }
h2, h3, h4, dt { font: inherit; }
ol, ul { list-style: none; }
b { font-weight: 600; }
.unseen {
  position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; padding: 0; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; border: 0;
}
.muted { color: var(--soft); }
.small { font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px)); }
.empty { padding: var(--gap); }
.dot { white-space: nowrap; }
bdi { unicode-bidi: isolate; }
/* Sentences in the direction of their own words, whatever the page's is; on the page's side all the same. */
[dir="rtl"] { text-align: right; }
:is(.row-text, .bio, .note-field) { text-align: start; }
:is(p, dt, dd, h2, h3, h4, legend, button, .fact-words, .by, .pin-word, :is(.warning, .lookalike) span:last-child, .ask):not([dir]) { unicode-bidi: plaintext; text-align: match-parent; }
:is(.label, .section-name, .attribute-source, .who-name, .row-by)[dir] { text-align: match-parent; }
:is(.icon-back, .icon-out):dir(rtl) { transform: scaleX(-1); }
.icon { inline-size: calc(16 * var(--px)); block-size: calc(16 * var(--px)); fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; flex: none; }
.icon-more { stroke-width: 2.2; }

button, input, select, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; background: none; border: 0; padding: 0; border-radius: 4px; text-align: inherit; }
a { color: var(--accent); text-decoration: none; }
a:hover, .link:hover, .plus:hover { text-decoration: underline; }
.link, .plus { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
:focus:not(:focus-visible) { outline: none; }
.icon-button { display: inline-grid; place-items: center; inline-size: calc(26 * var(--px)); block-size: calc(26 * var(--px)); color: var(--soft); border-radius: 6px; flex: none; }
.icon-button:hover, .icon-button[aria-expanded="true"] { background: var(--press); color: var(--ink); }
.buttons, .note-actions { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; }
.buttons button, .note-actions button, .help .primary {
  padding: 3px 10px; border: 1px solid var(--edge); border-radius: 6px; background: var(--paper); min-block-size: calc(26 * var(--px));
}
.buttons button:hover, .note-actions button:hover { background: var(--press); }
.buttons .primary, .help .primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.buttons .primary:hover { background: var(--accent); filter: brightness(1.08); }
.buttons .primary:disabled { opacity: .6; cursor: default; }
.note-actions .danger { border-color: var(--bad); color: var(--bad); }
.error { color: var(--bad); }

.frame {
  container: identities / inline-size;
  position: relative; display: flex; flex-direction: column;
  inline-size: 100%; block-size: 100%; max-block-size: inherit;
  overflow: hidden auto; overscroll-behavior: contain; scrollbar-gutter: stable; scroll-padding-block: calc(36 * var(--px)) calc(32 * var(--px));
  background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  scrollbar-width: thin;
}
/* A scrollbar that takes room takes it from the margin beside it. */
.frame { --gap-end: var(--gap); }
.frame:not(.wide, [data-pivot="history"]) { --gap-end: var(--beside-scrollbar, var(--gap)); }
.frame[aria-busy] > :is(.who, .panel) { opacity: .45; transition: opacity .1s .2s; }
.stale, .live { unicode-bidi: plaintext; }
.frame > * { flex: none; }

.bar {
  position: sticky; inset-block-start: 0; z-index: 2; display: flex; align-items: stretch;
  padding-inline: 4px; background: var(--paper); border-block-end: 1px solid var(--rule);
}
.tabs { display: flex; flex-wrap: wrap; flex: 1; min-inline-size: 0; }
.tab {
  flex: 0 1 auto; padding: 6px 8px 5px; border-radius: 0; border-block-end: 2px solid transparent; color: var(--soft);
  white-space: nowrap;
}
.tab .count { font-variant-numeric: tabular-nums; }
.tab:hover { color: var(--ink); }
.tab[aria-selected="true"] { color: var(--accent); border-block-end-color: var(--accent); font-weight: 600; }
.tab:focus-visible { outline-offset: -2px; }
.who-button { flex: 1 1 6em; min-inline-size: 0; display: flex; gap: 6px; align-items: baseline; padding-block: 5px 4px; padding-inline: 8px 6px; font-size: calc(12 * var(--px)); }
.who-button:hover { background: var(--tint); }
.who-name { font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.who-notes { flex: none; color: var(--warn); }
.frame[data-pivot="history"]:not(.wide) .bar { min-block-size: calc(28 * var(--px)); flex-wrap: wrap; }
.frame[data-pivot="history"]:not(.wide) .tabs { flex: 0 1 auto; }
.frame[data-pivot="history"]:not(.wide) .tab { padding: 4px 5px 3px; font-size: calc(12 * var(--px)); }
.frame[data-pivot="history"]:not(.wide) .tab .count { display: none; }
.back { display: flex; align-items: center; gap: 4px; padding-block: 5px; padding-inline: var(--gap) var(--gap-end); inline-size: 100%; color: var(--accent); background: var(--tint); border-radius: 0; }
.fault { padding-block: 5px; padding-inline: var(--gap) var(--gap-end); background: var(--warn-paper); color: var(--warn); }

.frame[data-pivot="history"]:not(.wide) { scrollbar-gutter: auto; }
.frame[data-pivot="history"]:not(.wide, .who-open) > .who { display: none; }
.frame[data-pivot="history"].who-open > .who { max-block-size: 55%; overflow: auto; flex: 0 1 auto; }
.frame[data-pivot="history"] > .panel-history { flex: 1 1 60vh; min-block-size: calc(280 * var(--px)); }
.panel-history { display: flex; flex-direction: column; }
.panel { container: identities / inline-size; padding-block-end: calc(8 * var(--px)); }
.panel-history { padding-block-end: 0; }

.stale, .live {
  position: absolute; inset-inline: 8px; inset-block-end: 8px; z-index: 3; margin: 0; padding: 4px 10px;
  border-radius: 6px; font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px));
}
.stale { position: sticky; margin: auto 8px 0; background: var(--warn-paper); color: var(--warn); box-shadow: 0 1px 6px rgb(0 0 0 / .18); min-block-size: calc(24 * var(--px)); margin-block-end: calc(-24 * var(--px)); }
.frame:has(> .stale:not([hidden])) :is(.panel:not(.panel-history), .scroller) { padding-block-end: calc(40 * var(--px)); }
.live { position: fixed; inset: auto; display: none; }
.live:not(:empty) { display: block; }
.live:not(:empty, .quiet) { position: sticky; margin: auto 8px 0; background: var(--ink); color: var(--paper); inline-size: fit-content; max-inline-size: calc(100% - 16px); margin-block-end: -24px; }
.live.quiet { position: absolute; inset-block: 0 auto; inset-inline: 0 auto; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }

.unavailable :is(a, .link) { text-decoration: underline; text-underline-offset: 2px; }
.unavailable { padding: var(--gap); background: var(--paper); color: var(--ink); }
.skeleton { display: flex; flex-direction: column; gap: 6px; padding: var(--gap); background: var(--paper); }
.skeleton span { block-size: calc(12 * var(--px)); border-radius: 4px; background: var(--press); inline-size: 82%; }
.skeleton span:nth-child(even) { inline-size: 64%; }
.skeleton .name { block-size: calc(34 * var(--px)); inline-size: 55%; }
.skeleton .facts { block-size: calc(36 * var(--px)); inline-size: 100%; }
.skeleton .notes { block-size: calc(84 * var(--px)); inline-size: 100%; }
.skeleton .tabs { block-size: calc(24 * var(--px)); inline-size: 100%; }
.skeleton.late { animation: identities-late .2s step-end; }
@keyframes identities-late { from { visibility: hidden; } }

.corner { position: absolute; inset-block-start: 8px; inset-inline-end: 8px; display: flex; gap: 2px; z-index: 4; }
.menu {
  position: absolute; inset-block-start: calc(100% + 4px); inset-inline-end: 0; min-inline-size: calc(180 * var(--px)); inline-size: max-content; max-inline-size: calc(100cqi - 16px); padding: 4px;
  background: var(--paper); border: 1px solid var(--rule); border-radius: 8px; box-shadow: 0 6px 24px rgb(0 0 0 / .18);
}
.menu button { display: block; inline-size: 100%; padding: 5px 10px; }
.menu button:hover, .menu button:focus { background: var(--press); }
.help { max-inline-size: min(340px, 92vw); padding: 16px 20px; border: 1px solid var(--rule); border-radius: 10px; background: var(--paper); color: var(--ink); }
.help::backdrop { background: rgb(0 0 0 / .3); }
.help h2 { font-weight: 600; font-size: calc(15 * var(--px)); margin-block-end: 10px; }
.help dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 14px; margin-block-end: 14px; }
.help dt { white-space: nowrap; display: flex; gap: 3px; }
kbd { font: inherit; font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px)); padding: 0 5px; border: 1px solid var(--edge); border-radius: 4px; background: var(--tint); }
.save-selection {
  position: fixed; inset: auto; margin: 0; padding: 4px 10px; border: 1px solid var(--accent); border-radius: 6px;
  background: var(--accent); color: var(--on-accent); box-shadow: 0 2px 10px rgb(0 0 0 / .25); font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px));
}

.frame.wide {
  position: fixed; inset: 0 0 0 auto; inline-size: min(calc(900 * var(--px)), 100vw); block-size: 100dvh; max-block-size: 100dvh; max-inline-size: none;
  margin: 0; padding: 0; border: 0; border-inline: 1px solid var(--rule); box-shadow: 0 0 40px rgb(0 0 0 / .25);
  font: calc(13 * var(--px))/calc(18 * var(--px)) -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
.frame.wide .history-title { padding-block: 6px 5px; padding-inline: var(--gap) var(--gap-end); border-block-end: 1px solid var(--rule); block-size: calc(32 * var(--px)); font-weight: 600; }
.frame.wide.at-left { inset: 0 auto 0 0; }
.frame.wide.columns {
  display: grid; overflow: hidden; scrollbar-gutter: auto;
  grid-template: "who bar history" auto "who back history" auto "who fault history" auto "who panel history" minmax(0, 1fr) / minmax(0, 1.04fr) minmax(0, 1fr) minmax(0, 1.06fr);
}
.frame.wide.columns > .who { grid-area: who; overflow: auto; position: relative; border-inline-end: 1px solid var(--rule); }
.frame.wide.columns > .bar { grid-area: bar; min-block-size: calc(32 * var(--px)); }
.frame.wide.columns > .back { grid-area: back; }
.frame.wide.columns > .fault { grid-area: fault; }
.frame.wide.columns > .panel { grid-area: panel; overflow: auto; min-block-size: 0; }
.frame.wide.columns > .panel-history { grid-area: history; border-inline-start: 1px solid var(--rule); overflow: hidden; }
.frame.wide.columns > :is(.stale, .live:not(:empty, .quiet)) { position: absolute; inset-block-end: 34px; inset-inline-start: 8px; margin: 0; }
.frame.wide:not(.columns) > .panel-history { flex: none; block-size: 70dvh; }
@media (prefers-contrast: more) {
  :host {
    --soft: light-dark(#3a4354, #ccd4e0);
    --rule: light-dark(#8792a5, #6b778b);
    --edge: light-dark(#4a5568, #a9b4c5);
    --accent: light-dark(#123a94, #b9d0ff);
    --bar: light-dark(#3f68c4, #9dbbff);
  }
  .link, .plus, a { text-decoration: underline; text-underline-offset: 2px; }
}
@media (forced-colors: active) {
  .tab:not([aria-selected="true"]) { border-block-end-color: Canvas; }
  .tab[aria-selected="true"] { border-block-end-color: Highlight; }
  .link, .plus { text-decoration: underline; }
  .bar-fill { background: CanvasText !important; forced-color-adjust: none; }
  .activity :is(rect.said, rect.liked) { fill: CanvasText; }
  .frame, .menu, .stale, .live, .initials, .facts, .warning, .lookalike, .row-head, .row-text { border: 1px solid CanvasText; }
  .row-head { border-block-end: 0; }
  .row-text { border-block-start: 0; }
  .segments label { border: 1px solid transparent; }
  .segments label.chosen { border-color: Highlight; text-decoration: underline; }
  .menu button:focus { outline: 2px solid Highlight; outline-offset: -2px; }
  .marked { outline-color: Highlight; }
}
/* Large text in a narrow place: what stood side by side stands one below the other. */
@container identities (max-width: 19em) {
  .tabs { flex-wrap: wrap; }
  .who-button { flex-basis: 100%; }
  .bar { flex-wrap: wrap; position: static; }
  .buttons, .note-actions { inline-size: 100%; }
  .menu { min-inline-size: 0; }
}
@media (prefers-reduced-motion: reduce) {
  * { transition: none !important; scroll-behavior: auto !important; }
}
@media print { :host { display: none; } .frame { display: none !important; } }
`;
