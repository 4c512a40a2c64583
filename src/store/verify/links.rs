//! Records that name each other: what they say of one another fits.

use crate::domain::verify::Invariant;
use crate::query;
use crate::store::verify::Pass;

pub const PASSES: &[Pass] = &[
    Pass::Asked(
        Invariant::LotsOfProducts,
        query!(
            [ticket, transfer, transfer_line, document, document_line, repair, repair_part, stock, product, lot],
            LOTS_OF_PRODUCTS
        ),
    ),
    Pass::Asked(Invariant::TicketOrders, query!([ticket, sales_order], TICKET_ORDERS)),
];

const LOTS_OF_PRODUCTS: &str = "
    WITH beside AS (
      SELECT id AS record, product, lot FROM ticket
      UNION ALL SELECT t.id, l.product, l.lot FROM transfer t JOIN transfer_line l ON l.transfer = t.key
      UNION ALL SELECT d.id, l.product, l.lot FROM document d JOIN document_line l ON l.document = d.key
      UNION ALL SELECT id, product, lot FROM repair
      UNION ALL SELECT r.id, p.product, p.lot FROM repair r JOIN repair_part p ON p.repair = r.key
      UNION ALL SELECT p.id, s.product, s.lot FROM stock s JOIN product p ON p.key = s.product)
    SELECT b.record, l.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM beside b JOIN lot l ON l.key = b.lot
    WHERE b.product IS NULL OR b.product <> l.product ORDER BY 1, 2";

const TICKET_ORDERS: &str = "
    SELECT t.id, o.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM ticket t JOIN sales_order o ON o.key = t.sales_order
    WHERE t.customer <> o.customer ORDER BY t.key";
