//! Answers that the open transaction got. Nobody else writes while it is open, so an answer stays right until the transaction itself
//! writes a row that it is made of; which rows these are, a question says (`Reach`), and a change says which row it writes. What
//! says nothing of its rows is forgotten with its tables.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::super::statement::{By, Does, Reach, Statement, Tables, place};
use super::wire::{self, Param};

/// The tables that are small, asked often and seldom changed: answers of these alone are remembered in any case.
const KEPT: Tables = Tables::of(&[
    "app",
    "currency",
    "desk",
    "journal",
    "location",
    "person",
    "person_right",
    "product",
    "product_tax",
    "project",
    "stage",
    "tag",
    "tax",
    "team",
    "team_member",
    "team_service",
    "worksheet_field",
    "worksheet_template",
    "customer",
]);

/// How many answers are remembered, and of how many rows at most where nobody asked for them ahead.
const MOST: usize = 50_000;
pub const ROWS: usize = 16;

/// A question with its values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// What tells its statement from others.
    pub statement: usize,
    pub params: Vec<Param>,
}

/// The rows of an answer.
pub type Rows = Rc<Vec<tokio_postgres::Row>>;

/// Rows of a table by the value of a column.
type Selection = (usize, &'static str, Param);

/// The answers of the open transaction.
#[derive(Default)]
pub struct Answers {
    known: HashMap<Rc<Question>, Rows>,
    /// The statements that were asked, each with what was asked by it.
    asked: HashMap<usize, Asked>,
    /// What was asked of rows, by the rows.
    made_of: HashMap<Selection, Vec<Rc<Question>>>,
    /// What each change makes void, as long as no other statement is asked.
    effects: HashMap<usize, Rc<Vec<Effect>>>,
    /// What was made void since the mark.
    void: Vec<(&'static Statement, Rc<Question>, Rows)>,
    /// How often each question will be asked yet, as far as works said so that were run to find that out.
    awaited: HashMap<Question, usize>,
    /// What of that was made void.
    again: Vec<(&'static Statement, Rc<Question>)>,
}

/// Questions, those of one statement together.
pub type Questions = Vec<(&'static Statement, Vec<Rc<Question>>)>;

/// Adds a question to those of its statement.
pub fn gather(questions: &mut Questions, statement: &'static Statement, question: Rc<Question>) {
    match questions.iter_mut().find(|(known, _)| std::ptr::eq(*known, statement)) {
        Some((_, of_it)) => of_it.push(question),
        None => questions.push((statement, vec![question])),
    }
}

struct Asked {
    statement: &'static Statement,
    questions: Vec<Rc<Question>>,
}

/// What a change makes void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// All that a statement was answered.
    Statement(usize),
    /// What is made of rows of a table whose column is the value of that parameter.
    Rows(usize, &'static str, usize),
}

impl Answers {
    /// Whether a statement's answers are worth remembering, asked for ahead or not.
    pub fn keeps(statement: &Statement) -> bool {
        !statement.reads.is_empty() && (!statement.reaches.is_empty() || statement.reads.are_within(KEPT))
    }

    pub fn get(&self, question: &Question) -> Option<Rows> {
        self.known.get(question).cloned()
    }

    pub fn put(&mut self, statement: &'static Statement, question: Rc<Question>, rows: Rows) {
        if self.known.len() >= MOST {
            self.forget();
        }
        let asked = self.asked.entry(statement.place()).or_insert_with(|| {
            self.effects.clear();
            Asked { statement, questions: Vec::new() }
        });
        asked.questions.push(question.clone());
        for reach in statement.reaches {
            let Some(table) = place(reach.table) else {
                continue;
            };
            let mut found = |column: &'static str, value: Param| {
                if value != Param::Null {
                    let questions = self.made_of.entry((table, column, value)).or_default();
                    if questions.last().is_none_or(|last| !Rc::ptr_eq(last, &question)) {
                        questions.push(question.clone());
                    }
                }
            };
            match reach.by {
                By::Value(number) => {
                    found(reach.column, question.params.get(number - 1).cloned().unwrap_or(Param::Null));
                }
                By::Column(column) => rows.iter().for_each(|row| found(reach.column, wire::value(row, column))),
            }
            if let Some(column) = reach.keyed {
                rows.iter().for_each(|row| found("key", wire::value(row, column)));
            }
        }
        self.known.insert(question, rows);
    }

    /// Notes that a work will ask these questions when it is run.
    pub fn await_these(&mut self, questions: Vec<Question>) {
        for question in questions {
            *self.awaited.entry(question).or_default() += 1;
        }
    }

    /// Notes that a question was asked.
    pub fn was_asked(&mut self, question: &Question) {
        if let Some(times) = self.awaited.get_mut(question) {
            *times -= 1;
            if *times == 0 {
                self.awaited.remove(question);
            }
        }
    }

    /// What was made void and will be asked again, each once.
    pub fn take_again(&mut self) -> Questions {
        let (mut questions, mut taken) = (Vec::new(), HashSet::new());
        for (statement, question) in std::mem::take(&mut self.again) {
            let is_wanted = self.awaited.contains_key(&*question) && !self.known.contains_key(&question);
            if is_wanted && taken.insert(question.clone()) {
                gather(&mut questions, statement, question);
            }
        }
        questions
    }

    /// Forgets what a change may have made another, until it is undone.
    pub fn change(&mut self, statement: &'static Statement, params: &[Param]) {
        if self.known.is_empty() {
            return;
        }
        for effect in self.effects_of(statement).iter() {
            // Whatever was asked by the statement, or made of the rows, is gone by now: what is asked again is noted again.
            let questions = match effect {
                Effect::Statement(place) => self.asked.get_mut(place).map(|asked| std::mem::take(&mut asked.questions)),
                Effect::Rows(table, column, number) => {
                    let value = params.get(*number).cloned().unwrap_or(Param::Null);
                    self.made_of.remove(&(*table, *column, value))
                }
            };
            for question in questions.unwrap_or_default() {
                if let Some((question, rows)) = self.known.remove_entry(&question)
                    && let Some(Asked { statement, .. }) = self.asked.get(&question.statement)
                {
                    if self.awaited.contains_key(&*question) {
                        self.again.push((statement, question.clone()));
                    }
                    self.void.push((statement, question, rows));
                }
            }
        }
    }

    fn effects_of(&mut self, statement: &'static Statement) -> Rc<Vec<Effect>> {
        if let Some(known) = self.effects.get(&statement.place()) {
            return known.clone();
        }
        let mut effects = Vec::new();
        for asked in self.asked.values().filter(|asked| asked.statement.reads.touch(statement.writes)) {
            for table in statement.writes.places().filter(|table| asked.statement.reads.touch(Tables::at(*table))) {
                let is_of_it = |reach: &&Reach| place(reach.table) == Some(table);
                let mut reaches = asked.statement.reaches.iter().filter(is_of_it).peekable();
                if reaches.peek().is_none() {
                    effects.push(Effect::Statement(asked.statement.place()));
                }
                effects.extend(reaches.filter_map(|reach| effect(statement, asked.statement, reach, table)));
            }
        }
        effects.sort_unstable_by_key(|effect| match effect {
            Effect::Statement(place) => (0, *place, "", 0),
            Effect::Rows(table, column, number) => (1, *table, *column, *number),
        });
        effects.dedup();
        let effects = Rc::new(effects);
        self.effects.insert(statement.place(), effects.clone());
        effects
    }

    /// Marks where a command begins.
    pub fn mark(&mut self) {
        self.void.clear();
    }

    /// What was made void since the mark holds again: the changes that did it are undone, none of which was sent.
    pub fn undo(&mut self) {
        for (statement, question, rows) in std::mem::take(&mut self.void) {
            self.put(statement, question, rows);
        }
    }

    pub fn forget(&mut self) {
        *self = Answers::default();
    }
}

/// What a change of a table makes void of what a statement reaches there; nothing where it cannot be one of these rows.
fn effect(change: &Statement, asked: &'static Statement, reach: &Reach, table: usize) -> Option<Effect> {
    let all = Some(Effect::Statement(asked.place()));
    match change.does {
        Does::Insert(row) => match row.columns.iter().position(|(column, _)| *column == reach.column) {
            Some(number) => Some(Effect::Rows(table, reach.column, number)),
            None => all,
        },
        Does::Update(_) if reach.column == "key" => Some(Effect::Rows(table, "key", 0)),
        Does::Update(change) => {
            let sets = |column: &str| change.sets(column);
            match (reach.keyed, reach.looks_at) {
                _ if sets(reach.column) => all,
                (Some(_), _) => Some(Effect::Rows(table, "key", 0)),
                (None, Some(columns)) if !columns.iter().any(|column| sets(column)) => None,
                _ => all,
            }
        }
        Does::Other => match change.at {
            Some((column, number)) if column == reach.column => Some(Effect::Rows(table, column, number - 1)),
            _ => all,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::statement::{Kind, Row};
    use super::*;
    use crate::{query, raw, update};

    #[test]
    fn only_answers_are_remembered_of_which_it_is_known_what_makes_them_void() {
        for (statement, kept) in [
            (query!([team_service], "SELECT team FROM team_service WHERE team = $1"), true),
            (query!([team, ticket], "SELECT t.id FROM team t JOIN ticket k ON k.team = t.key"), false),
            (query!([document_line], "SELECT key FROM document_line"), false),
            (query!([tag], "SELECT key FROM tag WHERE id = $1", [asked("tag", "id", 1)]), true),
            (&Statement::control("SELECT version FROM store_format FOR UPDATE"), false),
        ] {
            assert_eq!(Answers::keeps(statement), kept, "{}", statement.sql);
        }
    }

    /// What a change makes void of the lines of a document.
    fn void(change: &'static Statement) -> Vec<Effect> {
        let lines = query!(
            [document, document_line, product],
            "SELECT l.key, l.total, p.key FROM document_line l LEFT JOIN product p ON p.key = l.product
             WHERE l.document = $1 AND NOT EXISTS (SELECT 1 FROM document d WHERE d.invoice = $1 AND d.allow_excess = 1)",
            [
                asked("document_line", "document", 1).keyed(0),
                asked("document", "invoice", 1).looks(&["allow_excess"]),
                told("product", "key", 2),
            ]
        );
        let mut answers = Answers::default();
        let question = Rc::new(Question { statement: lines.place(), params: vec![Param::Int(7)] });
        answers.put(lines, question.clone(), Rc::new(Vec::new()));
        let effects = answers.effects_of(change).to_vec();
        let is_lines = |effect: &Effect| *effect == Effect::Statement(lines.place());
        effects.into_iter().map(|effect| if is_lines(&effect) { Effect::Statement(0) } else { effect }).collect()
    }

    #[test]
    fn a_change_makes_void_what_its_row_is_part_of() {
        let [document, line, product] = ["document", "document_line", "product"].map(|name| place(name).unwrap());
        let new_line =
            Row { table: "document_line", columns: &[("key", Kind::Int), ("document", Kind::Int)], always: None };
        for (change, expected) in [
            (new_line.insert(Tables::of(&["document_line"])), vec![Effect::Rows(line, "document", 1)]),
            (update!(document_line (Int, Int): "goods = goods + $2"), vec![Effect::Rows(line, "key", 0)]),
            (update!(document_line (Int, Int): "document = $2"), vec![Effect::Statement(0)]),
            (update!(document (Int, Int): "open = open + $2" if "open + $2 >= 0"), vec![]),
            (update!(document (Int, Int): "allow_excess = $2"), vec![Effect::Statement(0)]),
            (update!(product (Int, Text): "name = $2"), vec![Effect::Rows(product, "key", 0)]),
            (
                raw!(writes [document_line], reads [], "DELETE FROM document_line WHERE document = $1", at document = 1),
                vec![Effect::Rows(line, "document", 0)],
            ),
            (raw!(writes [document_line], reads [], "DELETE FROM document_line"), vec![Effect::Statement(0)]),
            (raw!(writes [tag], reads [], "DELETE FROM tag"), vec![]),
        ] {
            assert_eq!(void(change), expected, "{} ({document})", change.sql);
        }
    }

    #[test]
    fn what_will_be_asked_yet_is_asked_anew_once_it_is_void() {
        let statement = query!([tag], "SELECT key FROM tag WHERE name = $1", [asked("tag", "name", 1)]);
        let rename = update!(tag (Int, Text): "name = $2");
        let question = |name: &str| Question { statement: statement.place(), params: vec![Param::Text(name.into())] };
        let void = [Param::Int(1), Param::Text("c".into())];
        let again = |answers: &mut Answers| {
            let questions = answers.take_again().into_iter().flat_map(|(_, questions)| questions);
            questions.map(|question| format!("{:?}", question.params)).collect::<Vec<_>>()
        };
        let mut answers = Answers::default();
        // One work will ask a, two will ask b, and nobody c.
        answers.await_these(vec![question("a"), question("b"), question("b")]);
        for name in ["a", "b", "c"] {
            answers.put(statement, Rc::new(question(name)), Rc::new(Vec::new()));
        }
        for name in ["a", "b", "c"] {
            answers.was_asked(&question(name));
        }
        answers.change(rename, &void);
        assert_eq!(again(&mut answers), [format!("{:?}", question("b").params)]);
        assert_eq!(again(&mut answers), Vec::<String>::new(), "it is underway");
        answers.put(statement, Rc::new(question("b")), Rc::new(Vec::new()));
        answers.was_asked(&question("b"));
        answers.change(rename, &void);
        assert_eq!(again(&mut answers), Vec::<String>::new(), "nobody asks it any more");
    }

    #[test]
    fn what_was_made_void_holds_again_once_the_change_is_undone() {
        let statement = query!([tag], "SELECT key FROM tag WHERE name = $1", [asked("tag", "name", 1)]);
        let rename = update!(tag (Int, Text): "name = $2");
        let question = || Question { statement: statement.place(), params: vec![Param::Text("a".into())] };
        let mut answers = Answers::default();
        answers.put(statement, Rc::new(question()), Rc::new(Vec::new()));
        answers.mark();
        answers.change(rename, &[Param::Int(1), Param::Text("b".into())]);
        assert!(answers.get(&question()).is_none());
        answers.undo();
        assert!(answers.get(&question()).is_some());
        answers.change(rename, &[Param::Int(1), Param::Text("b".into())]);
        answers.mark();
        answers.undo();
        assert!(answers.get(&question()).is_none());
    }
}
