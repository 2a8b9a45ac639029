//! The bytes of a record's payload: the fields of a fact in their order, small numbers in one byte.
//!
//! A number below 251 is itself; above, a byte says how many follow (251: 2, 252: 4, 253: 8, 254: 16),
//! least first. Signed ones are doubled first, so that the last bit is the sign. Lists, texts and maps
//! have their length before them, an option 0 or 1, an enum its variant's number; structs and tuples
//! have nothing. That is the format that the codec decodes; this only writes it, several times faster
//! than a writer that takes any sink, since every fact is encoded by the actor that decided it.
//!
//! Facts hold no floats and no characters, and whoever adds one is told so by the first test.

use std::fmt::Error;

use serde::{Serialize, Serializer, ser};

/// The most bytes of one number.
const NUMBER_MAX: usize = 17;
/// Enough for most records.
const ROOM: usize = 256;

/// `head`, and behind it the payload of `value`.
///
/// # Errors
/// Where it holds what has no encoding here.
pub(super) fn record(head: &[u8], value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut writer = Writer { desk: vec![0; ROOM], at: 0 };
    writer.bytes(head);
    value.serialize(&mut writer)?;
    // Not copied to a vector of its length: reading bytes in one go that were just written one by one
    // waits for every one of them.
    writer.desk.truncate(writer.at);
    Ok(writer.desk)
}

struct Writer {
    /// Longer than what is written, so that most writing needs no more than a look at its length.
    desk: Vec<u8>,
    at: usize,
}

type Done = Result<(), Error>;

impl Writer {
    /// Room for `N` bytes; what is used of it is the caller's to say.
    #[inline]
    fn room<const N: usize>(&mut self) -> &mut [u8; N] {
        if self.desk.len() < self.at + N {
            self.grow(N);
        }
        let room = self.desk[self.at..].first_chunk_mut();
        room.expect("it has just been made")
    }

    #[cold]
    fn grow(&mut self, by: usize) {
        self.desk.resize((self.at + by).next_power_of_two(), 0);
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> Done {
        *self.room() = [byte];
        self.at += 1;
        Ok(())
    }

    /// Writes all eight bytes and counts those that the number needs: no branch to mispredict.
    #[inline]
    fn number(&mut self, number: u64) -> Done {
        let class = u8::from(number > 250)
            + u8::from(number > u64::from(u16::MAX))
            + u8::from(number > u64::from(u32::MAX));
        let [head, tail @ ..] = self.room::<9>();
        (*head, *tail) = match class {
            0 => (number as u8, number.to_le_bytes()),
            _ => (250 + class, number.to_le_bytes()),
        };
        self.at += [1, 3, 5, 9][usize::from(class)];
        Ok(())
    }

    #[inline]
    fn long_number(&mut self, number: u128) -> Done {
        if let Ok(number) = u64::try_from(number) {
            return self.number(number);
        }
        let [head, tail @ ..] = self.room::<NUMBER_MAX>();
        (*head, *tail) = (254, number.to_le_bytes());
        self.at += NUMBER_MAX;
        Ok(())
    }

    fn length(&mut self, length: Option<usize>) -> Done {
        self.number(length.ok_or(Error)? as u64)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if self.desk.len() < self.at + bytes.len() {
            self.grow(bytes.len());
        }
        self.desk[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }
}

impl Serializer for &mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    #[inline]
    fn serialize_bool(self, value: bool) -> Done {
        self.serialize_u8(u8::from(value))
    }

    #[inline]
    fn serialize_i8(self, value: i8) -> Done {
        self.serialize_u8(value as u8)
    }

    #[inline]
    fn serialize_i16(self, value: i16) -> Done {
        self.serialize_i64(i64::from(value))
    }

    #[inline]
    fn serialize_i32(self, value: i32) -> Done {
        self.serialize_i64(i64::from(value))
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Done {
        self.number((value << 1 ^ value >> 63) as u64)
    }

    #[inline]
    fn serialize_i128(self, value: i128) -> Done {
        self.long_number((value << 1 ^ value >> 127) as u128)
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Done {
        self.byte(value)
    }

    #[inline]
    fn serialize_u16(self, value: u16) -> Done {
        self.number(u64::from(value))
    }

    #[inline]
    fn serialize_u32(self, value: u32) -> Done {
        self.number(u64::from(value))
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Done {
        self.number(value)
    }

    #[inline]
    fn serialize_u128(self, value: u128) -> Done {
        self.long_number(value)
    }

    fn serialize_f32(self, _: f32) -> Done {
        Err(Error)
    }

    fn serialize_f64(self, _: f64) -> Done {
        Err(Error)
    }

    fn serialize_char(self, _: char) -> Done {
        Err(Error)
    }

    fn serialize_str(self, value: &str) -> Done {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        self.number(value.len() as u64)?;
        self.bytes(value);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Done {
        self.serialize_u8(0)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        self.byte(1)?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, variant: u32, _: &'static str) -> Done {
        self.serialize_u32(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T>(self, _: &'static str, value: &T) -> Done
    where
        T: Serialize + ?Sized,
    {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T>(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        value: &T,
    ) -> Done
    where
        T: Serialize + ?Sized,
    {
        self.number(u64::from(variant))?;
        value.serialize(self)
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Error> {
        self.length(length)?;
        Ok(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.number(u64::from(variant))?;
        Ok(self)
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Result<Self, Error> {
        self.length(length)?;
        Ok(self)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.number(u64::from(variant))?;
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// What is made of parts is written part by part.
macro_rules! parts {
    ($($compound:ident: $part:ident($($key:ty)?)),*) => {
        $(impl ser::$compound for &mut Writer {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $part<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Done {
                value.serialize(&mut **self)
            }

            #[inline]
            fn end(self) -> Done {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq: serialize_element(),
    SerializeTuple: serialize_element(),
    SerializeTupleStruct: serialize_field(),
    SerializeTupleVariant: serialize_field(),
    SerializeStruct: serialize_field(&'static str),
    SerializeStructVariant: serialize_field(&'static str)
}

impl ser::SerializeMap for &mut Writer {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(&mut **self)
    }

    fn end(self) -> Done {
        Ok(())
    }
}
