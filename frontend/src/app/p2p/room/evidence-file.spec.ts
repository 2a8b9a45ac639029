import { BYTES_MAX, fileFault, sizeText } from './evidence-file';

describe('evidence', () => {
  it('is refused early where the exchange would refuse it', () => {
    expect(fileFault({ type: 'image/png', size: BYTES_MAX })).toBeNull();
    expect(fileFault({ type: 'text/plain', size: 1 })).toBeNull();
    expect(fileFault({ type: 'image/png', size: BYTES_MAX + 1 })).toContain('2 MiB');
    expect(fileFault({ type: 'image/png', size: 0 })).toContain('empty');
    expect(fileFault({ type: 'image/svg+xml', size: 10 })).toContain('Only');
    expect(fileFault({ type: '', size: 10 })).toContain('Only');
  });

  it('has a size for people', () => {
    expect([900, 2048, BYTES_MAX].map(sizeText)).toEqual(['900 bytes', '2 KiB', '2.0 MiB']);
  });
});
