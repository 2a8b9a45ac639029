import { entriesFor, found } from './palette-entries';

const labels = (role: string | null, typed: string) =>
  found(entriesFor(role, [{ name: 'BTC-USD' }, { name: 'ETH-USD' }]), typed).map(
    ({ label }) => label,
  );

describe('found', () => {
  it('takes entries that have all the words', () => {
    expect(labels('USER', 'btc')).toEqual(['BTC-USD']);
    expect(labels('USER', 'p2p my')).toEqual(['My P2P trades']);
    expect(labels('USER', 'nothing of the kind')).toEqual([]);
  });

  it('knows people by their name', () => {
    expect(found([], '@alice')).toMatchObject([{ link: '/profile/alice' }]);
    expect(found([], '@a')).toEqual([]);
  });

  it('shows to each what is theirs', () => {
    expect(labels(null, 'wallets')).toEqual([]);
    expect(labels('USER', 'admin')).toEqual([]);
    expect(labels('ADMIN', 'admin')).toHaveLength(4);
    expect(labels(null, 'log')).toEqual(['Log in']);
  });
});
