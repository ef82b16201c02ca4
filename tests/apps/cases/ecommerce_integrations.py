"""Documents for functions of ecommerce_integrations: items and prices."""

from __future__ import annotations

from tests.apps.cases.india_compliance import ROPE
from tests.apps.documents import Documents, case, doc


@case("ecommerce_integrations.utils.price_list._delete_all_dummy_prices")
def _() -> Documents:
    dummy = "Ecommerce Integrations - Ignore"
    return [
        doc("Item Price", "P1", item_code="rope", price_list=dummy, selling=1, price_list_rate=2.5),
        doc("Item Price", "P2", item_code="rope", price_list=dummy, buying=1, price_list_rate=1.5),
        doc(
            "Item Price",
            "P3",
            item_code="rope",
            price_list="Standard",
            selling=1,
            price_list_rate=3,
        ),
    ]


@case(
    "ecommerce_integrations.shopify.utils._migrate_items_to_ecommerce_item",
    log={"doc": ["Ecommerce Integration Log", "log"]},
)
def _() -> Documents:
    return [
        doc("Ecommerce Integration Log", "log", status="Queued", integration="shopify"),
        doc("Custom Field", "Item-shopify_product_id", dt="Item", fieldname="shopify_product_id"),
        doc("Custom Field", "Item-shopify_variant_id", dt="Item", fieldname="shopify_variant_id"),
        doc("Item", "rope", shopify_product_id="77", shopify_variant_id="78", **ROPE),
        doc("Item", "sail", **{**ROPE, "item_code": "sail", "item_name": "Sail"}),
    ]
