import { partsOf, percentOf } from './split';

const none = { maker_percent: '0.0000', taker_percent: '0.0000' };
const parts = (amount: string, percent: number, fees = none) => {
  const { buyer, seller, fee } = partsOf(amount, percent, fees);
  return [buyer, seller, fee].map(String);
};

describe('partsOf', () => {
  it('rounds the part of the buyer down, and loses nothing', () => {
    expect(parts('490.196078', 60)).toEqual(['294.117646', '196.078432', '0.000000']);
    expect(parts('0.00000001', 99)).toEqual(['0.00000000', '0.00000001', '0.00000000']);
    expect(parts('490.196078', 100)).toEqual(['490.196078', '0.000000', '0.000000']);
    expect(parts('490.196078', 0)).toEqual(['0.000000', '490.196078', '0.000000']);
  });

  it('takes each fee out of the part of the buyer, rounded up', () => {
    const fees = { maker_percent: '0.1000', taker_percent: '0.2000' };
    expect(parts('490.196078', 100, fees)).toEqual(['488.725488', '0.000000', '1.470590']);
    expect(parts('0.000001', 100, fees)).toEqual(['0.000000', '0.000000', '0.000001']);
  });
});

describe('percentOf', () => {
  it('takes whole percents that leave something to both', () => {
    expect(['1', '60', '99'].map(percentOf)).toEqual([1, 60, 99]);
    expect(['', '0', '100', '5.5', '-1', '007'].map(percentOf)).toEqual(Array(6).fill(null));
  });
});
