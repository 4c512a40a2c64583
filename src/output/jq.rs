//! `--jq`: what is printed is what an expression in the jq language makes of the JSON.
//!
//! The language is jaq's, less what would make the same store print other bytes elsewhere: the environment and local time.
//! `now` is the run's own moment.

use std::io::{self, Write};

use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::native::Fun;
use jaq_core::{Compiler, Ctx, Vars, compile};
use jaq_json::Val;

/// A value on its way through an expression.
pub type Input = Val;

/// An expression, checked and ready to run.
pub struct Filter(jaq_core::Filter<JustLut<Val>>);

/// Why an expression printed nothing.
#[derive(Debug)]
pub enum FilterError {
    /// The expression fails on what it was given, in a sentence.
    Expression(String),
    /// The stream would not take it.
    Stream(io::Error),
}

impl From<io::Error> for FilterError {
    fn from(error: io::Error) -> Self {
        FilterError::Stream(error)
    }
}

/// What jq knows and jaq's libraries leave to the program: rows of lists.
const ROWS: &str = r#"
    def replaced($old; $new): split($old) | join($new);
    def @csv: map(if type == "string" then "\"" + replaced("\""; "\"\"") + "\"" elif . == null then "" else tojson end) | join(",");
    def @tsv: map(if type == "string" then replaced("\\"; "\\\\") | replaced("\t"; "\\t") | replaced("\n"; "\\n") | replaced("\r"; "\\r")
        elif . == null then "" else tojson end) | join("\t");
"#;

/// Functions that would look outside.
const LEFT_OUT: &[&str] = &["env", "now", "localtime", "strflocaltime"];

impl Filter {
    /// Compiles an expression in which `now` is that many seconds after 1970; a fault is told in a sentence.
    pub fn compile(expression: &str, now: i64) -> Result<Filter, String> {
        // A definition lives as long as the program, which runs one expression.
        let now: &'static str = format!("def now: {now};").leak();
        let own = [now, ROWS].into_iter().filter_map(|text| load::parse(text, |parser| parser.defs())).flatten();
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(own);
        let inside = |(name, ..): &Fun<JustLut<Val>>| !LEFT_OUT.contains(name);
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs()).filter(inside);
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, File { code: expression, path: () })
            .map_err(|faults| first(faults.into_iter().map(|(_, fault)| unread(fault))))?;
        let filter = Compiler::default()
            .with_funs(functions)
            .compile(modules)
            .map_err(|faults| first(faults.into_iter().flat_map(|(_, faults)| faults).map(undefined)))?;
        Ok(Filter(filter))
    }

    /// Prints what the expression makes of a value: a text as it is, all else as JSON, one a line.
    pub fn run(&self, input: Input, out: &mut dyn Write) -> Result<(), FilterError> {
        let context = Ctx::<JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        for made in self.0.id.run((context, input)) {
            match made {
                Ok(Val::TStr(text)) => {
                    out.write_all(&text)?;
                    writeln!(out)?;
                }
                Ok(value) => writeln!(out, "{value}")?,
                Err(exception) => return Err(FilterError::Expression(stopped(exception))),
            }
        }
        Ok(())
    }
}

/// JSON as a value for an expression.
pub fn input(json: &str) -> Result<Input, FilterError> {
    jaq_json::read::parse_single(json.as_bytes()).map_err(|error| FilterError::Expression(error.to_string()))
}

/// Many values as the array that a list is.
pub fn array(values: Vec<Input>) -> Input {
    values.into_iter().collect()
}

fn first(mut faults: impl Iterator<Item = String>) -> String {
    faults.next().unwrap_or_else(|| "it cannot be read".to_owned())
}

fn unread(fault: load::Error<&str>) -> String {
    let told = match &fault {
        load::Error::Io(faults) => faults.first().map(|(file, _)| format!("{file} is a file, and none is read here")),
        load::Error::Lex(faults) => faults.first().map(|(wanted, at)| instead(wanted.as_str(), at)),
        load::Error::Parse(faults) => faults.first().map(|(wanted, at)| instead(wanted.as_str(), at)),
    };
    first(told.into_iter())
}

fn instead(wanted: &str, at: &str) -> String {
    if at.is_empty() {
        format!("a {wanted} is missing at its end")
    } else {
        format!("a {wanted} is needed before {at:?}")
    }
}

fn undefined((name, kind): compile::Error<&str>) -> String {
    format!("there is no {} {name}", kind.as_str())
}

fn stopped(exception: jaq_core::Exn<'_, Val>) -> String {
    match exception.get_err() {
        Ok(error) => error.to_string(),
        Err(_) => "it halts".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(expression: &str, json: &str) -> Result<String, String> {
        let filter = Filter::compile(expression, 1_763_892_000)?;
        let mut out = Vec::new();
        match filter.run(input(json).unwrap(), &mut out) {
            Ok(()) => Ok(String::from_utf8(out).unwrap()),
            Err(FilterError::Expression(message)) => Err(message),
            Err(FilterError::Stream(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn texts_are_printed_raw_and_all_else_as_json() {
        let records = r#"[{"id":"A","name":"Zoë \u001b\n","total":"12.50"},{"id":"B","name":null,"total":"1"}]"#;
        let table = [
            (".[].id", "A\nB\n"),
            (".[0].name", "Zoë \x1b\n\n"),
            (".[1].name", "null\n"),
            ("length", "2\n"),
            (".[1]", "{\"id\":\"B\",\"name\":null,\"total\":\"1\"}\n"),
            ("map(.total | tonumber) | add", "13.5\n"),
            ("[\"a\\\"b\", 1, null, true] | @csv", "\"a\"\"b\",1,,true\n"),
            (".[] | select(.name | not) | [.id, .name, \"x\\ty\\\\\"] | @tsv", "B\t\tx\\ty\\\\\n"),
            ("now | todate", "2025-11-23T10:00:00Z\n"),
            (".[0].nosuch", "null\n"),
            ("empty", ""),
        ];
        for (expression, expected) in table {
            assert_eq!(run(expression, records).as_deref(), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn a_bad_expression_is_told_in_a_sentence() {
        let table = [
            (".[", "a closing bracket is missing at its end"),
            (". |", "a term is missing at its end"),
            ("nosuch", "there is no filter nosuch"),
            ("$nosuch", "there is no variable $nosuch"),
            ("env", "there is no filter env"),
            ("now | localtime", "there is no filter localtime"),
            (".a", "cannot index [1] with \"a\""),
            ("error(\"mine\")", "\"mine\""),
            ("halt", "it halts"),
        ];
        for (expression, expected) in table {
            assert_eq!(run(expression, "[1]"), Err(expected.to_owned()), "{expression}");
        }
    }
}
