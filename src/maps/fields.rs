//! The fields of what maps are made of, by name. Only reports read them: no algorithm and no
//! detector does.

use super::walk::Peek;
use crate::memory::Addr;

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
    /// Whether it leads to another object.
    pub link: Link,
}

/// How a field leads to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It does not.
    None,
    /// By its address; the lowest three bits can be marks.
    Address,
    /// By the distance from here in units of 8 bytes, in 4 bytes; 0 leads nowhere.
    Narrow(Addr),
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
            link: Link::None,
        }
    }

    /// An address of 8 bytes.
    #[must_use]
    pub const fn pointer(offset: u64, name: &'static str) -> Field {
        Field::one(offset, 8, name).linking(Link::Address)
    }

    /// The same field, or each of the same array, as a link.
    #[must_use]
    pub const fn linking(self, link: Link) -> Field {
        Field { link, ..self }
    }

    /// Where the link at `addr` leads; none if it leads nowhere, or is none.
    #[must_use]
    pub fn target(&self, memory: &Peek<'_>, addr: Addr) -> Option<Addr> {
        let target = match self.link {
            Link::None => return None,
            Link::Address => Addr(memory.word(addr) & !7),
            Link::Narrow(base) => match memory.load(addr, 4).unwrap_or(0) {
                0 => return None,
                distance => base + (distance << 3),
            },
        };
        (target != Addr(0)).then_some(target)
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

    /// All fields in the first `bytes` bytes of an object, each with its offset.
    pub fn each(&self, bytes: u64) -> impl Iterator<Item = (u64, &Field)> {
        let stride = if self.stride == 0 { bytes } else { self.stride };
        let elements = (0..bytes).step_by(stride.max(1) as usize);
        elements.flat_map(move |element| {
            self.fields.iter().flat_map(move |field| {
                let offsets = (0..field.count).map(move |nth| nth.saturating_mul(field.bytes));
                let offsets = offsets.map(move |at| element + field.offset + at);
                let within = move |at: &u64| at.saturating_add(field.bytes) <= bytes;
                offsets.take_while(within).map(move |at| (at, field))
            })
        })
    }

    /// Whether one of its fields leads to another object.
    #[must_use]
    pub fn has_links(&self) -> bool {
        self.fields.iter().any(|field| field.link != Link::None)
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
