-- What analysts ask first; docs/reporting.md shows each with results.

CREATE OR REPLACE VIEW report_daily AS
SELECT instrument,
       DATE(created_at) AS day,
       COUNT(*) AS trades,
       SUM(quantity) AS volume,
       SUM(notional) AS quote_volume,
       SUM(buyer_fee) AS buyer_fees,
       SUM(seller_fee) AS seller_fees,
       CAST(SUM(price * quantity) / SUM(quantity) AS DECIMAL(38, 18)) AS vwap
FROM trades
GROUP BY instrument, DATE(created_at);

-- Trade ids rise within an instrument, so the first and the last of a span are its open and close.
CREATE OR REPLACE VIEW report_candles_1m AS
SELECT c.instrument, c.start, f.price AS open, c.high, c.low, l.price AS close,
       c.volume, c.quote_volume, c.trades
FROM (SELECT instrument,
             CAST(DATE_FORMAT(created_at, '%Y-%m-%d %H:%i:00') AS DATETIME) AS start,
             MIN(id) AS first_id, MAX(id) AS last_id,
             MAX(price) AS high, MIN(price) AS low,
             SUM(quantity) AS volume, SUM(notional) AS quote_volume, COUNT(*) AS trades
      FROM trades
      GROUP BY instrument, CAST(DATE_FORMAT(created_at, '%Y-%m-%d %H:%i:00') AS DATETIME)) AS c
JOIN trades AS f ON f.id = c.first_id
JOIN trades AS l ON l.id = c.last_id;

CREATE OR REPLACE VIEW report_candles_1h AS
SELECT c.instrument, c.start, f.price AS open, c.high, c.low, l.price AS close,
       c.volume, c.quote_volume, c.trades
FROM (SELECT instrument,
             CAST(DATE_FORMAT(created_at, '%Y-%m-%d %H:00:00') AS DATETIME) AS start,
             MIN(id) AS first_id, MAX(id) AS last_id,
             MAX(price) AS high, MIN(price) AS low,
             SUM(quantity) AS volume, SUM(notional) AS quote_volume, COUNT(*) AS trades
      FROM trades
      GROUP BY instrument, CAST(DATE_FORMAT(created_at, '%Y-%m-%d %H:00:00') AS DATETIME)) AS c
JOIN trades AS f ON f.id = c.first_id
JOIN trades AS l ON l.id = c.last_id;

CREATE OR REPLACE VIEW report_candles_1d AS
SELECT c.instrument, c.start, f.price AS open, c.high, c.low, l.price AS close,
       c.volume, c.quote_volume, c.trades
FROM (SELECT instrument,
             DATE(created_at) AS start,
             MIN(id) AS first_id, MAX(id) AS last_id,
             MAX(price) AS high, MIN(price) AS low,
             SUM(quantity) AS volume, SUM(notional) AS quote_volume, COUNT(*) AS trades
      FROM trades
      GROUP BY instrument, DATE(created_at)) AS c
JOIN trades AS f ON f.id = c.first_id
JOIN trades AS l ON l.id = c.last_id;

CREATE OR REPLACE VIEW report_statement AS
SELECT u.username, w.currency, t.id, t.created_at, t.type, t.amount,
       t.amount - t.locked_amount AS available_change, t.locked_amount AS locked_change, t.sequence
FROM transactions AS t
JOIN wallets AS w ON w.id = t.wallet_id
JOIN users AS u ON u.id = w.user_id;

CREATE OR REPLACE VIEW report_open_interest AS
SELECT instrument, order_type, order_subtype, COUNT(*) AS orders,
       COUNT(DISTINCT user_id) AS users,
       SUM(remaining_quantity) AS quantity,
       CAST(SUM(remaining_quantity * price) AS DECIMAL(38, 18)) AS notional
FROM orderbook_orders
WHERE status IN ('PENDING', 'PARTIALLY_FILLED')
GROUP BY instrument, order_type, order_subtype;

CREATE OR REPLACE VIEW report_p2p_daily AS
SELECT DATE(created_at) AS day, currency, fiat_currency,
       COUNT(*) AS trades,
       SUM(ended_at IS NOT NULL) AS ended,
       SUM(status = 'COMPLETED') AS completed,
       CAST(100 * SUM(status = 'COMPLETED') / NULLIF(SUM(ended_at IS NOT NULL), 0) AS DECIMAL(9, 2)) AS completion_percent,
       CAST(AVG(CASE WHEN status = 'COMPLETED' AND disputed = 0
                     THEN TIMESTAMPDIFF(MICROSECOND, sent_at, ended_at) END) / 1000000 AS DECIMAL(18, 3)) AS average_release_secs,
       SUM(disputed) AS disputed,
       CAST(100 * SUM(disputed) / COUNT(*) AS DECIMAL(9, 2)) AS dispute_percent,
       SUM(CASE WHEN status = 'COMPLETED' THEN amount ELSE 0 END) AS volume,
       SUM(CASE WHEN status = 'COMPLETED' THEN total_fiat ELSE 0 END) AS fiat_volume,
       SUM(fee) AS fees
FROM p2p_trades
GROUP BY DATE(created_at), currency, fiat_currency;

-- Wallets that are not the sum of their transactions. There are none.
CREATE OR REPLACE VIEW report_balance_differences AS
SELECT w.id AS wallet_id, w.user_id, w.currency, w.available_balance, w.locked_balance,
       COALESCE(s.available, 0) AS available_by_transactions,
       COALESCE(s.locked, 0) AS locked_by_transactions
FROM wallets AS w
LEFT JOIN (SELECT wallet_id, SUM(amount - locked_amount) AS available, SUM(locked_amount) AS locked
           FROM transactions GROUP BY wallet_id) AS s ON s.wallet_id = w.id
WHERE w.available_balance <> COALESCE(s.available, 0) OR w.locked_balance <> COALESCE(s.locked, 0);

CREATE OR REPLACE VIEW report_balance_check AS
SELECT w.currency, w.wallets, w.total, t.total AS by_transactions,
       (SELECT COUNT(*) FROM report_balance_differences AS d WHERE d.currency = w.currency) AS differences
FROM (SELECT currency, COUNT(*) AS wallets, SUM(available_balance + locked_balance) AS total
      FROM wallets GROUP BY currency) AS w
LEFT JOIN (SELECT w.currency, SUM(t.amount) AS total
           FROM transactions AS t JOIN wallets AS w ON w.id = t.wallet_id GROUP BY w.currency) AS t
       ON t.currency = w.currency;
