//! Texts as lines of glyphs: which font has each character, in which direction it runs, where lines break. All lengths are whole
//! thousandths of a point, so that a page is the same on every machine.

use std::ops::Range;

use harfrust::{Direction, ShapeOptions, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};
use unicode_segmentation::UnicodeSegmentation as _;

use super::fonts::{FaceId, Fonts, Han, MISSING};

/// A length in thousandths of a point.
pub type Length = i64;

/// A point.
pub const POINT: Length = 1000;

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub size: Length,
    pub bold: bool,
    pub grey: bool,
}

impl Style {
    /// From one line to the next.
    pub fn leading(self) -> Length {
        self.size * 135 / 100
    }

    /// From the top of a line down to its baseline.
    pub fn ascent(self) -> Length {
        self.size * 105 / 100
    }
}

/// A glyph in its font's units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyph {
    pub id: u32,
    pub advance: i64,
    pub x: i64,
    pub y: i64,
    /// The bytes of the run's text that it stands for.
    pub of: Range<usize>,
}

/// Glyphs of one font that stand side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub face: FaceId,
    pub text: String,
    pub glyphs: Vec<Glyph>,
    /// From the beginning of the line.
    pub x: Length,
    pub width: Length,
}

/// A line of a text, from left to right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    pub runs: Vec<Run>,
    pub width: Length,
}

/// A text in lines that are no wider than `width`, unless a single character is.
pub fn lines(fonts: &mut Fonts, text: &str, style: Style, width: Length) -> Vec<Line> {
    text.split('\n').flat_map(|paragraph| Paragraph::of(fonts, paragraph, style).lines(fonts, width)).collect()
}

/// How wide a text is that is not broken.
pub fn width_of(fonts: &mut Fonts, text: &str, style: Style) -> Length {
    let line = |paragraph| {
        let paragraph = Paragraph::of(fonts, paragraph, style);
        paragraph.line(fonts, 0..paragraph.text.len()).width
    };
    text.split('\n').map(line).max().unwrap_or_default()
}

/// A text that is one paragraph.
struct Paragraph {
    text: String,
    style: Style,
    /// Which font has which bytes, in their order.
    faces: Vec<(Range<usize>, FaceId)>,
}

impl Paragraph {
    fn of(fonts: &mut Fonts, given: &str, style: Style) -> Paragraph {
        let mut text = String::with_capacity(given.len());
        let mut faces: Vec<(Range<usize>, FaceId)> = Vec::new();
        let han = Han::of(given);
        for cluster in given.graphemes(true) {
            let before = faces.last().map(|(_, face)| *face);
            let start = text.len();
            let face = match fonts.find(cluster, style.bold, before, han) {
                Some(face) => {
                    text.push_str(cluster);
                    face
                }
                None => {
                    text.push(MISSING);
                    usize::from(style.bold)
                }
            };
            match faces.last_mut() {
                Some((range, known)) if *known == face => range.end = text.len(),
                _ => faces.push((start..text.len(), face)),
            }
        }
        Paragraph { text, style, faces }
    }

    /// Breaks it where the rules of Unicode allow it; a word that is wider than a line is broken where it must be.
    fn lines(&self, fonts: &Fonts, width: Length) -> Vec<Line> {
        if self.text.is_empty() {
            return vec![Line::default()];
        }
        let offsets = self.offsets(fonts);
        let wide = |range: &Range<usize>| {
            let trimmed = self.text.get(range.clone()).map_or(0, |text| text.trim_end().len());
            offset_at(&offsets, range.start + trimmed) - offset_at(&offsets, range.start)
        };
        let mut lines: Vec<Range<usize>> = Vec::new();
        let mut line = 0..0;
        for (end, _) in unicode_linebreak::linebreaks(&self.text) {
            if wide(&(line.start..end)) <= width {
                line.end = end;
                continue;
            }
            if line.end > line.start {
                lines.push(line.clone());
                line = line.end..line.end;
            }
            // What is wider than a line alone begins on one of its own and goes on from there.
            let part = self.text.get(line.start..end).unwrap_or_default();
            for (place, cluster) in
                part.grapheme_indices(true).map(|(place, cluster)| (line.start + place, cluster)).collect::<Vec<_>>()
            {
                let until = place + cluster.len();
                if line.end > line.start && wide(&(line.start..until)) > width {
                    lines.push(line.clone());
                    line = place..place;
                }
                line.end = until;
            }
        }
        if line.end > line.start || lines.is_empty() {
            lines.push(line);
        }
        lines.into_iter().map(|range| self.line(fonts, range)).collect()
    }

