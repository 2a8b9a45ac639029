//! Codes: the stable names by which clients, reports and metrics know the values of closed enums. Each is
//! written once.

/// A closed enum whose values have codes.
pub trait Coded: Copy + 'static {
    /// Every code, in the order of the values.
    const CODES: &'static [&'static str];

    /// The value with this code.
    fn of_code(code: &str) -> Option<Self>;
}

/// Gives an enum its codes: `ALL`, `code`, `from_code` and [`Coded`]. Neither the order nor the names of
/// the values change by it, so records stay what they are.
macro_rules! codes {
    ($name:ident { $($variant:ident => $code:literal,)+ }) => {
        impl $name {
            /// Every value, in their order.
            pub const ALL: [$name; [$($code),+].len()] = [$($name::$variant),+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self {
                    $($name::$variant => $code,)+
                }
            }

            /// The value with this code.
            pub fn from_code(code: &str) -> Option<$name> {
                $name::ALL.into_iter().find(|value| value.code() == code)
            }
        }

        impl $crate::domain::code::Coded for $name {
            const CODES: &'static [&'static str] = &[$($code),+];

            fn of_code(code: &str) -> Option<$name> {
                $name::from_code(code)
            }
        }
    };
}

pub(crate) use codes;
