import type { Instrument } from '../core/client';
import type { Theme } from '../core/preferences';
import type { IconName } from '../ui/icon';

/** Something that can be gone to, or done; without link and theme it logs out. */
export interface Entry {
  label: string;
  about: string;
  icon: IconName;
  link?: string;
  theme?: Theme;
}

const SHOWN_MAX = 12;

const FOR_ALL: readonly Entry[] = [
  { label: 'P2P offers', about: 'page', icon: 'p2p', link: '/p2p' },
  { label: 'Preferences', about: 'page', icon: 'settings', link: '/profile/preferences' },
  { label: 'About', about: 'page', icon: 'info', link: '/about' },
  { label: 'Light theme', about: 'theme', icon: 'sun', theme: 'light' },
  { label: 'Dark theme', about: 'theme', icon: 'moon', theme: 'dark' },
  { label: 'Theme of the system', about: 'theme', icon: 'system', theme: 'system' },
];
const FOR_NOBODY: readonly Entry[] = [
  { label: 'Log in', about: 'page', icon: 'user', link: '/login' },
  { label: 'Create an account', about: 'page', icon: 'plus', link: '/register' },
];
const FOR_USERS: readonly Entry[] = [
  { label: 'Dashboard', about: 'page', icon: 'dashboard', link: '/dashboard' },
  { label: 'Wallets and ledger', about: 'page', icon: 'wallet', link: '/wallets' },
  { label: 'My P2P trades', about: 'page', icon: 'p2p', link: '/p2p/trades' },
  { label: 'My ads', about: 'page', icon: 'p2p', link: '/p2p/ads' },
  { label: 'Post an ad', about: 'page', icon: 'plus', link: '/p2p/ads/new' },
  { label: 'Payment accounts, blocks', about: 'page', icon: 'settings', link: '/p2p/settings' },
  { label: 'Disputes', about: 'page', icon: 'disputes', link: '/disputes' },
  { label: 'Profile and password', about: 'page', icon: 'user', link: '/profile' },
  { label: 'Notifications', about: 'page', icon: 'bell', link: '/profile/notifications' },
  { label: 'Log out', about: 'ends all sessions', icon: 'logout' },
];
const FOR_ADMINS: readonly Entry[] = [
  { label: 'Admin: system', about: 'page', icon: 'admin', link: '/admin' },
  { label: 'Admin: users', about: 'page', icon: 'admin', link: '/admin/users' },
  { label: 'Admin: P2P trades', about: 'page', icon: 'admin', link: '/admin/trades' },
  { label: 'Admin: metrics', about: 'page', icon: 'admin', link: '/admin/metrics' },
];

/** What there is for somebody of this role; null is nobody. */
export function entriesFor(
  role: string | null,
  instruments: readonly Pick<Instrument, 'name'>[],
): readonly Entry[] {
  const trade = instruments.map(({ name }): Entry => {
    return { label: name, about: 'trade', icon: 'trade', link: `/trade/${name}` };
  });
  return [
    ...trade,
    ...(role === null ? FOR_NOBODY : FOR_USERS),
    ...(role === 'ADMIN' ? FOR_ADMINS : []),
    ...FOR_ALL,
  ];
}

/** The entries that have all the typed words; `@name` is somebody's profile. */
export function found(entries: readonly Entry[], typed: string): readonly Entry[] {
  const name = /^@([a-z0-9_]{3,32})$/.exec(typed.trim().toLowerCase())?.[1];
  if (name) return [{ label: name, about: 'profile', icon: 'user', link: `/profile/${name}` }];
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return entries
    .filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)))
    .slice(0, SHOWN_MAX);
}
