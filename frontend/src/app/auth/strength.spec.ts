import { bytesOf, strengthOf } from './strength';

describe('strengthOf', () => {
  it('ranks what is easily guessed below what is long and mixed', () => {
    const scores = ['aaaaaaaaaaaa', 'password', 'correct horse', 'xK9$wq2!Lm4&'].map(
      (password) => strengthOf(password).score,
    );
    expect(scores).toEqual([1, 1, 3, 4]);
    expect(strengthOf('').label).toBe('');
  });

  it('counts bytes', () => {
    expect(bytesOf('käse')).toBe(5);
  });
});
