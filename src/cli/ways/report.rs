//! Faults of a file, told by kind: one each with the first rows that have it, not one for every row.

use serde_json::Value as Json;

use crate::domain::{Fault, code};

/// How many rows of a kind of fault are named.
const NAMED: usize = 5;

/// The faults so far: of each kind the first, whole, and its rows.
#[derive(Debug, Default)]
pub struct Grouped(Vec<Group>);

#[derive(Debug)]
struct Group {
    code: String,
    field: Option<String>,
    /// The answer that told it first.
    answer: Json,
    /// The fault as it was told.
    first: Json,
    rows: Vec<u64>,
    count: u64,
}

impl Grouped {
    /// Takes the faults of an answer in.
    pub fn add(&mut self, answer: &str) {
        let Ok(answer) = serde_json::from_str::<Json>(answer) else {
            return;
        };
        let Some(error) = answer.get("error").filter(|error| !error.is_null()) else {
            return;
        };
        let others = error.get("others").and_then(Json::as_array).cloned().unwrap_or_default();
        for fault in std::iter::once(error).chain(&others) {
            let text = |key: &str| fault.get(key).and_then(Json::as_str).map(str::to_owned);
            let (code, field) = (text("code").unwrap_or_default(), text("field"));
            let row = fault.get("line").or_else(|| answer.get("line")).and_then(Json::as_u64).unwrap_or_default();
            match self.0.iter_mut().find(|group| group.code == code && group.field == field) {
                Some(group) => {
                    group.count = group.count.saturating_add(1);
                    if group.rows.len() < NAMED && !group.rows.contains(&row) {
                        group.rows.push(row);
                    }
                }
                None => {
                    let (answer, first) = (answer.clone(), fault.clone());
                    self.0.push(Group { code, field, answer, first, rows: vec![row], count: 1 });
                }
            }
        }
    }

    /// One answer for each kind of fault.
    pub fn answers(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|group| {
            let mut answer = group.answer.clone();
            let mut fault = group.first.clone();
            if let Some(fault) = fault.as_object_mut() {
                fault.insert("message".to_owned(), Json::String(group.message()));
                fault.insert("others".to_owned(), Json::Array(Vec::new()));
            }
            if let Some(answer) = answer.as_object_mut() {
                answer.insert("line".to_owned(), group.rows.first().copied().into());
                answer.insert("error".to_owned(), fault);
            }
            answer.to_string()
        })
    }

    /// All of them as one fault: the first, and the others beside it.
    pub fn fault(&self) -> Option<Fault> {
        let mut faults = self.0.iter().map(Group::fault);
        let first = faults.next()?;
        Some(Fault { others: faults.collect(), ..first })
    }
}

impl Group {
    /// The first fault, and where it is met again.
    fn message(&self) -> String {
        let first = self.first.get("message").and_then(Json::as_str).unwrap_or_default();
        let more = self.count.saturating_sub(1);
        if more == 0 {
            return first.to_owned();
        }
        let rows: Vec<String> = self.rows.iter().skip(1).map(u64::to_string).collect();
        let named = u64::try_from(rows.len()).unwrap_or_default();
        let times = if more == 1 { "once more".to_owned() } else { format!("{more} times more") };
        match rows.is_empty() {
            true => format!("{first} ({times})"),
            false => format!("{first} ({times}: row {}{})", rows.join(", "), if named < more { ", …" } else { "" }),
        }
    }

    fn fault(&self) -> Fault {
        let text = |key: &str| self.first.get(key).and_then(Json::as_str).map(str::to_owned);
        let code = code::known(&self.code);
        Fault {
            code,
            exit: code::exit_of(code),
            message: self.message(),
            field: self.field.clone(),
            given: text("given"),
            allowed: None,
            hint: text("hint"),
            line: self.rows.first().copied(),
            others: Vec::new(),
            findings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn faults_are_told_once_each_with_their_rows() {
        let mut grouped = Grouped::default();
        for row in 2..20_u64 {
            let code = if row % 6 == 0 { "not_found" } else { "invalid_value" };
            let fault = json!({"code": code, "field": "Created at", "message": format!("row {row}: bad"), "line": row, "others": []});
            grouped.add(&json!({"status": "error", "line": row, "error": fault}).to_string());
        }
        grouped.add(r#"{"status":"done","line":1,"error":null}"#);
        let fault = grouped.fault().unwrap();
        assert_eq!((fault.code, fault.line, fault.others.len()), ("invalid_value", Some(2), 1));
        assert_eq!(fault.message, "row 2: bad (14 times more: row 3, 4, 5, 7, …)");
        assert_eq!(fault.others[0].message, "row 6: bad (2 times more: row 12, 18)");
        assert_eq!(grouped.answers().count(), 2);
        assert_eq!(Grouped::default().fault(), None);
    }
}
