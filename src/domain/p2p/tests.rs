//! Tests of P2P trading.
