//! The fields of what maps are made of, by name. Only reports read them: no algorithm and no
//! detector does.

/// The fields of objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// What the objects are called, where a map lists them or allocates them.
    pub part: &'static str,
    /// How many bytes one of them has, if an object is an array of them; else 0.
    pub stride: u64,
    /// The fields of one.
    pub fields: Vec<Field>,
}

/// A field, or an array of equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where the first begins, in bytes.
    pub offset: u64,
    /// The size of each, in bytes.
    pub bytes: u64,
    /// How many there are, one after another.
    pub count: u64,
    /// The runtime's name.
    pub name: &'static str,
}

impl Field {
    /// A field.
    #[must_use]
    pub const fn one(offset: u64, bytes: u64, name: &'static str) -> Field {
        Field::array(offset, bytes, 1, name)
    }

    /// An array of `count` fields of `bytes` bytes each.
    #[must_use]
    pub const fn array(offset: u64, bytes: u64, count: u64, name: &'static str) -> Field {
        Field {
            offset,
            bytes,
            count,
            name,
        }
    }
}

impl Fields {
    /// An object that is no array.
    #[must_use]
    pub fn of(part: &'static str, fields: &[Field]) -> Fields {
        Fields {
            part,
            stride: 0,
            fields: fields.to_vec(),
        }
    }

    /// The element of an array that holds the byte at `offset`: where it begins, and its size;
    /// none if the object is no array.
    #[must_use]
    pub fn element(&self, offset: u64) -> Option<(u64, u64)> {
        let number = offset.checked_div(self.stride)?;
        Some((number * self.stride, self.stride))
    }

    /// The field that holds the byte at `offset`: `flags`, `key[2]`, `[1].elem[0]+8`.
    #[must_use]
    pub fn name(&self, offset: u64) -> Option<String> {
        let (number, within) = match self.stride {
            0 => (0, offset),
            stride => (offset / stride, offset % stride),
        };
        let holds = |field: &&Field| {
            let bytes = field.bytes.saturating_mul(field.count);
            field.bytes > 0 && within >= field.offset && within - field.offset < bytes
        };
        let field = self.fields.iter().find(holds)?;
        let within = within - field.offset;
        let mut name = match number {
            0 => String::new(),
            number => format!("[{number}]."),
        };
        name += field.name;
        if field.count > 1 {
            name += &format!("[{}]", within / field.bytes);
        }
        match within % field.bytes {
            0 => {}
            rest => name += &format!("+{rest}"),
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_go_by_name_element_and_rest() {
        let buckets = Fields {
            part: "buckets",
            stride: 48,
            fields: vec![
                Field::array(0, 1, 8, "tophash"),
                Field::array(8, 16, 2, "elem"),
                Field::one(40, 8, "overflow"),
            ],
        };
        let name = |offset| buckets.name(offset);
        assert_eq!(name(3).as_deref(), Some("tophash[3]"));
        assert_eq!(name(32).as_deref(), Some("elem[1]+8"));
        assert_eq!(name(48 + 40).as_deref(), Some("[1].overflow"));
        assert_eq!(buckets.element(50), Some((48, 48)));
        let header = Fields::of("header", &[Field::one(0, 8, "count")]);
        assert_eq!(header.name(8), None);
        assert_eq!(header.element(0), None);
    }
}
