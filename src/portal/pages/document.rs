//! `/documents/<id>`: a document as it is printed, as a page or a PDF.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{Notice, Shown, Visitor};
use crate::domain::Result;
use crate::domain::document::{CreditNote, Document, DocumentState, Invoice};
use crate::domain::order::{Order, OrderState};
use crate::domain::task::{Stage, Task};
use crate::domain::transfer::{Transfer, TransferKind, TransferState};
use crate::domain::value::reference::Reference;
use crate::portal::request::Answer;
use crate::procedure::printed::{self, Printed};
use crate::store::engine::record::{self, Described, Found};

/// The page, or the PDF.
pub fn page(shown: &Shown<'_, '_>, visitor: &Visitor, id: &str, format: Option<&str>) -> Result<Answer> {
    let Some(document) = found(shown, visitor, id)? else {
        return shown.message(Some(visitor), Notice::Nothing);
    };
    match format {
        None | Some("html") => {
            let html = printed::html(shown.cx, &document)?;
            let policy = policy(&html);
            Ok(Answer::page(200, html).instead("content-security-policy", policy))
        }
        Some("pdf") => {
            let pdf = printed::pdf(shown.cx, &mut printed::fonts(shown.cx)?, &document, None)?;
            let name = printed::file_name(&document.sheet.number, &document.sheet.id, "pdf");
            let answer = Answer::of(200, "application/pdf", pdf.bytes);
            Ok(answer.with("content-disposition", format!("inline; filename=\"{name}\"")))
        }
        Some(_) => shown.message(Some(visitor), Notice::Wrong),
    }
}

/// The document of the customer that is called so; drafts are the desk's own.
fn found(shown: &Shown<'_, '_>, visitor: &Visitor, id: &str) -> Result<Option<Printed>> {
    let cx = shown.cx;
    let language = Some(shown.language(Some(visitor)));
    let is_own = |owner: Option<&Reference>| owner.is_some_and(|owner| owner.key == visitor.customer.key);
    let is_given = |document: &Document| {
        is_own(Some(&document.customer)) && document.state != DocumentState::Draft && document.number.is_some()
    };
    if let Some(Invoice(document)) = named(cx.db, id)?
        && is_given(&document)
    {
        return printed::of_document(cx, &document, language).map(Some);
    }
    if let Some(CreditNote(document)) = named(cx.db, id)?
        && is_given(&document)
    {
        return printed::of_document(cx, &document, language).map(Some);
    }
    if let Some(order) = named::<Order>(cx.db, id)?
        && is_own(Some(&order.customer))
        && matches!(order.state, OrderState::Sent | OrderState::Confirmed)
    {
        return printed::of_order(cx, &order, language).map(Some);
    }
    if let Some(transfer) = named::<Transfer>(cx.db, id)?
        && is_own(transfer.customer.as_ref())
        && transfer.kind != TransferKind::Internal
        && transfer.state != TransferState::Cancelled
    {
        return printed::of_transfer(cx, &transfer, language).map(Some);
    }
    if let Some(task) = named::<Task>(cx.db, id)?
        && is_own(task.customer.as_ref())
        && task.stage != Stage::Cancelled
    {
        return printed::of_task(cx, &task, language).map(Some);
    }
    Ok(None)
}

fn named<R: Described>(db: &crate::store::Db, id: &str) -> Result<Option<R>> {
    Ok(match record::find(db, id)? {
        Found::One(record) => Some(record),
        Found::Nothing | Found::Several(_) => None,
    })
}

/// What a printed page may do: show itself with the styles that stand in it, each by its digest, and nothing else. Texts of others
/// are escaped in it, so that none of these styles is theirs.
fn policy(html: &str) -> String {
    let styles = html.split("<style>").skip(1).filter_map(|rest| rest.split_once("</style>").map(|(style, _)| style));
    let hashes: String =
        styles.map(|style| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(style.as_bytes())))).collect();
    let hashes = if hashes.is_empty() { " 'none'".to_owned() } else { hashes };
    format!(
        "default-src 'none'; style-src{hashes}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_page_is_styled_by_itself_alone() {
        // What `printf 'p{}' | openssl dgst -sha256 -binary | base64` says.
        let digest = STANDARD.encode(Sha256::digest(b"p{}"));
        let policy = policy("<style>p{}</style><p>&lt;style&gt;</p>");
        assert!(policy.contains(&format!("style-src 'sha256-{digest}';")), "{policy}");
        assert!(super::policy("<p>").contains("style-src 'none'"));
    }
}
