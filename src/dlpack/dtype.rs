//! Element types as DLPack numbers them. All pass through exchange, also those that nothing here computes on.

use dlpark::ffi::{DLDataType, DLDataTypeCode};
use std::fmt;

/// DLPack's element type: code, bits of one lane, lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DType {
    pub code: u8,
    pub bits: u8,
    pub lanes: u16,
}

impl DType {
    pub const FLOAT32: DType = DType { code: 2, bits: 32, lanes: 1 };
    pub const FLOAT64: DType = DType { code: 2, bits: 64, lanes: 1 };
    pub const COMPLEX64: DType = DType { code: 5, bits: 64, lanes: 1 };
    pub const COMPLEX128: DType = DType { code: 5, bits: 128, lanes: 1 };
    pub const INT32: DType = DType { code: 0, bits: 32, lanes: 1 };

    /// Bits of one element, all its lanes.
    pub fn item_bits(self) -> u64 {
        u64::from(self.bits) * u64::from(self.lanes)
    }

    /// Bytes of one element, if they are whole bytes.
    pub fn item_bytes(self) -> Option<usize> {
        let bits = self.item_bits();
        if bits.is_multiple_of(8) { Some((bits / 8) as usize) } else { None }
    }

    /// Whether it is a bool or an integer.
    pub fn is_integer(self) -> bool {
        matches!(self.code, 0 | 1 | 6)
    }
}

impl From<DLDataType> for DType {
    fn from(raw: DLDataType) -> Self {
        DType { code: raw.code.0, bits: raw.bits, lanes: raw.lanes }
    }
}

impl From<DType> for DLDataType {
    fn from(dtype: DType) -> Self {
        DLDataType { code: DLDataTypeCode(dtype.code), bits: dtype.bits, lanes: dtype.lanes }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DType { code, bits, lanes } = *self;
        match DLDataTypeCode(code) {
            DLDataTypeCode::INT => write!(f, "int{bits}"),
            DLDataTypeCode::UINT => write!(f, "uint{bits}"),
            DLDataTypeCode::FLOAT => write!(f, "float{bits}"),
            DLDataTypeCode::OPAQUEHANDLE => write!(f, "opaque{bits}"),
            DLDataTypeCode::BFLOAT => write!(f, "bfloat{bits}"),
            DLDataTypeCode::COMPLEX => write!(f, "complex{bits}"),
            DLDataTypeCode::BOOL if bits == 8 => write!(f, "bool"),
            DLDataTypeCode::BOOL => write!(f, "bool{bits}"),
            _ => write!(f, "dtype code {code} of {bits} bits"),
        }?;
        if lanes == 1 { Ok(()) } else { write!(f, " x {lanes} lanes") }
    }
}
