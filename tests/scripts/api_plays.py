"""What is asked of the server so that each operation gives each of its documented statuses.

A play is a function that makes a request for a place, and the status that the request must get. Faults that any request
may have are not written down for each operation: check_api.py makes them from the operation's good request.
"""
import dataclasses
import json
from collections.abc import Callable

from api_place import UNKNOWN_KEY, Place, message
from api_requests import Request
from api_server import ORIGIN

BEFORE_ITS_DEADLINE = "the plugin answers 503 before it; panel and action of another plugin show hdhost's 504"
# Documented, and not played here: why not.
NOT_PLAYED = {("deliver", "504"): BEFORE_ITS_DEADLINE, ("findDelivery", "504"): BEFORE_ITS_DEADLINE}


@dataclasses.dataclass
class Play:
    operation: str
    status: int
    place: str
    request: Callable[[Place], Request]
    beyond_schema: bool  # refused for something that the request's schema does not say

    @property
    def name(self):
        return f"{self.operation} {self.status} ({self.request.__name__})"


PLAYS = []


def play(operation, status, place="main", beyond_schema=False):
    def keep(request):
        PLAYS.append(Play(operation, status, place, request, beyond_schema))
        return request

    return keep


# Each operation's good request, whose answer the status tells.
GOOD_STATUS = {
    "findDelivery": 404,
    "preflightPanel": 204,
    "preflightAction": 204,
    "preflightAsset": 204,
    "goToDesk": 308,
}


# ---- Deliveries -----------------------------------------------------------------------------------------------------


@play("deliver", 200)
def an_engagement_is_edited(place):
    place.host.send(place.delivery(message("m-1")))
    later = {"type": "engagement.edited", "timestamp": "2026-01-03T10:13:00Z"}
    return place.delivery({**message("m-1", text="Is my bicycle ready now?"), **later})


@play("deliver", 200)
def a_delivery_is_sent_twice(place):
    request = place.delivery(message("m-2"))
    place.host.send(request)
    return request


@play("deliver", 200)
def a_delivery_is_tried(place):
    request = place.delivery([message("m-3")])
    return request.but(target=request.target + "?dry_run=1")


@play("deliver", 207)
def one_of_two_items_breaks_the_schema(place):
    return place.delivery([message("m-4"), message("m-5", direction="up")])


@play("deliver", 400)
def the_body_is_empty(place):
    return place.raw_delivery(b"")


@play("deliver", 400)
def the_body_is_half_a_document(place):
    return place.raw_delivery(b'[{"type":')


@play("deliver", 400)
def the_body_is_too_deep(place):
    return place.raw_delivery(b"[" * 40 + b"]" * 40)


