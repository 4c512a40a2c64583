//! `/documents/<id>`: a document as it is printed, as a page or a PDF.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{Notice, Shown, Visitor};
use crate::domain::Result;
use crate::domain::document::{CreditNote, Document, Invoice};
use crate::domain::order::Order;
use crate::domain::portal::{sees_document, sees_order, sees_task, sees_transfer};
use crate::domain::task::Task;
use crate::domain::transfer::Transfer;
use crate::portal::request::Answer;
use crate::procedure::printed::{self, Printed};

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

/// The document of the customer that is called so, where they see it.
fn found(shown: &Shown<'_, '_>, visitor: &Visitor, id: &str) -> Result<Option<Printed>> {
    let cx = shown.cx;
    let language = Some(shown.language(Some(visitor)));
    let is_seen = |document: &Document| visitor.owns(Some(&document.customer)) && sees_document(document);
    if let Some(Invoice(document)) = shown.named(id)?
        && is_seen(&document)
    {
        return printed::of_document(cx, &document, language).map(Some);
    }
    if let Some(CreditNote(document)) = shown.named(id)?
        && is_seen(&document)
    {
        return printed::of_document(cx, &document, language).map(Some);
    }
    if let Some(order) = shown.named::<Order>(id)?
        && visitor.owns(Some(&order.customer))
        && sees_order(&order)
    {
        return printed::of_order(cx, &order, language).map(Some);
    }
    if let Some(transfer) = shown.named::<Transfer>(id)?
        && visitor.owns(transfer.customer.as_ref())
        && sees_transfer(&transfer)
    {
        return printed::of_transfer(cx, &transfer, language).map(Some);
    }
    if let Some(task) = shown.named::<Task>(id)?
        && visitor.owns(task.customer.as_ref())
        && sees_task(&task)
    {
        return printed::of_task(cx, &task, language).map(Some);
    }
    Ok(None)
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
