// Who is this: the suggestion, Compare, and what opens from the menu.
export const resolution = `
.resolution { container: resolution / inline-size; padding-inline: var(--gap) var(--gap-end); }
.suggestion { display: flex; gap: 6px; align-items: baseline; padding: 2px 4px; margin-block-end: 4px; margin-inline: -4px; letter-spacing: -.012em; border-radius: 6px; background: var(--tint); }
.suggestion .mark { color: var(--accent); }
.suggestion-words { flex: 1; min-inline-size: 0; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.suggestion-words.judged { -webkit-line-clamp: 4; }
.suggestion .compare { font-weight: 600; flex: none; min-block-size: calc(24 * var(--px)); }
.suggestion .plus { margin-inline-start: 0; min-inline-size: calc(24 * var(--px)); min-block-size: calc(24 * var(--px)); text-align: center; }
.decided { display: flex; gap: 8px; align-items: baseline; justify-content: space-between; padding: 3px 10px; margin-block-end: 4px; border-radius: 6px; background: color-mix(in srgb, var(--good) 12%, var(--paper)); }
.decided .link { font-weight: 600; flex: none; min-block-size: calc(24 * var(--px)); }

.pane, .undoing { margin-block-end: 8px; padding: 4px 10px 8px; border: 1px solid var(--edge); border-radius: 8px; }
.pane[aria-busy="true"] .pane-body { opacity: .6; transition: opacity .1s .2s; }
.pane .skeleton { padding-inline: 0; background: none; }
.pane-head { display: flex; align-items: center; gap: 8px; min-block-size: calc(28 * var(--px)); margin-inline-end: -6px; }
.pane-title { flex: 1; min-inline-size: 0; font-weight: 600; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.pane-aside { display: flex; align-items: center; color: var(--soft); white-space: nowrap; }
.icon-open:dir(rtl) { transform: scaleX(-1); }
.pane-body { display: flex; flex-direction: column; gap: 8px; min-block-size: 7em; }
/* As high as its answer is at least, so that what stands below moves once. */
.pane-compare .pane-body { min-block-size: 20em; }
.pane-merge .pane-body { min-block-size: 0; }
.pane .error { margin-block-start: 6px; }
.changed, .warned { font-weight: 600; color: var(--warn); }
.pane > .changed:not(:empty) { margin-block-end: 6px; }
.older { min-block-size: calc(24 * var(--px)); }
.pane .buttons > .ask { flex: 1 1 100%; color: inherit; }
.ask-group, .wrote, .undoing { display: flex; flex-direction: column; gap: 6px; }
.ask-group .ask, .wrote .ask { color: inherit; }
.part .ask-group, .part .undoing { margin-block: 4px; padding: 6px 8px; border: 0; border-inline-start: 2px solid var(--accent); border-radius: 0; background: var(--tint); }
.part .undoing .ask-group { margin: 0; padding: 0; border: 0; }
.ask-group .buttons, .wrote .buttons { margin-block-start: 4px; }
.moves { list-style: disc; padding-inline-start: 16px; }
.buttons kbd { margin-inline-start: 6px; background: none; border-color: currentColor; opacity: .8; }
.buttons button:disabled { opacity: .6; cursor: default; }

.verdict { display: flex; flex-direction: column; gap: 3px; }
.verdict > div { display: grid; grid-template-columns: calc(58 * var(--px)) minmax(0, 1fr); gap: 0 8px; }
.verdict dt { grid-column: 1; grid-row: 1; color: var(--soft); }
.verdict dd { grid-column: 2; }
.verdict .evidence-words { font-weight: 600; }
.verdict .evidence-values { color: var(--soft); }
.told-for .evidence-words { color: var(--good); }
.told-against .evidence-words { color: var(--bad); }
.told-one_side .evidence-words { font-weight: 400; }
.sides { display: grid; gap: 6px; }
.side { padding: 6px 8px; border-radius: 6px; background: var(--tint); min-inline-size: 0; }
.side-name { font-weight: 600; }
@container resolution (min-width: 26em) { .sides { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; } }

.parts { display: flex; flex-direction: column; }
.part { padding-block: 5px; border-block-start: 1px solid var(--rule); }
.parts > .part:first-child { border-block-start: 0; }
.part-name { font-weight: 600; }
.part-line, .reason { display: flex; gap: 8px; align-items: baseline; justify-content: space-between; }
.part-line > :first-child { min-inline-size: 0; }
.reason > .link, .part-line > .link { flex: none; min-block-size: calc(24 * var(--px)); }
.reason > .link { margin-inline-start: auto; }
.reason { flex-wrap: wrap; justify-content: flex-start; gap: 0 4px; }
.part-values { display: block; font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px)); }
.part-choice { display: flex; gap: 8px; align-items: baseline; cursor: pointer; min-block-size: calc(24 * var(--px)); }
.part-choice input { flex: none; accent-color: var(--accent); inline-size: calc(14 * var(--px)); block-size: calc(14 * var(--px)); align-self: start; margin-block-start: 2px; }
.pane legend { padding: 0; color: var(--soft); }
.undone p:not(.small) { text-decoration: line-through; text-decoration-thickness: 1px; color: var(--soft); }
.log-list { max-block-size: calc(300 * var(--px)); overflow: auto; scrollbar-width: thin; }
.merge-find { display: flex; flex-direction: column; gap: 6px; }
.merge-find .search { flex: 1 1 8em; }
.merge-find .primary { padding: 3px 12px; min-block-size: calc(28 * var(--px)); border-radius: 6px; background: var(--accent); color: var(--on-accent); flex: none; }

.row-tools { inline-size: calc(24 * var(--px)); block-size: calc(24 * var(--px)); margin-block: calc(-5 * var(--px)); margin-inline: 0 -6px; align-self: center; }
.row-more[hidden] + .row-tools { margin-inline-start: auto; }
.wrote { padding: 6px 9px; border-radius: 0 0 6px 6px; background: var(--tint); }
.frame.wide.columns:has(.pane-compare) { grid-template-columns: minmax(0, 1.9fr) minmax(0, 1fr) minmax(0, 1.06fr); }
@container resolution (max-width: 17em) {
  .verdict > div { grid-template-columns: minmax(0, 1fr); }
  .verdict :is(dt, dd) { grid-column: 1; grid-row: auto; }
  .suggestion, .decided, .part-line { flex-wrap: wrap; }
  .suggestion-words { flex-basis: 70%; }
  :is(.suggestion-words, .pane-title) { display: block; }
}
@media (forced-colors: active) { .suggestion, .decided, .side, .wrote, .part .ask-group { border: 1px solid CanvasText; } }
`;