@play("deliver", 401)
def it_is_not_signed(place):
    unsigned = {name: None for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    return place.delivery(message("m-6")).but(headers=unsigned)


@play("deliver", 401)
def its_signature_is_none(place):
    return place.delivery(message("m-6")).but(headers={"webhook-signature": "v1,none"})


@play("deliver", 401)
def its_body_was_changed(place):
    return place.delivery(message("m-6")).but(body=json.dumps(message("m-7")).encode())


@play("deliver", 401)
def it_is_old(place):
    return place.delivery(message("m-6"), age_s=400)


@play("deliver", 404)
def no_account_has_the_address(place):
    return place.delivery(message("m-6")).but(target=UNKNOWN_KEY)


@play("deliver", 409)
def its_id_was_used_before(place):
    place.host.send(place.delivery(message("m-8"), delivery="used"))
    return place.delivery(message("m-9"), delivery="used")


@play("deliver", 413)
def it_has_501_items(place):
    return place.delivery([message("m-10")] * 501)


@play("deliver", 415)
def it_is_no_json_by_its_type(place):
    return place.delivery(message("m-6")).but(headers={"Content-Type": "text/plain"})


@play("deliver", 422)
def a_member_is_unknown(place):
    return place.delivery(message("m-6", mood="good"))


@play("deliver", 422)
def it_has_no_items(place):
    return place.delivery([])


@play("deliver", 422, beyond_schema=True)
def dry_run_is_neither_0_nor_1(place):
    request = place.delivery(message("m-6"))
    return request.but(target=request.target + "?dry_run=perhaps")


@play("findDelivery", 200)
def a_delivery_was_accepted(place):
    place.host.send(place.delivery(message("m-11"), delivery="asked-for"))
    return place.question("asked-for")


@play("findDelivery", 401)
def another_delivery_was_signed(place):
    return place.question("signed").but(target=place.question("another").target)


@play("findDelivery", 404)
def no_account_has_the_questions_address(place):
    return place.question("d").but(target=UNKNOWN_KEY + "/deliveries/d")


# ---- Panels and actions ---------------------------------------------------------------------------------------------


def played_for_both(status, **more):
    """A play of the panel and, with the same change, of the action."""

    def keep(change):
        for operation in ("askPanel", "doAction"):

            def request(place, operation=operation):
                return change(place, place.good(operation))

            request.__name__ = change.__name__
            play(operation, status, **more)(request)
        return change

    return keep


@play("askPanel", 200)
def a_browser_opens_the_attributes(place):
    return place.panel({"pivot": "attributes"}).but(headers={"Origin": ORIGIN})


@play("askPanel", 200)
def an_agent_without_a_view_opens_the_panel(place):
    return place.panel({}, view={"all": False})


@played_for_both(400)
def the_json_is_half_written(place, good):
    return good.but(body=b'{"key":')


@played_for_both(401)
def there_is_no_token(place, good):
    return good.but(headers={"Authorization": None})


@played_for_both(401)
def the_token_is_out_of_time(place, good):
    return good.but(headers=place.token(age_s=1000))


@played_for_both(403)
def the_token_lacks_the_scope(place, good):
    return good.but(headers=place.token(scopes=["identity.find"]))


@played_for_both(404)
def the_plugin_has_none_of_that_name(place, good):
    return good.but(target=good.target + "-of-yore")


@played_for_both(415)
def the_body_is_called_text(place, good):
    return good.but(headers={"Content-Type": "text/plain"})


@played_for_both(422)
def a_member_is_beyond_the_schema(place, good):
    return good.but(body=b'{"select":50,"key":"a-key-of-ours","args":{}}')


@played_for_both(500, place="broken")
def a_table_is_gone(place, good):
    return good


@played_for_both(503, place="stopped")
def the_database_is_away(place, good):
    return good


@play("askPanel", 422, beyond_schema=True)
def the_plugin_has_no_such_pivot(place):
    return place.panel({"pivot": "weather"})


@play("doAction", 200)
def an_agent_looked(place):
    return place.action({}, name="looked")


@play("doAction", 403)
def the_note_is_a_colleagues(place):
    note = place.host.send(place.action({"text": "Mine"})).json()["note"]
    return place.action({"id": note["id"]}, name="note.delete", sub="tom")


@play("doAction", 404)
def the_note_is_gone(place):
    return place.action({"id": "1"}, name="note.delete")


@play("doAction", 409)
def the_key_was_used_for_another_command(place):
    note = place.host.send(place.action({"text": "Mine"}, key="used-once")).json()["note"]
    return place.action({"id": note["id"], "pinned": True}, name="note.pin", key="used-once")


@play("askPanel", 409, place="echo")
def a_plugin_sees_a_conflict(place):
    return place.panel({"filter": {"fail": 5}}, scopes=["see"])


@play("askPanel", 429, place="echo")
def a_plugin_limits_the_panel(place):
    return place.panel({"filter": {"fail": 8}}, scopes=["see"])


@play("askPanel", 504, place="echo")
def a_plugin_overruns_the_panels_deadline(place):
    return place.panel({"filter": {"slow_ms": 1500}}, scopes=["see"])


@play("doAction", 429, place="echo")
def a_plugin_limits_the_action(place):
    return place.action({"fail": 8}, scopes=["see"])


@play("doAction", 504, place="echo")
def a_plugin_overruns_the_actions_deadline(place):
    return place.action({"slow_ms": 1500}, scopes=["see"])


# ---- Preflights, files, the desk, the status address ----------------------------------------------------------------


def played_from_elsewhere(operation):
    @play(operation, 403)
    def another_origin_asks(place):
        return place.good(operation).but(headers={"Origin": "https://elsewhere.example"})


for _operation in ("preflightPanel", "preflightAction", "preflightAsset"):
    played_from_elsewhere(_operation)


@play("preflightPanel", 404)
def no_panel_is_to_be_asked(place):
    return place.good("preflightPanel").but(target=place.panel_path + "-of-yore")


@play("preflightAction", 404)
def no_action_is_to_be_asked(place):
    return place.good("preflightAction").but(target=place.action_path + "-of-yore")


@play("getAsset", 200)
def a_schema_is_read(place):
    return Request("GET", "/assets/identities/schemas/engagement.json")


def played_with_its_tag(operation):
    @play(operation, 304)
    def the_file_is_known(place):
        request = place.good(operation)
        return request.but(headers={"If-None-Match": place.host.send(request).headers["etag"]})


for _operation in ("getAsset", "getPage"):
    played_with_its_tag(_operation)


@play("getAsset", 404)
def the_path_leads_out_of_the_bundle(place):
    return Request("GET", "/assets/identities/ui/../plugin.json")


@play("getPage", 404)
def the_desk_has_no_such_page(place):
    return Request("GET", "/desk/none.html")


@play("makeToken", 400)
def the_tokens_json_is_half_written(place):
    return place.good("makeToken").but(body=b"{")


@play("makeToken", 404)
def the_desk_has_no_such_agent(place):
    return place.good("makeToken").but(body=b'{"agent":"none","ticket":"482"}')


@play("makeToken", 415)
def the_tokens_body_is_called_text(place):
    return place.good("makeToken").but(headers={"Content-Type": "text/plain"})


@play("makeToken", 422)
def the_ticket_is_absent(place):
    return place.good("makeToken").but(body=b'{"agent":"mia"}')


def played_away_from_home(operation):
    @play(operation, 421)
    def the_host_is_no_loopback_name(place):
        return place.good(operation).but(headers={"Host": "desk.example"})


for _operation in ("goToDesk", "getPage", "readDesk", "makeToken"):
    played_away_from_home(_operation)


def played_without(operation, status, where, why):
    def request(place):
        return place.good(operation)

    request.__name__ = why
    play(operation, status, place=where)(request)


played_without("deliver", 500, "broken", "the_table_of_deliveries_is_gone")
played_without("findDelivery", 500, "broken", "the_table_of_deliveries_is_gone")
for _operation in ("deliver", "findDelivery", "isReady"):
    played_without(_operation, 503, "stopped", "the_database_is_away")
for _operation in ("readDesk", "makeToken"):
    played_without(_operation, 503, "stopped", "the_desks_data_file_is_away")
