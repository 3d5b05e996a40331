// A public social profile: platform, handle, bio in two lines, link, and when it was fetched.
import { h, icon, own } from './dom.js';
import { handleWords, safeUrl } from './header.js';

/** @param {import('./types.d.ts').Profile} profile @param {import('./types.d.ts').Sidebar} sidebar */
export function profileCard(profile, { text, format }) {
  const platform = text.name('provider', profile.provider);
  const title = [platform, profile.handle ? handleWords(profile.provider, profile.handle) : ''].filter(Boolean).join(' ');
  const href = profile.url ? safeUrl(profile.url) : undefined;
  return h('div', { class: 'profile' },
    h('p', { class: 'profile-title' },
      href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, own(title), icon('out')) : own(title),
      profile.name ? h('span', { class: 'muted' }, own(profile.name)) : null),
    profile.bio ? h('p', { class: 'bio', dir: 'auto' }, profile.bio) : null,
    profile.fetched_us ? h('p', { class: 'muted small' }, text.get('attributes.fetched', { when: format.fullDay(profile.fetched_us) })) : null);
}
