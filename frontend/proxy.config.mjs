// Sends the calls of `npm run dev` on to a running exchange: SOUK=http://127.0.0.1:8080 by default.
// The Host header stays as it is: a WebSocket is only opened for a page of the same origin.
const target = process.env.SOUK ?? 'http://127.0.0.1:8080';

export default {
  '/api': { target },
  '/ws': { target, ws: true },
};
