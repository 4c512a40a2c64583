//! `--jq`: what is printed is what an expression in the jq language makes of the JSON.
//!
//! The language is jaq's, less what would make the same store print other bytes elsewhere: the environment and local time.
//! `now` is the run's own moment.
//!
//! An expression may run for ever, take all memory or nest until the stack overflows, and nothing inside a program can stop that:
//! the language has recursion and loops. So it is evaluated by a process beside this one, this same program in another role,
//! which has limits and may be lost: what is then told is an error like any other. The two speak in frames, a length and as many
//! bytes: first the moment and the expression, then one value after the other.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use jaq_core::box_iter::box_once;
use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::native::{self, Fun};
use jaq_core::{Compiler, Ctx, DataT, Exn, RunPtr, Vars, compile};
use jaq_json::Val;
use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The argument that makes this program evaluate expressions for another one of its kind.
pub const EVALUATOR: &str = "--evaluate-expressions";

/// How long a value of that many bytes may be computed on, in seconds of the processor.
fn most_seconds(bytes: usize) -> u64 {
    5 + (bytes >> 20) as u64
}

/// How much memory an expression may take, in GiB: a long list is a value too.
const MOST_GIB: u64 = 4;

/// How many bytes are told of what an expression says: it may quote all the data it met (contract, section 2).
const MOST_TOLD: usize = 200;

/// How deep JSON in a text may nest; deeper, `fromjson` fails, which an expression can handle with `?`.
const DEEPEST: usize = 1_000;

/// A value on its way through an expression, as JSON.
pub struct Input(String);

/// An expression, checked and ready to run.
pub struct Filter(RefCell<Evaluator>);

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

impl Filter {
    /// Compiles an expression in which `now` is that many seconds after 1970; a fault is told in a sentence. `evaluator` is this
    /// program, ready to be started with the argument `EVALUATOR`.
    pub fn compile(expression: &str, now: i64, evaluator: Command) -> Result<Filter, String> {
        let mut evaluator = Evaluator::start(evaluator).map_err(|error| format!("it cannot be evaluated: {error}"))?;
        evaluator.ask(&[&now.to_le_bytes(), expression.as_bytes()])?;
        Ok(Filter(RefCell::new(evaluator)))
    }

    /// Prints what the expression makes of a value: a text as it is, all else as JSON, one a line.
    pub fn run(&self, Input(json): Input, out: &mut dyn Write) -> Result<(), FilterError> {
        let made = self.0.borrow_mut().ask(&[json.as_bytes()]).map_err(FilterError::Expression)?;
        Ok(out.write_all(&made)?)
    }
}

/// JSON as a value for an expression.
pub fn input(json: &str) -> Result<Input, FilterError> {
    Ok(Input(json.to_owned()))
}

/// Many values as the array that a list is.
pub fn array(values: Vec<Input>) -> Input {
    let mut json = String::with_capacity(values.iter().map(|value| value.0.len() + 1).sum::<usize>() + 2);
    json.push('[');
    for (at, Input(value)) in values.into_iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        json.push_str(&value);
    }
    json.push(']');
    Input(json)
}

/// The process beside this one.
struct Evaluator {
    child: Child,
    questions: BufWriter<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Evaluator {
    fn start(mut program: Command) -> io::Result<Evaluator> {
        // In a group of its own an interrupt from the terminal leaves it be: the group of a bulk run is finished first.
        let mut child = program
            .arg(EVALUATOR)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        Ok(Evaluator { child, questions: BufWriter::new(questions), answers: BufReader::new(answers) })
    }

    /// What was made of that, or the fault in a sentence.
    fn ask(&mut self, frames: &[&[u8]]) -> Result<Vec<u8>, String> {
        match self.answer(frames) {
            Ok((made, fault)) if fault.is_empty() => Ok(made),
            Ok((_, fault)) => Err(String::from_utf8_lossy(&fault).into_owned()),
            Err(_) => Err(self.lost(most_seconds(frames.iter().map(|frame| frame.len()).sum()))),
        }
    }

    fn answer(&mut self, frames: &[&[u8]]) -> io::Result<(Vec<u8>, Vec<u8>)> {
        frames.iter().try_for_each(|frame| write_frame(&mut self.questions, frame))?;
        self.questions.flush()?;
        Ok((read_frame(&mut self.answers)?, read_frame(&mut self.answers)?))
    }

    /// Why the process was lost.
    fn lost(&mut self, seconds: u64) -> String {
        let ended = self.child.wait();
        match ended.ok().and_then(|status| status.signal()) {
            Some(signal) if signal == Signal::XCPU.as_raw() => {
                format!("it does not end within {seconds} seconds of computing")
            }
            Some(_) => format!("it nests too deep, or needs more than {MOST_GIB} GiB of memory"),
            None => "its evaluation broke off".to_owned(),
        }
    }
}

fn write_frame(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)
}

