// Header, requesters and notes.
export const who = `
.who { position: relative; padding-block-end: 4px; }
.requesters { display: flex; flex-wrap: wrap; gap: 2px 12px; padding: 8px 70px 6px var(--gap); border-block-end: 1px solid var(--rule); background: var(--tint); min-inline-size: 0; }
.requesters label { display: inline-flex; align-items: center; gap: 5px; min-block-size: 24px; cursor: pointer; }
.requesters input { accent-color: var(--accent); inline-size: 14px; block-size: 14px; }
.requester-name { font-weight: 600; }
.requesters .plus { min-block-size: 24px; min-inline-size: 24px; }

.header { padding: 8px var(--gap) 6px; display: flex; flex-direction: column; gap: 2px; }
.title { display: flex; gap: 10px; align-items: center; padding-inline-end: 56px; margin-block-end: 3px; min-block-size: 36px; }
.requesters:not([hidden]) ~ .header .title { padding-inline-end: 0; }
.initials {
  flex: none; display: grid; place-items: center; inline-size: 34px; block-size: 34px; border-radius: 50%;
  background: var(--press); color: var(--ink); font-weight: 600; font-size: 12px; letter-spacing: .02em; overflow: hidden;
}
.who-lines { min-inline-size: 0; flex: 1; }
.name { font-weight: 650; font-size: 16px; line-height: 20px; letter-spacing: -.005em; }
.line { display: flex; align-items: baseline; gap: 8px; min-inline-size: 0; }
.standing { margin-inline-end: -56px; }
.dots { min-inline-size: 0; }
.line.dots { display: block; }
.sources .dots { letter-spacing: -.012em; }
.sources .dots > *, .standing > * { white-space: nowrap; }
.standing { color: var(--soft); }
.tier { color: var(--ink); font-weight: 600; }
.clock { font-variant-numeric: tabular-nums; color: var(--ink); }
.spaced { display: flex; flex-wrap: wrap; gap: 0 12px; min-inline-size: 0; }
.copy { max-inline-size: 100%; min-inline-size: 0; display: inline-flex; gap: 4px; }
.copy-value { overflow: hidden; text-overflow: ellipsis; }
.copy:hover .copy-value { text-decoration: underline; text-decoration-style: dotted; }
.verified { color: var(--good); font-weight: 600; }
.plus { min-inline-size: 20px; flex: none; margin-inline-start: auto; text-align: end; font-variant-numeric: tabular-nums; }

.facts { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 4px 8px; margin-block: 6px 4px; padding: 6px 10px; background: var(--tint); border-radius: 8px; }
.facts:is(.of-1, .of-2) { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.facts:is(.of-3, .of-5, .of-6) { grid-template-columns: repeat(3, minmax(0, 1fr)); }
.facts > div { display: flex; flex-direction: column-reverse; min-inline-size: 0; }
.facts dd { font-weight: 600; font-size: 14px; line-height: 18px; font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.facts dt { font-size: 11px; line-height: 14px; color: var(--soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.warning { display: flex; gap: 8px; align-items: baseline; inline-size: 100%; margin-block-start: 2px; padding: 3px 10px; border-radius: 6px; background: var(--warn-paper); color: var(--warn); }
.warning:hover span:last-child { text-decoration: underline; }
.mark { font-weight: 700; }

.notes { padding: 0 var(--gap) 6px; }
.notes-head { display: flex; justify-content: space-between; align-items: center; min-block-size: 24px; }
.notes-head h3 { font-weight: 600; }
.add { min-block-size: 24px; padding-inline: 4px; margin-inline-end: -4px; }
.note-list { border-inline-start: 3px solid var(--note-edge); background: var(--note); border-radius: 0 6px 6px 0; }
.note { position: relative; display: block; padding: 4px 30px 4px 9px; }
.note + .note { border-block-start: 1px solid color-mix(in srgb, var(--note-edge) 28%, transparent); }
.note-text { white-space: pre-line; }
.pin-word { font-weight: 600; color: var(--warn); }
.by { color: var(--soft); }
.note-main.clamped .note-text { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.note-main.clamped .by { display: block; }
.note-main.clamped.one { display: flex; gap: 6px; }
.note-main.clamped.one .note-text { display: block; flex: 1; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; min-inline-size: 40%; }
.note-main.clamped.one .by { flex: none; max-inline-size: 60%; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.note-tools { position: absolute; inset-block-start: 1px; inset-inline-end: 2px; inline-size: 24px; block-size: 24px; }
.note-rest { max-block-size: 96px; overflow: auto; border-block-start: 1px solid color-mix(in srgb, var(--note-edge) 50%, transparent); border-radius: 0; }
.note-actions { margin-block: 4px 2px; margin-inline-end: -22px; }
.ask { font-weight: 600; color: var(--bad); flex: 1 1 100%; }
.note-box { padding: 2px 0 8px; display: flex; flex-direction: column; gap: 5px; }
.note-field {
  inline-size: 100%; min-block-size: 62px; max-block-size: 260px; resize: vertical; padding: 5px 8px; overflow: auto;
  border: 1px solid var(--edge); border-radius: 6px; background: var(--paper); color: var(--ink);
}
.note .note-field { margin-block-end: 5px; }
.note-field::placeholder, .search::placeholder { color: var(--soft); opacity: 1; }
.caption { font-size: 12px; line-height: 16px; color: var(--soft); border-inline-start: 2px solid var(--edge); padding-inline-start: 6px; }
.pin-label { display: inline-flex; align-items: center; gap: 5px; margin-inline-start: auto; min-block-size: 24px; cursor: pointer; }
.pin-label input { accent-color: var(--accent); }
.told blockquote { margin-block: 4px 6px; padding: 4px 8px; border-inline-start: 2px solid var(--bad); white-space: pre-line; max-block-size: 120px; overflow: auto; }

@container identities (min-width: 560px) {
  .frame:not(.wide) .who { display: grid; grid-template-columns: 1fr 1fr; }
  .frame:not(.wide) .requesters { grid-column: 1 / -1; }
  .frame:not(.wide) .notes { padding: 8px 80px 6px 0; }
}
`;
