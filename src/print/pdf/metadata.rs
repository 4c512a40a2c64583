//! More in the metadata of a PDF that is made already: they stand in it as they are, so they can be lengthened when the numbers are
//! moved along that tell how long they are and where what follows them begins.

use super::{Extension, PdfFault};

/// How long an entry of the table is that tells where objects begin.
const ENTRY: usize = 20;

/// The PDF with the descriptions and the schema of `extension` in its metadata.
pub fn extended(bytes: &[u8], extension: &Extension) -> Result<Vec<u8>, PdfFault> {
    lengthened(bytes, extension).ok_or_else(|| PdfFault("its metadata are not where they are looked for".to_owned()))
}

fn lengthened(bytes: &[u8], extension: &Extension) -> Option<Vec<u8>> {
    let kind = rfind(bytes, b"/Type/Metadata/Subtype/XML")?;
    let length = rfind(bytes.get(..kind)?, b"/Length ")? + b"/Length ".len();
    let digits = bytes.get(length..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let known: usize = number(bytes.get(length..length + digits)?)?;
    let start = kind + find(bytes.get(kind..)?, b"stream\n")? + b"stream\n".len();
    let metadata = std::str::from_utf8(bytes.get(start..start + known)?).ok()?;
    let longer = with(metadata, extension)?;

    let mut made = bytes.get(..length)?.to_vec();
    made.extend(longer.len().to_string().as_bytes());
    made.extend(bytes.get(length + digits..start)?);
    made.extend(longer.as_bytes());
    made.extend(bytes.get(start + known..)?);
    let by = made.len().checked_sub(bytes.len())?;
    moved(made, start, by)
}

/// The metadata with more in them.
fn with(metadata: &str, extension: &Extension) -> Option<String> {
    let (before, end) = metadata.rsplit_once("</rdf:RDF>")?;
    // The schemas that describe what is said are one list.
    let (before, described) = match before.rsplit_once("</rdf:Bag></pdfaExtension:schemas>") {
        Some((schemas, after)) => {
            (format!("{schemas}{}</rdf:Bag></pdfaExtension:schemas>{after}", extension.schema), String::new())
        }
        None => {
            let described = format!(
                "<rdf:Description rdf:about=\"\" xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\" \
                 xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\" \
                 xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">\
                 <pdfaExtension:schemas><rdf:Bag>{}</rdf:Bag></pdfaExtension:schemas></rdf:Description>",
                extension.schema
            );
            (before.to_owned(), described)
        }
    };
    Some(format!("{before}{}{described}</rdf:RDF>{end}", extension.descriptions))
}

/// Moves on by so many bytes where the table says that objects behind `place` begin, and where the table itself does.
fn moved(mut bytes: Vec<u8>, place: usize, by: usize) -> Option<Vec<u8>> {
    let told = rfind(&bytes, b"startxref\n")? + b"startxref\n".len();
    let digits = bytes.get(told..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let table = number(bytes.get(told..told + digits)?)? + by;
    let mut line = table;
    // `xref`, then the first object and how many there are.
    for _ in 0..2 {
        line += find(bytes.get(line..)?, b"\n")? + 1;
    }
    if !bytes.get(table..)?.starts_with(b"xref") {
        return None;
    }
    while bytes.get(line + 17) == Some(&b'n') || bytes.get(line + 17) == Some(&b'f') {
        let begins = number(bytes.get(line..line + 10)?)?;
        if begins > place && bytes.get(line + 17) == Some(&b'n') {
            bytes.get_mut(line..line + 10)?.copy_from_slice(format!("{:010}", begins + by).as_bytes());
        }
        line += ENTRY;
    }
    bytes.splice(told..told + digits, table.to_string().into_bytes());
    Some(bytes)
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::pdf::fonts::Fonts;
    use crate::print::pdf::{Attachment, Made, pdf};
    use crate::print::sheet::Sheet;

    #[test]
    fn what_is_said_more_is_in_the_metadata_and_every_object_where_the_table_says() {
        let said = "<rdf:Description rdf:about=\"\" xmlns:x=\"urn:x\"><x:said>more</x:said></rdf:Description>";
        let extension = Extension { descriptions: said.repeat(40), schema: "<rdf:li>a schema</rdf:li>".to_owned() };
        let attachment = Attachment {
            name: "more.xml".to_owned(),
            media_type: "text/xml",
            description: "More".to_owned(),
            bytes: b"<more/>".to_vec(),
            is_alternative: true,
            metadata: Some(extension),
        };
        let sheet = Sheet { kind: "invoice", title: "Invoice 1".to_owned(), ..Sheet::default() };
        let made = Made { year: 2026, month: 11, day: 23, hour: 10, minute: 0, second: 0 };
        let bytes = pdf(&mut Fonts::built_in().unwrap(), &sheet, "en", made, Some(&attachment)).unwrap().bytes;
        assert_eq!(String::from_utf8_lossy(&bytes).matches("<x:said>more</x:said>").count(), 40);
        assert!(find(&bytes, b"<rdf:li>a schema</rdf:li></rdf:Bag></pdfaExtension:schemas>").is_some());

        let told = String::from_utf8_lossy(&bytes[rfind(&bytes, b"startxref\n").unwrap() + 10..]).into_owned();
        let table: usize = told.lines().next().unwrap().parse().unwrap();
        let rest = String::from_utf8_lossy(&bytes[table..]).into_owned();
        let mut lines = rest.lines();
        assert_eq!(lines.next(), Some("xref"));
        let objects = lines.skip(1).take_while(|line| line.ends_with(['n', 'f'])).enumerate();
        let mut seen = 0;
        for (object, line) in objects.filter(|(_, line)| line.ends_with('n')) {
            let begins: usize = line[..10].parse().unwrap();
            assert!(
                bytes[begins..].starts_with(format!("{object} 0 obj").as_bytes()),
                "object {object} is not at {begins}"
            );
            seen += 1;
        }
        assert!(seen > 5, "objects are where they were looked for");
    }
}
