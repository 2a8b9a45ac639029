-- What the exchange holds, one row a thing, as it is after the fact in its column `sequence`.
-- Amounts, prices and quantities are exact decimals; times are UTC. `wallets.id`, `trades.id` and the
-- like are made from the exchange's own ids, so that the same journal always gives the same rows.

CREATE TABLE IF NOT EXISTS mirror_cursor (
    id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    exchange CHAR(32) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    chain CHAR(32) NOT NULL,
    opened_behind BIGINT UNSIGNED NOT NULL,
    opened_at DATETIME(3) NULL,
    updated_at DATETIME(3) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS instruments (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    instrument VARCHAR(32) NOT NULL,
    base VARCHAR(16) NOT NULL,
    quote VARCHAR(16) NOT NULL,
    tick_size DECIMAL(38, 18) NOT NULL,
    lot_size DECIMAL(38, 18) NOT NULL,
    maker_fee_percent DECIMAL(38, 18) NOT NULL,
    taker_fee_percent DECIMAL(38, 18) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    UNIQUE KEY instruments_name (instrument)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS users (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    username VARCHAR(32) NOT NULL,
    email VARCHAR(254) NOT NULL,
    full_name TEXT NULL,
    role VARCHAR(16) NOT NULL,
    frozen TINYINT UNSIGNED NOT NULL,
    created_at DATETIME(3) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    UNIQUE KEY users_name (username)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS wallets (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    currency VARCHAR(16) NOT NULL,
    available_balance DECIMAL(38, 18) NOT NULL,
    locked_balance DECIMAL(38, 18) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    UNIQUE KEY wallets_of (user_id, currency),
    CONSTRAINT wallets_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS transactions (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    wallet_id BIGINT UNSIGNED NOT NULL,
    type VARCHAR(16) NOT NULL,
    amount DECIMAL(38, 18) NOT NULL,
    locked_amount DECIMAL(38, 18) NOT NULL,
    status VARCHAR(16) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    KEY transactions_of (wallet_id, id),
    CONSTRAINT transactions_wallet FOREIGN KEY (wallet_id) REFERENCES wallets (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS orderbook_orders (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    instrument VARCHAR(32) NOT NULL,
    client_order_id VARCHAR(36) NULL,
    order_type VARCHAR(4) NOT NULL,
    order_subtype VARCHAR(16) NOT NULL,
    time_in_force VARCHAR(4) NOT NULL,
    price DECIMAL(38, 18) NULL,
    stop_price DECIMAL(38, 18) NULL,
    quote_amount DECIMAL(38, 18) NULL,
    quantity DECIMAL(38, 18) NOT NULL,
    remaining_quantity DECIMAL(38, 18) NOT NULL,
    filled_quantity DECIMAL(38, 18) NOT NULL,
    filled_quote DECIMAL(38, 18) NOT NULL,
    fee_paid DECIMAL(38, 18) NOT NULL,
    status VARCHAR(16) NOT NULL,
    status_reason VARCHAR(24) NULL,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    KEY orderbook_orders_of (user_id, created_at),
    KEY orderbook_orders_open (status, instrument, order_type),
    CONSTRAINT orderbook_orders_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS trades (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    instrument VARCHAR(32) NOT NULL,
    number BIGINT UNSIGNED NOT NULL,
    buy_order_id BIGINT UNSIGNED NOT NULL,
    sell_order_id BIGINT UNSIGNED NOT NULL,
    buyer_id BIGINT UNSIGNED NOT NULL,
    seller_id BIGINT UNSIGNED NOT NULL,
    quantity DECIMAL(38, 18) NOT NULL,
    price DECIMAL(38, 18) NOT NULL,
    notional DECIMAL(38, 18) NOT NULL,
    buyer_fee DECIMAL(38, 18) NOT NULL,
    seller_fee DECIMAL(38, 18) NOT NULL,
    taker_side VARCHAR(4) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    KEY trades_on (instrument, created_at),
    CONSTRAINT trades_buy_order FOREIGN KEY (buy_order_id) REFERENCES orderbook_orders (id),
    CONSTRAINT trades_sell_order FOREIGN KEY (sell_order_id) REFERENCES orderbook_orders (id),
    CONSTRAINT trades_buyer FOREIGN KEY (buyer_id) REFERENCES users (id),
    CONSTRAINT trades_seller FOREIGN KEY (seller_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS p2p_advertisements (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    ad_type VARCHAR(4) NOT NULL,
    currency VARCHAR(16) NOT NULL,
    fiat_currency VARCHAR(3) NOT NULL,
    price_type VARCHAR(8) NOT NULL,
    price DECIMAL(38, 18) NULL,
    margin_percent DECIMAL(38, 18) NULL,
    min_limit DECIMAL(38, 18) NOT NULL,
    max_limit DECIMAL(38, 18) NOT NULL,
    available_amount DECIMAL(38, 18) NOT NULL,
    payment_methods VARCHAR(255) NOT NULL,
    status VARCHAR(16) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    KEY p2p_advertisements_listed (currency, fiat_currency, ad_type, status),
    CONSTRAINT p2p_advertisements_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS escrow (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    seller_id BIGINT UNSIGNED NOT NULL,
    amount DECIMAL(38, 18) NOT NULL,
    currency VARCHAR(16) NOT NULL,
    status VARCHAR(16) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    KEY escrow_held (status, currency),
    CONSTRAINT escrow_seller FOREIGN KEY (seller_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS p2p_trades (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    advertisement_id BIGINT UNSIGNED NOT NULL,
    buyer_id BIGINT UNSIGNED NOT NULL,
    seller_id BIGINT UNSIGNED NOT NULL,
    escrow_id BIGINT UNSIGNED NOT NULL,
    currency VARCHAR(16) NOT NULL,
    fiat_currency VARCHAR(3) NOT NULL,
    payment_method VARCHAR(24) NOT NULL,
    amount DECIMAL(38, 18) NOT NULL,
    price DECIMAL(38, 18) NOT NULL,
    total_fiat DECIMAL(38, 18) NOT NULL,
    fee DECIMAL(38, 18) NOT NULL,
    status VARCHAR(16) NOT NULL,
    status_reason VARCHAR(24) NULL,
    disputed TINYINT UNSIGNED NOT NULL,
    created_at DATETIME(3) NOT NULL,
    sent_at DATETIME(3) NULL,
    ended_at DATETIME(3) NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    KEY p2p_trades_on (currency, fiat_currency, created_at),
    CONSTRAINT p2p_trades_advertisement FOREIGN KEY (advertisement_id) REFERENCES p2p_advertisements (id),
    CONSTRAINT p2p_trades_buyer FOREIGN KEY (buyer_id) REFERENCES users (id),
    CONSTRAINT p2p_trades_seller FOREIGN KEY (seller_id) REFERENCES users (id),
    CONSTRAINT p2p_trades_escrow FOREIGN KEY (escrow_id) REFERENCES escrow (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS reputation (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    trades_count BIGINT UNSIGNED NOT NULL,
    total_volume DECIMAL(38, 18) NOT NULL,
    rating DECIMAL(38, 18) NULL,
    reviews_count BIGINT UNSIGNED NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    UNIQUE KEY reputation_of (user_id),
    CONSTRAINT reputation_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A review may be of a trade that ended before the history that is kept, so it has no foreign key to it.
CREATE TABLE IF NOT EXISTS reviews (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    trade_id BIGINT UNSIGNED NOT NULL,
    reviewer_id BIGINT UNSIGNED NOT NULL,
    reviewed_id BIGINT UNSIGNED NOT NULL,
    rating TINYINT UNSIGNED NOT NULL,
    comment TEXT NULL,
    created_at DATETIME(3) NOT NULL,
    KEY reviews_trade (trade_id),
    CONSTRAINT reviews_reviewer FOREIGN KEY (reviewer_id) REFERENCES users (id),
    CONSTRAINT reviews_reviewed FOREIGN KEY (reviewed_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS disputes (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    trade_id BIGINT UNSIGNED NOT NULL,
    raised_by BIGINT UNSIGNED NULL,
    reason VARCHAR(32) NULL,
    status VARCHAR(24) NOT NULL,
    outcome VARCHAR(8) NULL,
    opened_at DATETIME(3) NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    CONSTRAINT disputes_trade FOREIGN KEY (trade_id) REFERENCES p2p_trades (id),
    CONSTRAINT disputes_user FOREIGN KEY (raised_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
