import { type Taker, conditionsOf } from './conditions';

const format = {
  short: (text: string) => text,
  money: (text: string, of: string) => `${text} ${of}`,
};
const asked = {
  min_completed_trades: 5,
  min_completion_rate: '95',
  min_account_age_days: 30,
  min_rating: '4.5',
  first_trade_max_fiat: '400.00',
};
const met = (taker: Taker | null) =>
  conditionsOf(asked, 'USD', format as never, taker).map(({ isMet }) => isMet);

describe('conditions of an ad', () => {
  it('are told in words, and only those that there are', () => {
    expect(conditionsOf(asked, 'USD', format as never, null).map(({ text }) => text)).toEqual([
      '5 completed trades or more',
      'Completion rate of 95 % or more',
      'Registered 30 days ago or more',
      'Rating of 4.5 or more',
      'First trade of at most 400.00 USD',
    ]);
    expect(conditionsOf({}, 'USD', format as never, null)).toEqual([]);
    expect(conditionsOf({ min_completed_trades: 0 }, 'USD', format as never, null)).toEqual([]);
  });

  it('are met or not; who has no figure does not meet it', () => {
    expect(met(null)).toEqual([null, null, null, null, null]);
    expect(met({ completed_trades: 0, days: 0 })).toEqual([false, false, false, false, null]);
    const regular = { completed_trades: 5, completion_rate: '95.0', rating: '4.50', days: 30 };
    expect(met(regular)).toEqual([true, true, true, true, true]);
    expect(met({ ...regular, rating: '4.49', completion_rate: '94.9' })).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});
