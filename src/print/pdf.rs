//! PDF: a sheet on pages of A4, as PDF/A-3 with its fonts in it, so that it reads the same everywhere and for as long as it is kept.
//! The same sheet at the same moment gives the same bytes.

use std::collections::BTreeSet;
use std::sync::Arc;

use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Data, Document, SerializeSettings};

use super::code::{Code, QUIET};
use super::picture::{Picture, PictureType};
use super::sheet::Sheet;

pub mod fonts;
pub mod layout;
mod metadata;
pub mod text;

use fonts::Fonts;
use layout::{Item, PAGE, Page};
use text::{Length, Run, Style};

/// A PDF could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the PDF could not be made: {0}")]
pub struct PdfFault(pub String);

/// The moment that a document says it was made at, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

/// A file that goes along in a PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub name: String,
    pub media_type: &'static str,
    pub description: String,
    pub bytes: Vec<u8>,
    /// Whether it says the same as the pages, rather than being what they were made of.
    pub is_alternative: bool,
    /// What the metadata say of it.
    pub metadata: Option<Extension>,
}

/// What metadata say beyond what every PDF says: `rdf:Description` elements, and the schema that describes them, an `rdf:li`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    pub descriptions: String,
    pub schema: String,
}

/// A PDF, and what there is to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdf {
    pub bytes: Vec<u8>,
    /// The characters that no font had.
    pub missing: BTreeSet<char>,
    /// How many pictures could not be drawn.
    pub undrawn: usize,
}

/// A sheet as PDF/A-3, with a file in it where one is to go along.
pub fn pdf(
    fonts: &mut Fonts,
    sheet: &Sheet,
    language: &str,
    made: Made,
    attachment: Option<&Attachment>,
) -> Result<Pdf, PdfFault> {
    let images: Vec<Option<Image>> = sheet.pictures.iter().map(image).collect();
    let drawn = |images: &[Option<Image>], fonts: &mut Fonts| {
        let sizes: Vec<_> = images.iter().map(|image| image.as_ref().map(Image::size)).collect();
        let pages = layout::pages(fonts, sheet, &sizes);
        written(fonts, sheet, language, made, attachment, &pages, images)
    };
    let (bytes, undrawn) = match drawn(&images, fonts) {
        Ok(bytes) => (bytes, images.iter().filter(|image| image.is_none()).count()),
        // A picture in colours that PDF/A does not have.
        Err(_) if images.iter().any(Option::is_some) => {
            let none = vec![None; images.len()];
            (drawn(&none, fonts)?, images.len())
        }
        Err(fault) => return Err(fault),
    };
    let bytes = match attachment.and_then(|attachment| attachment.metadata.as_ref()) {
        Some(extension) => metadata::extended(&bytes, extension)?,
        None => bytes,
    };
    Ok(Pdf { bytes, missing: fonts.take_missing(), undrawn })
}

fn image(picture: &Picture) -> Option<Image> {
    let data = Data::from(Arc::clone(&picture.bytes));
    let image = match picture.of {
        PictureType::Png => Image::from_png(data, false),
        PictureType::Jpeg => Image::from_jpeg(data, false),
    };
    image.ok()
}

