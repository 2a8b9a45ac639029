// Sends the calls of `npm run dev` on to a running exchange: SOUK=http://127.0.0.1:8080 by default.
const target = process.env.SOUK ?? 'http://127.0.0.1:8080';

export default {
  '/api': { target, changeOrigin: true },
  '/ws': { target, changeOrigin: true, ws: true },
};
