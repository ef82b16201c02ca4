"""Documents for functions of landa: waters, what is set in them, and who looks after them."""

from __future__ import annotations

from tests.apps.documents import Documents, case, day, doc

WATERS = "landa.water_body_management.doctype"
CLUB = doc("Organization", "AVL", organization_name="Anglers", lft=1, rgt=2)
POND = {"fishing_area": "L01", "organization": "AVL", "is_active": 1, "water_body_size": 4.0}
POND |= {
    "water_body_size_unit": "ha",
    "status": "Salmonidenstrecke gelb",
    "display_in_fishing_guide": 1,
}


@case("landa.organization_management.address.address.rename_addresses", limit=5)
def _() -> Documents:
    link = {"doctype": "Dynamic Link", "link_doctype": "LANDA Member", "link_name": "M1"}
    place = {"address_line1": "Quay 1", "city": "Port", "country": "Germany"}
    place |= {"address_type": "Billing"}
    return [
        CLUB,
        doc("LANDA Member", "M1", first_name="Ada", last_name="Lane", organization="AVL"),
        doc("Address", "Lane - Personal", address_title="Lane", links=[link], **place),
        doc("Address", "Lane - Office", address_title="Lane", links=[link], **place),
    ]


@case("landa.tasks.daily")
def _() -> Documents:
    held = {"member": "M1", "member_function_category": "Warden", "organization": "AVL"}
    held |= {"status": "Active", "start_date": day(-90)}
    rent = {"water_body": "L01-1", "organization": "AVL", "status": "Active"}
    return [
        CLUB,
        doc("LANDA Member", "M1", first_name="Ada", last_name="Lane", organization="AVL"),
        doc("Member Function Category", "Warden", access_level="Local Group"),
        doc("Member Function", "F1", end_date=day(-1), **held),
        doc("Member Function", "F2", end_date=day(1), **held),
        doc("Fishing Area", "L01", title="L01"),
        doc("Water Body", "L01-1", title="Pond", number="1", current_public_information="Closed",
            current_information_expires_on=day(), **POND),
        doc("Water Body", "L01-2", title="Lake", number="2", current_public_information="Open",
            current_information_expires_on=day(4), **POND),
        doc("Lease Contract", "C1", start_date=day(-90), end_date=day(-1), **rent),
        doc("Lease Contract", "C2", start_date=day(-90), **rent),
    ]  # fmt: skip


@case(f"{WATERS}.stocking_target.stocking_target.copy_to_next_year")
def _() -> Documents:
    fish = {"organization": "AVL", "fish_species": "Trout", "fish_type_for_stocking": "Egg"}
    fish |= {"year": int(day()[:4]), "weight": 3, "quantity": 50, "status": "Completed"}
    return [
        CLUB,
        doc("Fish Species", "Trout", title="Trout"), doc("Fish Type For Stocking", "Egg"),
        doc("Fishing Area", "L01", title="L01"),
        doc("External Contact", "X1", first_name="Bo", last_name="Hand", disabled=1),
        doc("Water Body", "L01-1", title="Pond", number="1", **POND),
        doc("Water Body", "L01-2", title="Lake", number="2", **{**POND, "is_active": 0}),
        doc("Stocking Target", "T1", water_body="L01-1", supplier="X1", water_body_size=4, **fish),
        doc("Stocking Target", "T2", water_body="L01-2", **fish),
    ]  # fmt: skip


@case(f"{WATERS}.water_body.water_body.rebuild_water_body_cache", fishing_area="L01", enqueued=True)
def _() -> Documents:
    fish = [{"doctype": "Fish Species Table", "fish_species": name} for name in ("Trout", "Eel")]
    return [doc("Water Body", "L01-1", title="Pond", number="1", fish_species=fish, **POND)]
