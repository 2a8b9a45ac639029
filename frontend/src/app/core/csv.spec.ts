import { csv } from './csv';

describe('csv', () => {
  it('keeps every digit', () => {
    expect(csv(['amount'], [['-0.000000010'], ['123456789012345678.10']])).toBe(
      'amount\r\n-0.000000010\r\n123456789012345678.10\r\n',
    );
  });

  it('quotes what would break a row, and leaves out what is not there', () => {
    expect(
      csv(
        ['a', 'b'],
        [
          ['x,"y"', null],
          ['two\nlines', 3],
        ],
      ),
    ).toBe('a,b\r\n"x,""y""",\r\n"two\nlines",3\r\n');
  });

  it('lets no spreadsheet compute a text', () => {
    expect(csv(['a'], [['=1+1'], ['-cmd'], ['@x']])).toBe("a\r\n'=1+1\r\n'-cmd\r\n'@x\r\n");
  });
});
