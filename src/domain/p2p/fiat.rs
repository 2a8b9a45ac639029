//! Fiat currencies, which move outside the exchange, and the ways of paying with them.

use serde::{Deserialize, Serialize};

use crate::domain::code::codes;
use crate::domain::money::{Amount, NumberError, parse_scaled, print_scaled};

/// A fiat currency by its three letters (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fiat([u8; 3]);

/// Currencies without a minor unit.
const WHOLE: [&str; 6] = ["CLP", "ISK", "JPY", "KRW", "PYG", "VND"];

/// The largest fiat amount of a trade or a limit, in minor units.
pub const FIAT_MAX: Amount = Amount::new(100_000_000_000_000_000);

impl Fiat {
    /// The currency with this code: three capital letters.
    pub fn from_code(code: &str) -> Option<Fiat> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Fiat(letters))
    }

    /// As on the wire.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Decimals of a minor unit.
    pub fn scale(&self) -> u32 {
        if WHOLE.contains(&self.code()) { 0 } else { 2 }
    }

    /// `amount` in plain notation at the full scale: `500.00`.
    pub fn print(&self, amount: Amount) -> String {
        print_scaled(i128::from(amount), self.scale())
    }

    /// Reads an amount in plain notation.
    pub fn parse(&self, text: &str) -> Result<Amount, NumberError> {
        let scaled = parse_scaled(text, self.scale())?;
        Amount::try_from(scaled).ok().filter(|a| *a <= FIAT_MAX).ok_or(NumberError::TooLarge)
    }
}

/// How fiat is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum PaymentMethod {
    BankTransfer,
    InstantTransfer,
    Sepa,
    Card,
    CashDeposit,
    EWallet,
    MobileMoney,
    GiftCard,
}

codes!(PaymentMethod {
    BankTransfer => "BANK_TRANSFER",
    InstantTransfer => "INSTANT_TRANSFER",
    Sepa => "SEPA",
    Card => "CARD",
    CashDeposit => "CASH_DEPOSIT",
    EWallet => "E_WALLET",
    MobileMoney => "MOBILE_MONEY",
    GiftCard => "GIFT_CARD",
});

impl PaymentMethod {
    /// The longest payment window that an ad with this method may give.
    pub fn longest_window_secs(self) -> u32 {
        match self {
            PaymentMethod::BankTransfer | PaymentMethod::Sepa | PaymentMethod::CashDeposit => {
                PAYMENT_WINDOW_SECS_MAX
            }
            PaymentMethod::GiftCard => 7_200,
            PaymentMethod::InstantTransfer
            | PaymentMethod::Card
            | PaymentMethod::EWallet
            | PaymentMethod::MobileMoney => 3_600,
        }
    }
}

/// The shortest payment window that an ad may give.
pub const PAYMENT_WINDOW_SECS_MIN: u32 = 300;
/// The longest payment window that any ad may give.
pub const PAYMENT_WINDOW_SECS_MAX: u32 = 21_600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_nothing_else_is_one() {
        for method in PaymentMethod::ALL {
            assert_eq!(PaymentMethod::from_code(method.code()), Some(method));
        }
        assert_eq!(PaymentMethod::from_code("CHEQUE"), None);
        let usd = Fiat::from_code("USD").unwrap();
        assert_eq!((usd.code(), usd.print(Amount::new(50_000))), ("USD", "500.00".into()));
        assert_eq!(Fiat::from_code("JPY").unwrap().parse("500"), Ok(Amount::new(500)));
        assert!(["", "US", "usd", "USDT", "ÄB"].iter().all(|code| Fiat::from_code(code).is_none()));
    }
}
