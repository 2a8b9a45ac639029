//! Figures that count something: a price counts ticks. A type for each keeps one from being taken for
//! another; inside of a type they are integers that add up.

/// Makes a type for a figure. It is one integer in records and digests, as a bare one would be. What goes
/// wrong in a sum stops the process, since releases check overflows.
macro_rules! figure {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone,
            Copy,
            Debug,
            Default,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            serde::Serialize,
            serde::Deserialize,
        )]
        pub struct $name(i64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: $name = $name(0);

            /// So many.
            #[inline]
            pub const fn new(count: i64) -> $name {
                $name(count)
            }

            /// The sum, or the most there can be.
            #[inline]
            pub const fn saturating_add(self, other: $name) -> $name {
                $name(self.0.saturating_add(other.0))
            }

            /// How many.
            #[inline]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for i128 {
            #[inline]
            fn from(figure: $name) -> i128 {
                figure.0.into()
            }
        }

        impl TryFrom<i128> for $name {
            type Error = std::num::TryFromIntError;

            fn try_from(count: i128) -> Result<$name, Self::Error> {
                i64::try_from(count).map($name)
            }
        }

        impl std::ops::Add for $name {
            type Output = $name;

            #[inline]
            fn add(self, other: $name) -> $name {
                $name(self.0 + other.0)
            }
        }

        impl std::ops::Sub for $name {
            type Output = $name;

            #[inline]
            fn sub(self, other: $name) -> $name {
                $name(self.0 - other.0)
            }
        }

        impl std::ops::Neg for $name {
            type Output = $name;

            #[inline]
            fn neg(self) -> $name {
                $name(-self.0)
            }
        }

        impl std::ops::AddAssign for $name {
            #[inline]
            fn add_assign(&mut self, other: $name) {
                self.0 += other.0;
            }
        }

        impl std::ops::SubAssign for $name {
            #[inline]
            fn sub_assign(&mut self, other: $name) {
                self.0 -= other.0;
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = $name>>(figures: I) -> $name {
                figures.fold($name::ZERO, |sum, figure| sum + figure)
            }
        }
    };
}

pub(crate) use figure;
