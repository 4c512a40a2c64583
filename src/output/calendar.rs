//! An appointment as calendars read it (RFC 5545). The few lines of one event are written here: the crates for calendars bring their
//! own clocks and random ids along, where these texts are the same whenever they are made.

/// An appointment. Moments are UTC, as `20261123T100000Z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is known by for good, in every calendar of the world.
    pub uid: String,
    /// When this was written.
    pub stamp: String,
    pub start: String,
    pub end: Option<String>,
    pub summary: String,
    pub description: String,
    /// Where it is; empty where nobody knows.
    pub location: String,
    pub is_cancelled: bool,
}

/// How many bytes a line has at most; a longer one goes on in the next, behind a blank.
const LONGEST: usize = 75;

/// A calendar with that one event.
pub fn calendar(event: &Event) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| fold(&mut text, &format!("{name}:{value}"));
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", "-//aftersales//aftersales//EN");
    line("METHOD", if event.is_cancelled { "CANCEL" } else { "PUBLISH" });
    line("BEGIN", "VEVENT");
    line("UID", &escaped(&event.uid));
    line("DTSTAMP", &event.stamp);
    line("DTSTART", &event.start);
    if let Some(end) = &event.end {
        line("DTEND", end);
    }
    line("SUMMARY", &escaped(&event.summary));
    for (name, value) in [("DESCRIPTION", &event.description), ("LOCATION", &event.location)] {
        if !value.is_empty() {
            line(name, &escaped(value));
        }
    }
    line("STATUS", if event.is_cancelled { "CANCELLED" } else { "CONFIRMED" });
    line("END", "VEVENT");
    line("END", "VCALENDAR");
    text
}

/// A text as a value: what would end it, or the line, is marked; other control characters are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.replace("\r\n", "\n").chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' | '\r' => escaped.push_str("\\n"),
            letter if letter.is_control() && letter != '\t' => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Writes a line in as many as it takes, none broken within a letter.
fn fold(text: &mut String, line: &str) {
    let mut room = LONGEST;
    for letter in line.chars() {
        if letter.len_utf8() > room {
            text.push_str("\r\n ");
            room = LONGEST - 1;
        }
        text.push(letter);
        room -= letter.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event() -> Event {
        Event {
            uid: "FS00001@desk".to_owned(),
            stamp: "20261123T100000Z".to_owned(),
            start: "20261124T090000Z".to_owned(),
            end: Some("20261124T110000Z".to_owned()),
            summary: "Lamp, flickers; \\ again\nand again".to_owned(),
            description: String::new(),
            location: String::new(),
            is_cancelled: false,
        }
    }

    #[test]
    fn an_event_is_written_line_by_line() {
        assert_eq!(
            calendar(&event()),
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//aftersales//aftersales//EN\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\n\
             UID:FS00001@desk\r\nDTSTAMP:20261123T100000Z\r\nDTSTART:20261124T090000Z\r\nDTEND:20261124T110000Z\r\n\
             SUMMARY:Lamp\\, flickers\\; \\\\ again\\nand again\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let cancelled = calendar(&Event { is_cancelled: true, end: None, ..event() });
        assert!(cancelled.contains("METHOD:CANCEL\r\n") && cancelled.contains("STATUS:CANCELLED\r\n"));
        assert!(!cancelled.contains("DTEND"));
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_text_it_stays_in_its_line(summary in any::<String>()) {
            let text = calendar(&Event { summary: summary.clone(), ..event() });
            let bare = calendar(&Event { summary: String::new(), ..event() });
            prop_assert!(text.split("\r\n").all(|line| line.len() <= LONGEST && !line.contains(['\r', '\n'])));
            // Unfolded it has the lines that it has without a text.
            let unfolded = text.replace("\r\n ", "");
            prop_assert_eq!(unfolded.matches("\r\n").count(), bare.matches("\r\n").count());
            let kept = unfolded.split("\r\n").find_map(|line| line.strip_prefix("SUMMARY:")).unwrap();
            let mut read = String::new();
            let mut letters = kept.chars();
            while let Some(letter) = letters.next() {
                match (letter, if letter == '\\' { letters.next() } else { None }) {
                    ('\\', Some('n')) => read.push('\n'),
                    ('\\', Some(other)) => read.push(other),
                    (letter, _) => read.push(letter),
                }
            }
            let told: String = summary.replace("\r\n", "\n").replace('\r', "\n").chars()
                .filter(|letter| !letter.is_control() || ['\t', '\n'].contains(letter)).collect();
            prop_assert_eq!(read, told);
        }
    }
}
