// The screens that open from the menu and from line 9; loaded when the first of them is asked for, so that no page waits for them.
export { Compare } from './compare.js';
export { LogPane } from './log.js';
export { MergePane } from './merge.js';
export { SplitPane } from './split.js';
export { WhyPane } from './why.js';