    /// Where each character begins that glyphs stand for, in lengths from the beginning of the text, as if it ran left to right.
    fn offsets(&self, fonts: &Fonts) -> Vec<(usize, Length)> {
        let mut widths: Vec<(usize, Length)> = Vec::new();
        for (range, run) in self.visual(fonts, 0..self.text.len()) {
            let units = fonts.face(run.face).map_or(1, |face| face.units_per_em);
            for glyph in &run.glyphs {
                widths.push((range.start + glyph.of.start, glyph.advance * self.style.size / units));
            }
        }
        widths.sort_unstable_by_key(|(place, _)| *place);
        let mut sum = 0;
        for (_, width) in &mut widths {
            (*width, sum) = (sum, sum + *width);
        }
        widths.dedup_by_key(|(place, _)| *place);
        widths.push((self.text.len(), sum));
        widths
    }

    /// A range of it as one line.
    fn line(&self, fonts: &Fonts, range: Range<usize>) -> Line {
        let trimmed = self.text.get(range.clone()).map_or(0, |text| text.trim_end().len());
        let mut line = Line::default();
        for (_, mut run) in self.visual(fonts, range.start..range.start + trimmed) {
            run.x = line.width;
            line.width += run.width;
            line.runs.push(run);
        }
        line
    }

    /// The runs of a range from left to right, each with the bytes that it stands for.
    fn visual(&self, fonts: &Fonts, range: Range<usize>) -> Vec<(Range<usize>, Run)> {
        let mut runs = Vec::new();
        if range.is_empty() {
            return runs;
        }
        if self.text.get(range.clone()).is_some_and(|text| text.chars().all(is_plain)) {
            self.push_runs(fonts, range, Level::ltr(), &mut runs);
            return runs;
        }
        let bidi = BidiInfo::new(&self.text, None);
        for paragraph in &bidi.paragraphs {
            let within = range.start.max(paragraph.range.start)..range.end.min(paragraph.range.end);
            if within.is_empty() {
                continue;
            }
            let (levels, visual) = bidi.visual_runs(paragraph, within);
            for part in visual {
                let level = levels.get(part.start).copied().unwrap_or(Level::ltr());
                self.push_runs(fonts, part, level, &mut runs);
            }
        }
        runs
    }

    fn push_runs(&self, fonts: &Fonts, part: Range<usize>, level: Level, runs: &mut Vec<(Range<usize>, Run)>) {
        let within = |(range, face): &(Range<usize>, FaceId)| {
            let range = range.start.max(part.start)..range.end.min(part.end);
            (!range.is_empty()).then_some((range, *face))
        };
        let mut parts: Vec<_> = self.faces.iter().filter_map(within).collect();
        if level.is_rtl() {
            parts.reverse();
        }
        for (range, face) in parts {
            if let Some(run) = self.shape(fonts, range.clone(), face, level) {
                runs.push((range, run));
            }
        }
    }

    fn shape(&self, fonts: &Fonts, range: Range<usize>, id: FaceId, level: Level) -> Option<Run> {
        let text = self.text.get(range)?;
        let face = fonts.face(id)?;
        let direction = if level.is_rtl() { Direction::RightToLeft } else { Direction::LeftToRight };
        let shaped = face.shaped(|shaper| {
            let mut buffer = UnicodeBuffer::new();
            buffer.push_str(text);
            buffer.guess_segment_properties();
            buffer.set_direction(direction);
            shaper.shape(buffer, ShapeOptions::new())
        })?;
        let clusters: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        let end_of =
            |cluster: usize| clusters.iter().copied().filter(|other| *other > cluster).min().unwrap_or(text.len());
        // In most texts each glyph is a cluster, and the next one tells its end.
        let mut ends: Vec<usize> = Vec::with_capacity(clusters.len());
        for (place, cluster) in clusters.iter().enumerate() {
            let next = if level.is_rtl() { place.checked_sub(1) } else { Some(place + 1) };
            let beside = next.and_then(|next| clusters.get(next)).copied();
            ends.push(match beside {
                Some(beside) if beside > *cluster => beside,
                _ => end_of(*cluster),
            });
        }
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions()).zip(clusters.iter().zip(ends));
        let glyphs: Vec<Glyph> = glyphs
            .map(|((info, position), (start, end))| Glyph {
                id: info.glyph_id,
                advance: position.x_advance.into(),
                x: position.x_offset.into(),
                y: position.y_offset.into(),
                of: *start..end,
            })
            .collect();
        let advance: i64 = glyphs.iter().map(|glyph| glyph.advance).sum();
        let width = advance * self.style.size / face.units_per_em;
        Some(Run { face: id, text: text.to_owned(), glyphs, x: 0, width })
    }
}

/// Whether it is written from left to right whatever stands beside it.
fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{24f}' | '\u{370}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}' | '\u{202f}' | '\u{2013}'..='\u{2026}')
}

/// The length from the beginning of a text to that byte of it.
fn offset_at(offsets: &[(usize, Length)], place: usize) -> Length {
    let known = offsets.partition_point(|(known, _)| *known < place);
    offsets.get(known).or(offsets.last()).map_or(0, |(_, offset)| *offset)
}
