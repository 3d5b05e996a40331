// Summary, Attributes and History.
export const pivots = `
.summary { padding-block: 4px; }
.since { padding-block: 3px; padding-inline: var(--gap) var(--gap-end); color: var(--accent); }
.category { display: grid; inline-size: 100%; padding-block: 2px; padding-inline: var(--gap) var(--gap-end); gap: 0 8px; align-items: baseline; border-radius: 0; min-block-size: calc(24 * var(--px)); align-content: center; }
.category:hover { background: var(--tint); }
.category:focus-visible { outline-offset: -2px; }
.interest-line { grid-template-columns: calc(76 * var(--px)) calc(44 * var(--px)) calc(22 * var(--px)) minmax(0, 1fr); }
.fact-line { grid-template-columns: calc(76 * var(--px)) minmax(0, 1fr); }
.category .label { font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.bar-box { align-self: center; block-size: calc(8 * var(--px)); border-radius: 2px; }
.bar-fill { display: block; block-size: 100%; border-radius: 2px; background: var(--bar); }
.interest-line .count { text-align: end; font-variant-numeric: tabular-nums; position: relative; }
/* Topics that do not fit whole fall into a second line, which is cut off. */
.topics { color: var(--soft); display: flex; flex-wrap: wrap; block-size: calc(18 * var(--px)); overflow: hidden; }
.topics span { white-space: pre; max-inline-size: 100%; overflow: hidden; text-overflow: ellipsis; }
.fact-words { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.summary:not(:has(.interest-line)) .fact-words { -webkit-line-clamp: 5; }
.rest { color: var(--accent);  padding-inline-start: calc(var(--gap) + 76 * var(--px) + 8px); }

.tools { display: flex; flex-direction: column; gap: 6px; padding-block: 8px 6px; padding-inline: var(--gap) var(--gap-end); }
.search, select { inline-size: 100%; min-inline-size: 0; block-size: calc(28 * var(--px)); padding: 3px 8px; border: 1px solid var(--edge); border-radius: 6px; background: var(--paper); color: var(--ink); }
.search::-webkit-search-cancel-button { filter: grayscale(1); }
.segments { display: flex; background: var(--tint); border-radius: 6px; padding: 2px; }
.segments label { flex: 1 1 auto; position: relative; text-align: center; padding: 3px 6px; border-radius: 5px; color: var(--soft); cursor: pointer; }
.segments label.chosen { background: var(--paper); color: var(--ink); font-weight: 600; box-shadow: 0 1px 2px rgb(0 0 0 / .16); }
.segments label:has(:focus-visible) { outline: 2px solid var(--accent); }
.segments input { position: absolute; inset: 0; opacity: 0; cursor: pointer; margin: 0; inline-size: 100%; block-size: 100%; }
.section { border-block-start: 1px solid var(--rule); }
.section-head { display: flex; align-items: center; gap: 8px; inline-size: 100%; padding-block: 4px; padding-inline: var(--gap) var(--gap-end); min-block-size: calc(28 * var(--px)); border-radius: 0; }
.section-head::before { content: ""; inline-size: calc(5 * var(--px)); block-size: calc(5 * var(--px)); border: solid var(--soft); border-width: 0 1.5px 1.5px 0; transform: rotate(-45deg); margin-inline: 1px 2px; flex: none; }
.section-head:dir(rtl)::before { transform: rotate(135deg); }
.section-head[aria-expanded="true"]::before, .section-head[aria-expanded="true"]:dir(rtl)::before { transform: translateY(-2px) rotate(45deg); }
.section-head:hover, .attribute:hover { background: var(--tint); }
.section-head:focus-visible, .attribute:focus-visible { outline-offset: -2px; }
.section-name { font-weight: 600; flex: 1; }
.section-head .count { color: var(--soft); font-variant-numeric: tabular-nums; }
.rows { padding-block-end: 4px; content-visibility: auto; contain-intrinsic-size: auto 200px; }
.attribute { display: flex; gap: 8px; align-items: baseline; inline-size: 100%; padding-block: 3px; padding-inline: 27px var(--gap-end); border-radius: 0; min-block-size: calc(24 * var(--px)); }
.attribute-name { flex: 0 1 auto; }
.attribute-value { font-weight: 600; flex: 0 1 auto; }
.attribute-source { margin-inline-start: auto; color: var(--soft); font-size: calc(12 * var(--px)); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; flex: 0 1 auto; min-inline-size: calc(56 * var(--px)); text-align: end; }
li.open > .attribute { background: var(--tint); }
.details { padding-block: 4px 8px; padding-inline: 27px var(--gap-end); background: var(--tint); }
.details dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 1px 12px; }
.details dt { color: var(--soft); }
.details + .details { border-block-start: 1px dashed var(--rule); }
.details .skeleton { padding-inline: 0; background: none; }
.evidence { margin-block-start: 6px; }
.evidence li { padding-block: 3px; padding-inline-start: 8px; border-inline-start: 2px solid var(--bar); }
.evidence li + li { margin-block-start: 4px; }
.profile { padding-block: 8px 2px; padding-inline: var(--gap) var(--gap-end); }
.profile-title { display: flex; flex-wrap: wrap; gap: 0 8px; align-items: center; font-weight: 600; }
.profile-title .muted { font-weight: 400; }
.profile-title .icon { inline-size: calc(12 * var(--px)); block-size: calc(12 * var(--px)); margin-inline-start: 4px; vertical-align: -1px; }
.bio { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }

.history { display: flex; flex-direction: column; flex: 1 1 auto; min-block-size: 0; position: relative; }
.history .tools { border-block-end: 1px solid var(--rule); flex: none; }
.tool-row { display: flex; gap: 6px; align-items: center; }
.selects:not(:has(:not([hidden]))) { display: none; }
.activity svg { display: block; inline-size: 100%; block-size: calc(28 * var(--px)); }
.activity .said { fill: var(--bar); }
.activity .liked { fill: var(--note-edge); }
.activity svg:dir(rtl) { transform: scaleX(-1); }
.activity figcaption { display: flex; justify-content: space-between; font-size: calc(11 * var(--px)); line-height: calc(14 * var(--px)); color: var(--soft); }
.scroller { flex: 1 1 60vh; min-block-size: 0; overflow: hidden auto; overscroll-behavior: contain; scrollbar-width: thin; padding-block: 4px 8px; }
.scroller:focus-visible { outline-offset: -2px; }
.news {
  position: absolute; inset-block-end: 10px; inset-inline: 0; margin-inline: auto; inline-size: fit-content; padding: 4px 14px;
  border-radius: 14px; background: var(--accent); color: var(--on-accent); box-shadow: 0 2px 8px rgb(0 0 0 / .25); font-size: calc(12 * var(--px)); line-height: calc(18 * var(--px));
}
.block > li { padding-inline: var(--gap); }
.history-list.many > .block { content-visibility: auto; contain-intrinsic-size: auto 300px auto 3000px; }
.chapter { padding-block: 10px 3px; color: var(--soft); font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px)); }
.chapter .channel { color: var(--ink); font-weight: 600; }
.chapter a { text-decoration: underline; text-decoration-thickness: from-font; text-underline-offset: 2px; }
.chapter .subject { color: var(--ink); }
.present-toggle { inline-size: 100%; padding: 5px 10px; background: var(--tint); border: 1px dashed var(--edge); border-radius: 6px; color: var(--ink); min-block-size: calc(28 * var(--px)); }
.present-toggle:hover { background: var(--press); }
.row { padding-block: 3px; }
.row-head { display: flex; align-items: baseline; gap: 6px; font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px)); color: var(--soft); padding: 4px 9px 0; border-radius: 6px 6px 0 0; }
.row-by { color: var(--ink); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.row-head time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.tag { color: var(--soft); }
.out .tag { color: var(--accent); }
.internal .tag { color: var(--warn); font-weight: 600; }
.row-more { margin-inline-start: auto; flex: none; }
.row-text { padding: 0 9px 4px; white-space: pre-line; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; border-radius: 0 0 6px 6px; }
.row.open .row-text { display: block; }
.row.in :is(.row-head, .row-text) { background: var(--tint); }
.row.in { padding-inline-end: 26px !important; }
.row.out { padding-inline-start: 26px !important; }
.row.out :is(.row-head, .row-text) { background: var(--out); }
.row.internal :is(.row-head, .row-text) { background: var(--internal); }
.row.internal .row-head { border-block-start: 1px dashed var(--note-edge); }
.attachments { font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px)); color: var(--soft); padding: 2px 9px; }
.line-row { display: flex; gap: 6px; align-items: baseline; }
.line-row .row-head { padding: 0; background: none; flex: none; }
.line-row .row-text { padding: 0; flex: 1; white-space: nowrap; display: block; text-overflow: ellipsis; }
.line-row.open { display: block; }
.line-row.open .row-text { white-space: pre-line; }
.interest { display: flex; gap: 6px; padding-block: 3px; font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px)); }
.diamond { color: var(--note-edge); }
.gap { margin: 6px var(--gap); padding: 4px 0 !important; text-align: center; color: var(--soft); font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px)); border-block: 1px dashed var(--edge); }
.marked { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 8px; background: color-mix(in srgb, var(--accent) 12%, transparent); }
mark { background: light-dark(#ffe58a, #6b5410); color: inherit; border-radius: 2px; }
@container identities (max-width: 19em) {
  .interest-line { grid-template-columns: minmax(0, 1fr) auto; padding-block: 4px; }
  .interest-line .bar-box { display: none; }
  .interest-line .topics { grid-column: 1 / -1; block-size: auto; }
  .interest-line .topics span { white-space: pre-wrap; }
  .fact-line { grid-template-columns: minmax(0, 1fr); padding-block: 4px; }
  .category .label { white-space: normal; }
  .fact-words { display: block; }
  .rest { padding-inline-start: var(--gap); }
  .segments, .tool-row.selects { flex-direction: column; }
  .tool-row { flex-wrap: wrap; }
  .attribute { flex-wrap: wrap; gap: 0 8px; }
  .attribute-source { white-space: normal; }
  .details dl { grid-template-columns: minmax(0, 1fr); }
  .row-head { flex-wrap: wrap; gap: 0 6px; }
  .row-by { white-space: normal; }
  .line-row { display: block; }
  .line-row .row-text { white-space: pre-line; }
  .row.in, .row.out { padding-inline: var(--gap) !important; }
}
`;
