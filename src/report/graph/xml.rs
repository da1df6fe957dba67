//! Elements one after the other, into text: a thin cover on quick-xml that cannot fail.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// An attribute.
pub(in crate::report) type Attribute<'a> = (&'a str, String);

/// XML that is being written.
pub(in crate::report) struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    pub(in crate::report) fn new() -> Xml {
        Xml {
            writer: Writer::new_with_indent(Vec::new(), b' ', 2),
        }
    }

    /// The line that says that this is XML.
    pub(in crate::report) fn declare(&mut self) {
        let declaration = BytesDecl::new("1.0", Some("UTF-8"), None);
        self.write(Event::Decl(declaration));
    }

    /// An element with what `inside` writes in it.
    pub(in crate::report) fn element(
        &mut self,
        name: &str,
        attributes: &[Attribute<'_>],
        inside: impl FnOnce(&mut Xml),
    ) {
        self.write(Event::Start(start(name, attributes)));
        inside(self);
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// An element with nothing in it.
    pub(in crate::report) fn empty(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        self.write(Event::Empty(start(name, attributes)));
    }

    /// An element with a text in it.
    pub(in crate::report) fn text(&mut self, name: &str, attributes: &[Attribute<'_>], text: &str) {
        let text = allowed(text);
        self.element(name, attributes, |xml| {
            xml.write(Event::Text(BytesText::new(&text)));
        });
    }

    /// An element with lines of text in it.
    pub(in crate::report) fn lines(
        &mut self,
        name: &str,
        attributes: &[Attribute<'_>],
        lines: &[String],
    ) {
        self.element(name, attributes, |xml| {
            for (number, line) in lines.iter().enumerate() {
                if number > 0 {
                    xml.write(Event::Empty(BytesStart::new("br")));
                }
                xml.write(Event::Text(BytesText::new(&allowed(line))));
            }
        });
    }

    /// What was written.
    pub(in crate::report) fn finish(self) -> String {
        let mut text = String::from_utf8(self.writer.into_inner()).expect("only text was written");
        text.push('\n');
        text
    }

    fn write(&mut self, event: Event<'_>) {
        let written = self.writer.write_event(event);
        written.expect("a vector takes everything");
    }
}

fn start<'a>(name: &'a str, attributes: &[Attribute<'_>]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, &*allowed(value)));
    }
    start
}

/// The text without the characters that XML has no way to write (XML 1.0, section 2.2).
fn allowed(text: &str) -> String {
    let known = |c: char| !c.is_control() || "\t\n\r".contains(c);
    let known = |c: char| known(c) && !"\u{fffe}\u{ffff}".contains(c);
    let allow = |c| if known(c) { c } else { '\u{fffd}' };
    text.chars().map(allow).collect()
}