fn read_frame(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::new();
    if input.take(length).read_to_end(&mut bytes)? as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// The other role of this program: evaluates what it is asked until nobody asks any more.
pub fn evaluate(questions: impl Read, answers: impl Write) {
    // A limit that cannot be set is one that the system has not.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = setrlimit(Resource::As, Rlimit { current: Some(MOST_GIB << 30), maximum: Some(MOST_GIB << 30) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    // Whoever asked is told by the end of this process that it ended.
    let _ = answered(&mut BufReader::new(questions), &mut BufWriter::new(answers), &mut |bytes| {
        let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
        let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(used + most_seconds(bytes) + 1), maximum: None });
    });
}

fn answered(questions: &mut impl Read, answers: &mut impl Write, begin: &mut dyn FnMut(usize)) -> io::Result<()> {
    let now = read_frame(questions)?.try_into().map(i64::from_le_bytes).unwrap_or_default();
    let expression = read_frame(questions)?;
    begin(expression.len());
    let compiled = Expression::compile(&String::from_utf8_lossy(&expression), now);
    let fault = compiled.as_ref().err().map(|fault| cut(fault)).unwrap_or_default();
    let mut told = |made: &[u8], fault: &str| {
        write_frame(answers, made)?;
        write_frame(answers, fault.as_bytes())?;
        answers.flush()
    };
    told(&[], &fault)?;
    let Ok(expression) = compiled else { return Ok(()) };
    loop {
        let json = read_frame(questions)?;
        begin(json.len());
        match expression.of(&json) {
            Ok(made) => told(&made, "")?,
            Err(fault) => told(&[], &cut(&fault))?,
        }
    }
}

/// A sentence that is no longer than what is told of data.
fn cut(sentence: &str) -> String {
    const MORE: &str = "…";
    if sentence.len() <= MOST_TOLD {
        return sentence.to_owned();
    }
    let end = sentence.floor_char_boundary(MOST_TOLD - MORE.len());
    format!("{}{MORE}", sentence.get(..end).unwrap_or_default())
}

/// What jq knows and jaq's libraries leave to the program: rows of lists.
const ROWS: &str = r#"
    def replaced($old; $new): split($old) | join($new);
    def @csv: map(if type == "string" then "\"" + replaced("\""; "\"\"") + "\"" elif . == null then "" else tojson end) | join(",");
    def @tsv: map(if type == "string" then replaced("\\"; "\\\\") | replaced("\t"; "\\t") | replaced("\n"; "\\n") | replaced("\r"; "\\r")
        elif . == null then "" else tojson end) | join("\t");
"#;

/// Functions that would look outside, and the one that has an own form here.
const LEFT_OUT: &[&str] = &["env", "now", "localtime", "strflocaltime", "fromjson"];

/// An expression as the interpreter has it.
struct Expression(jaq_core::Filter<JustLut<Val>>);

