import { samplesOf } from './prometheus';

describe('samplesOf', () => {
  it('reads figures with labels and help, and leaves buckets out', () => {
    const text = [
      '# HELP souk_sequence The last durable fact',
      '# TYPE souk_sequence gauge',
      'souk_sequence 120',
      '# HELP souk_http_request_seconds From head to answer',
      'souk_http_request_seconds_bucket{le="0.001",route="/api/x"} 4',
      'souk_http_request_seconds_sum{route="/api/x",method="GET"} 0.5',
      'souk_http_request_seconds_count{route="/api/x",method="GET"} 5',
      '',
    ].join('\n');
    expect(samplesOf(text)).toEqual([
      { name: 'souk_sequence', labels: {}, value: '120', help: 'The last durable fact' },
      {
        name: 'souk_http_request_seconds_sum',
        labels: { route: '/api/x', method: 'GET' },
        value: '0.5',
        help: 'From head to answer',
      },
      {
        name: 'souk_http_request_seconds_count',
        labels: { route: '/api/x', method: 'GET' },
        value: '5',
        help: 'From head to answer',
      },
    ]);
  });
});