fn written(
    fonts: &Fonts,
    sheet: &Sheet,
    language: &str,
    made: Made,
    attachment: Option<&Attachment>,
    pages: &[Page],
    images: &[Option<Image>],
) -> Result<Vec<u8>, PdfFault> {
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A3_B).finish();
    let configuration = configuration.map_err(|error| PdfFault(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let date = DateTime::new(made.year)
        .month(made.month)
        .day(made.day)
        .hour(made.hour)
        .minute(made.minute)
        .second(made.second)
        .utc_offset_hour(0);
    let mut metadata = Metadata::new()
        .title(sheet.title.clone())
        .language(language.to_owned())
        .creation_date(date)
        .producer("aftersales".to_owned())
        .document_id(format!("{} {}", sheet.kind, sheet.id));
    if !sheet.seller.name.is_empty() {
        metadata = metadata.authors(vec![sheet.seller.name.clone()]);
    }
    document.set_metadata(metadata);
    for page in pages {
        let settings = PageSettings::from_wh(points(PAGE.0), points(PAGE.1));
        let mut drawn = document.start_page_with(settings.ok_or_else(|| PdfFault("a page without a size".into()))?);
        let mut surface = drawn.surface();
        for item in page {
            draw(&mut surface, fonts, sheet, images, item);
        }
        surface.finish();
        drawn.finish();
    }
    if let Some(attachment) = attachment {
        let kind = if attachment.is_alternative { AssociationKind::Alternative } else { AssociationKind::Data };
        document.embed_file(EmbeddedFile {
            path: attachment.name.clone(),
            mime_type: MimeType::new(attachment.media_type),
            description: Some(attachment.description.clone()),
            association_kind: kind,
            data: Data::from(attachment.bytes.clone()),
            modification_date: Some(date),
            compress: None,
            location: None,
        });
    }
    document.finish().map_err(|error| PdfFault(format!("{error:?}")))
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, sheet: &Sheet, images: &[Option<Image>], item: &Item) {
    match item {
        Item::Text { x, y, line, style } => {
            surface.set_fill(Some(fill(if style.grey { GREY } else { BLACK })));
            for run in &line.runs {
                draw_run(surface, fonts, run, *style, x + run.x, *y);
            }
        }
        Item::Rule { x, y, width, dark } => {
            surface.set_fill(Some(fill(if *dark { BLACK } else { LIGHT })));
            rectangles(surface, [(*x, *y, *width, if *dark { 700 } else { 500 })]);
        }
        Item::Ground { x, y, width, height } => {
            surface.set_fill(Some(fill(GROUND)));
            rectangles(surface, [(*x, *y, *width, *height)]);
        }
        Item::Frame { x, y, width, height } => {
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { paint: rgb_of(BLACK).into(), width: 1.2, ..Stroke::default() }));
            rectangles(surface, [(*x, *y, *width, *height)]);
            surface.set_stroke(None);
        }
        Item::Code { x, y, size } => {
            if let Some(code) = &sheet.code {
                surface.set_fill(Some(fill(BLACK)));
                rectangles(surface, squares(code, *x, *y, *size));
            }
        }
        Item::Picture { x, y, width, height, picture } => {
            if let (Some(Some(image)), Some(size)) =
                (images.get(*picture), Size::from_wh(points(*width), points(*height)))
            {
                surface.push_transform(&Transform::from_translate(points(*x), points(*y)));
                surface.draw_image(image.clone(), size);
                surface.pop();
            }
        }
    }
}

/// The dark stretches of a code: left, top, width, height. Its squares end where the next begin.
fn squares(code: &Code, x: Length, y: Length, size: Length) -> Vec<(Length, Length, Length, Length)> {
    let all = Length::try_from(code.size()).unwrap_or(1);
    let at = |square: usize| Length::try_from(square + QUIET).unwrap_or_default() * size / all;
    let stretch = |(row, column, length): &(usize, usize, usize)| {
        let (left, right, top, bottom) = (at(*column), at(column + length), at(*row), at(row + 1));
        (x + left, y + top, right - left, bottom - top)
    };
    code.dark.iter().map(stretch).collect()
}

fn draw_run(surface: &mut Surface<'_>, fonts: &Fonts, run: &Run, style: Style, x: Length, y: Length) {
    let Some(face) = fonts.face(run.face) else { return };
    let em = |units: i64| part(units, face.units_per_em);
    let glyph = |glyph: &text::Glyph| {
        KrillaGlyph::new(
            GlyphId::new(glyph.id),
            em(glyph.advance),
            em(glyph.x),
            em(glyph.y),
            0.0,
            glyph.of.clone(),
            None,
        )
    };
    let glyphs: Vec<KrillaGlyph> = run.glyphs.iter().map(glyph).collect();
    let start = Point::from_xy(points(x), points(y));
    surface.draw_glyphs(start, &glyphs, face.drawn.clone(), &run.text, points(style.size), false);
}

fn rectangles(surface: &mut Surface<'_>, all: impl IntoIterator<Item = (Length, Length, Length, Length)>) {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in all {
        if let Some(rectangle) = Rect::from_xywh(points(x), points(y), points(width), points(height)) {
            path.push_rect(rectangle);
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

const BLACK: (u8, u8, u8) = (0x1a, 0x1a, 0x1a);
const GREY: (u8, u8, u8) = (0x5f, 0x5f, 0x5f);
const LIGHT: (u8, u8, u8) = (0xcc, 0xcc, 0xcc);
const GROUND: (u8, u8, u8) = (0xf1, 0xf1, 0xf1);

fn fill(color: (u8, u8, u8)) -> Fill {
    Fill { paint: rgb_of(color).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn rgb_of((red, green, blue): (u8, u8, u8)) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

/// A length as the PDF crate has it.
#[allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "where whole lengths are handed to a crate that draws"
)]
fn points(length: Length) -> f32 {
    length as f32 / 1000.0
}

#[allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "where whole lengths are handed to a crate that draws"
)]
fn part(units: i64, of: i64) -> f32 {
    units as f32 / of as f32
}