impl Expression {
    fn compile(expression: &str, now: i64) -> Result<Expression, String> {
        // A definition lives as long as the program, which runs one expression.
        let now: &'static str = format!("def now: {now};").leak();
        let own = [now, ROWS].into_iter().filter_map(|text| load::parse(text, |parser| parser.defs())).flatten();
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(own);
        let inside = |(name, ..): &Fun<JustLut<Val>>| !LEFT_OUT.contains(name);
        let functions =
            jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs()).filter(inside).chain([fromjson()]);
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, File { code: expression, path: () })
            .map_err(|faults| first(faults.into_iter().map(|(_, fault)| unread(fault))))?;
        let filter = Compiler::default()
            .with_funs(functions)
            .compile(modules)
            .map_err(|faults| first(faults.into_iter().flat_map(|(_, faults)| faults).map(undefined)))?;
        Ok(Expression(filter))
    }

    /// What it makes of a value.
    fn of(&self, json: &[u8]) -> Result<Vec<u8>, String> {
        let input = jaq_json::read::parse_single(json).map_err(|error| error.to_string())?;
        let context = Ctx::<JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        let mut out = Vec::new();
        for made in self.0.id.run((context, input)) {
            let written = match made {
                Ok(Val::TStr(text)) => out.write_all(&text).and_then(|()| writeln!(out)),
                Ok(value) => writeln!(out, "{value}"),
                Err(exception) => return Err(stopped(exception)),
            };
            written.map_err(|error| error.to_string())?;
        }
        Ok(out)
    }
}

/// `fromjson` for texts of whatever origin: what nests deeper than is sensible is a fault like any other.
fn fromjson<D: for<'a> DataT<V<'a> = Val>>() -> Fun<D> {
    let filter: native::Filter<RunPtr<D>> = ("fromjson", native::v(0), |(_, value)| match &value {
        Val::TStr(text) | Val::BStr(text) if nests_too_deep(text) => {
            box_once(fault(format_args!("the text nests lists and objects more than {DEEPEST} deep")))
        }
        Val::TStr(text) | Val::BStr(text) => {
            let read = jaq_json::read::parse_many(text)
                .map(|read| read.or_else(|error| fault(format_args!("cannot parse {value} as JSON: {error}"))));
            Box::new(read.collect::<Vec<_>>().into_iter())
        }
        other => box_once(fault(format_args!("cannot use {other} as a text"))),
    });
    native::run::<D>(filter)
}

fn fault<'a>(message: fmt::Arguments<'_>) -> Result<Val, Exn<'a, Val>> {
    Err(Exn::from(jaq_core::Error::str(message)))
}

fn nests_too_deep(text: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    text.iter().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
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
        let made = Expression::compile(expression, 1_763_892_000)?.of(json.as_bytes())?;
        Ok(String::from_utf8(made).unwrap())
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

    #[test]
    fn a_sentence_is_cut_between_its_letters() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"é".repeat(100)), "é".repeat(100));
        for long in ["é".repeat(101), format!("a{}", "é".repeat(150)), "x".repeat(201)] {
            let told = cut(&long);
            assert!(told.len() <= 200 && told.len() > 195 && told.ends_with('…'), "{told}");
        }
    }

    #[test]
    fn what_is_asked_is_answered_in_frames() {
        let mut questions = Vec::new();
        for frame in [&7_i64.to_le_bytes()[..], b". + now, error", b"1", b"[]"] {
            write_frame(&mut questions, frame).unwrap();
        }
        let (mut answers, mut sizes) = (Vec::new(), Vec::new());
        // It ends where nobody asks any more.
        answered(&mut &*questions, &mut answers, &mut |bytes| sizes.push(bytes)).unwrap_err();
        let mut answers = &*answers;
        let told: Vec<String> = std::iter::from_fn(|| read_frame(&mut answers).ok())
            .map(|frame| String::from_utf8(frame).unwrap())
            .collect();
        assert_eq!(told, ["", "", "", "1", "", "cannot calculate [] + 7"]);
        assert_eq!(sizes, [14, 1, 2]);
        // Half a frame is none.
        assert!(read_frame(&mut &[3, 0, 0, 0, 0, 0, 0, 0, b'a'][..]).is_err());
    }
}
