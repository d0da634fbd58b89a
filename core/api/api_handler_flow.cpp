// How ApiHandler has requests take their places among the others.
#include "core/api/api_handler.h"
#include "core/api/flow/request_flow.h"

namespace cleat::api {

FlowPlace ApiHandler::enterFlow(http::Exchange& exchange, const ParsedPath& path, const object::Kind* kind, bool lasts,
                                const bus::User& user) {
  FlowPlace place;
  if (!lasts) place.countIn(inFlight_);
  if (!flows_->governs()) return place;
  const FlowQuestion question = flowQuestion(exchange.request(), path, kind, lasts, user);
  if (lasts && question.verb != "watch") return place;
  FlowLoad load;
  const bool many = question.verb == "list" || question.verb == "deletecollection" || question.verb == "watch";
  if (many && path.resource.name.empty()) {
    load.objects = objectsAsked(exchange.request(), question, kind, *gate_.snapshot());
  }
  load.changes = changesObjects(question, kind);
  load.name = path.resource.name;
  place = flows_->enter(question, exchange.strand(), load);
  if (place.isInFlow()) exchange.setHeadLines(place.headLines());
  if (!lasts) place.countIn(inFlight_);
  return place;
}

WatchCounts::Watcher ApiHandler::noteWatch(http::Exchange& exchange, const ParsedPath& path, const object::Kind& kind,
                                           const bus::User& user) {
  const FlowQuestion question = flowQuestion(exchange.request(), path, &kind, true, user);
  if (question.verb != "watch") return {};
  const Query query(exchange.request().query());
  // One with a selector that is none is refused later.
  const auto fields = object::FieldSelector::parse(kind, query.get("fieldSelector"));
  return flows_->watches(question, path.resource.name, fields.value_or(object::FieldSelector()));
}

bool ApiHandler::mayGoOn(const FlowPlace& place, bool lasts) const {
  return place.isInFlow() ? place.isSeated() : lasts || inFlight_.load() <= options_.maxInFlight;
}

}  // namespace cleat::api
