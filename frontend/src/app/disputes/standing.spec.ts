import type { VerdictOutcome } from '../core/client';
import { type Seen, standingOf } from './standing';

const UNTIL = '2026-02-04T00:00:00.000Z';
const dispute = (more: Partial<Seen> = {}) =>
  ({
    buyer: 'bob',
    seller: 'alice',
    status: 'OPEN',
    trade_status: 'DISPUTED',
    statements_until: UNTIL,
    ...more,
  }) as Seen;
const judge = { username: 'judge', isArbitrator: true, isAdmin: false };
const bob = { username: 'bob', isArbitrator: false, isAdmin: false };
const before = Date.parse(UNTIL) - 1;

describe('standingOf', () => {
  it('lets an arbitrator take what is nobody’s, and decide what is the own', () => {
    expect(standingOf(dispute(), judge, before)).toMatchObject({
      mayTake: true,
      mayDecide: false,
      mayReassign: false,
      seesAll: false,
    });
    const taken = dispute({ status: 'ASSIGNED', arbitrator: 'judge', statements: [] });
    expect(standingOf(taken, judge, before)).toMatchObject({
      mayTake: false,
      mayDecide: true,
      mayReassign: true,
      seesAll: true,
    });
  });

  it('lets no party decide, whatever the role', () => {
    const own = { ...judge, username: 'bob' };
    expect(standingOf(dispute(), own, before)).toMatchObject({ isParty: true, mayTake: false });
  });

  it('waits for who has not been heard, for a time', () => {
    const said = (by: string) => ({ by, text: '', created_at: UNTIL });
    const one = dispute({ statements: [said('alice')] });
    const both = dispute({ statements: [said('alice'), said('bob')] });
    expect(standingOf(one, judge, before).waitsUntil).toBe(UNTIL);
    expect(standingOf(one, judge, before + 1).waitsUntil).toBeNull();
    expect(standingOf(both, judge, before).waitsUntil).toBeNull();
  });

  it('lets who lost appeal, once', () => {
    const decided = (outcome: VerdictOutcome, more: Partial<Seen> = {}) =>
      dispute({
        status: 'DECIDED',
        verdict: { outcome, by: 'judge', created_at: UNTIL, fraud: false, reason: '' },
        ...more,
      });
    const may = (each: Seen) => standingOf(each, bob, before).mayAppeal;
    expect(may(decided('SELLER'))).toBe(true);
    expect(may(decided('SPLIT'))).toBe(true);
    expect(may(decided('BUYER'))).toBe(false);
    expect(may(decided('SELLER', { appealed_by: 'alice' }))).toBe(false);
  });
});
