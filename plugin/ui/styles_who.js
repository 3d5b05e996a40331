// Header, requesters and notes.
export const who = `
.who { position: relative; padding-block-end: 4px; }
.requesters { display: flex; flex-wrap: wrap; gap: 2px 12px; padding-block: 8px 6px; padding-inline: var(--gap) calc(56 * var(--px) + 14px); border-block-end: 1px solid var(--rule); background: var(--tint); min-inline-size: 0; }
.requesters label { display: inline-flex; align-items: center; gap: 5px; min-block-size: calc(24 * var(--px)); cursor: pointer; }
.requesters input { accent-color: var(--accent); inline-size: calc(14 * var(--px)); block-size: calc(14 * var(--px)); }
.requester-name { font-weight: 600; }
.requesters .plus { margin-inline-start: 0; min-block-size: calc(24 * var(--px)); min-inline-size: calc(24 * var(--px)); }

.header { padding-block: 8px 6px; padding-inline: var(--gap) var(--gap-end); display: flex; flex-direction: column; gap: 2px; }
.title { display: flex; gap: 10px; align-items: center; padding-inline-end: calc(56 * var(--px)); margin-block-end: 3px; min-block-size: calc(36 * var(--px)); }
.requesters:not([hidden]) ~ .header .title { padding-inline-end: 0; }
.initials {
  flex: none; display: grid; place-items: center; inline-size: calc(34 * var(--px)); block-size: calc(34 * var(--px)); border-radius: 50%;
  background: var(--press); color: var(--ink); font-weight: 600; font-size: calc(12 * var(--px)); letter-spacing: .02em; overflow: hidden;
}
.who-lines { min-inline-size: 0; flex: 1; }
.name { font-weight: 650; font-size: calc(16 * var(--px)); line-height: calc(20 * var(--px)); letter-spacing: -.005em; }
.line { display: flex; align-items: baseline; gap: 8px; min-inline-size: 0; }
.standing { margin-inline-end: calc(-56 * var(--px)); }
.requesters:not([hidden]) ~ .header .standing { margin-inline-end: 0; }
.dots { min-inline-size: 0; }
.line.dots { display: block; }
.sources .dots { letter-spacing: -.012em; }
.sources .dots > *, .standing > *, .by-whom { white-space: nowrap; }
.standing { color: var(--soft); }
.tier { color: var(--ink); font-weight: 600; }
.clock { font-variant-numeric: tabular-nums; color: var(--ink); }
.spaced { display: flex; flex-wrap: wrap; gap: 0 12px; min-inline-size: 0; }
.identifiers .spaced { gap: 0 8px; }
.copy { letter-spacing: -.012em; }
.copy { max-inline-size: 100%; min-inline-size: 0; display: inline-flex; gap: 4px; }
.copy-value { overflow: hidden; text-overflow: ellipsis; }
.copy:hover .copy-value { text-decoration: underline; text-decoration-style: dotted; }
.verified { color: var(--good); font-weight: 600; }
.plus { min-inline-size: calc(20 * var(--px)); flex: none; margin-inline-start: auto; text-align: end; font-variant-numeric: tabular-nums; }

.facts { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 4px 8px; margin-block: 6px 4px; padding: 6px 10px; background: var(--tint); border-radius: 8px; }
.facts:is(.of-1, .of-2) { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.facts:is(.of-3, .of-5, .of-6) { grid-template-columns: repeat(3, minmax(0, 1fr)); }
.facts > div { display: flex; flex-direction: column-reverse; justify-content: flex-end; min-inline-size: 0; }
.facts dd { font-weight: 600; font-size: calc(14 * var(--px)); line-height: calc(18 * var(--px)); font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.facts dt { font-size: calc(11 * var(--px)); line-height: calc(14 * var(--px)); color: var(--soft); hyphens: auto; }
.warning, .lookalike { display: flex; gap: 8px; align-items: baseline; inline-size: 100%; margin-block-start: 2px; padding: 3px 10px; border-radius: 6px; background: var(--warn-paper); color: var(--warn); }
.lookalike { gap: 6px; padding-inline-start: 7px; font-weight: 600; }
.icon-alert { inline-size: calc(14 * var(--px)); block-size: calc(14 * var(--px)); stroke-width: 1.7; vertical-align: calc(-2 * var(--px)); }
.lookalike .icon-alert { align-self: flex-start; margin-block-start: calc(2 * var(--px)); }
.domain { display: inline-block; max-inline-size: 100%; }
.warning:hover span:last-child { text-decoration: underline; }
.mark { font-weight: 700; }

.notes { padding-block: 0 6px; padding-inline: var(--gap) var(--gap-end); }
.notes-head { display: flex; justify-content: space-between; align-items: center; min-block-size: calc(24 * var(--px)); }
.notes-head h3 { font-weight: 600; }
.add { min-block-size: calc(24 * var(--px)); padding-inline: 4px; margin-inline-end: -4px; }
.note-list { border-inline-start: 3px solid var(--note-edge); background: var(--note); border-start-end-radius: 6px; border-end-end-radius: 6px; }
.note { position: relative; display: block; padding-block: 4px; padding-inline: 9px calc(26 * var(--px) + 4px); }
.note + .note { border-block-start: 1px solid color-mix(in srgb, var(--note-edge) 28%, transparent); }
.note-text { white-space: pre-line; }
.pin-word { font-weight: 600; color: var(--warn); }
.by { color: var(--soft); }
.note-main.clamped .note-text { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.note-main.clamped .by { display: block; }
.note-main.clamped.one { display: flex; gap: 6px; }
.note-main.clamped.one .note-text { display: block; flex: 1; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; min-inline-size: 40%; }
/* One line: its link comes with "more", which is never cut off. */
.note-main.clamped.one .by { display: flex; gap: 6px; flex: 0 1 auto; max-inline-size: 60%; white-space: nowrap; }
.note-main.clamped.one .by-whom { min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; }
.note-main.clamped.one .note-link { display: none; }
.note-tools { position: absolute; inset-block-start: 1px; inset-inline-end: 2px; inline-size: calc(24 * var(--px)); block-size: calc(24 * var(--px)); }
.note-rest { max-block-size: calc(96 * var(--px)); overflow: auto; border-block-start: 1px solid color-mix(in srgb, var(--note-edge) 50%, transparent); border-radius: 0; }
.note-actions { margin-block: 4px 2px; margin-inline-end: calc(-22 * var(--px)); }
.ask { font-weight: 600; color: var(--bad); flex: 1 1 100%; }
.note-box { padding: 2px 0 8px; display: flex; flex-direction: column; gap: 5px; }
.note-field {
  inline-size: 100%; min-block-size: calc(62 * var(--px)); max-block-size: calc(260 * var(--px)); resize: vertical; padding: 5px 8px; overflow: auto;
  border: 1px solid var(--edge); border-radius: 6px; background: var(--paper); color: var(--ink);
}
.note .note-field { margin-block-end: 5px; }
.note-field::placeholder, .search::placeholder { color: var(--soft); opacity: 1; }
.caption { font-size: calc(12 * var(--px)); line-height: calc(16 * var(--px)); color: var(--soft); border-inline-start: 2px solid var(--edge); padding-inline-start: 6px; }
.pin-label { display: inline-flex; align-items: center; gap: 5px; margin-inline-start: auto; min-block-size: calc(24 * var(--px)); cursor: pointer; }
.pin-label input { accent-color: var(--accent); }
.told blockquote { margin-block: 4px 6px; padding: 4px 8px; border-inline-start: 2px solid var(--bad); white-space: pre-line; max-block-size: calc(120 * var(--px)); overflow: auto; }

@container identities (min-width: 43em) {
  .frame:not(.wide) .who { display: grid; grid-template-columns: 1fr 1fr; }
  .frame:not(.wide) .requesters { grid-column: 1 / -1; }
  .frame:not(.wide) .header { padding-inline-end: var(--gap); }
  .frame:not(.wide) .notes { padding-block: 8px 6px; padding-inline: 0 80px; grid-column: 2; grid-row: 2 / span 2; }
  .frame:not(.wide) .resolution { grid-column: 1; grid-row: 3; padding-inline-end: var(--gap); }
  .frame:not(.wide) .header { grid-column: 1; grid-row: 2; }
  .frame:not(.wide) .who { grid-template-rows: auto auto 1fr; }
}
@container identities (max-width: 19em) {
  .title { padding-inline-end: 0; padding-block-start: calc(28 * var(--px)); }
  .requesters:not([hidden]) ~ .header .title { padding-block-start: 0; }
  .requesters { padding-inline-end: var(--gap); padding-block-start: calc(36 * var(--px)); }
  .initials { display: none; }
  .standing { margin-inline-end: 0; }
  .facts, .facts:is(.of-3, .of-5, .of-6) { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .facts :is(dt, dd), .sources .dots > *, .standing > *, .by-whom { white-space: normal; }
  .note-main.clamped.one { display: block; }
  .note-main.clamped.one .by { display: block; max-inline-size: none; white-space: normal; }
  .note-main.clamped.one .by-whom { overflow: visible; }
}
`;
