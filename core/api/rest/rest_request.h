// RestRequest: a request on a resource, once it is known what it is about: who asks, what for, and how the answer shall
// look. And the ways to answer it.
#pragma once

#include <string>
#include <vector>

#include "core/api/flow/flow_control.h"
#include "core/api/request_metrics.h"
#include "core/api/rest/negotiation.h"
#include "core/api/rest/query.h"
#include "core/api/rest/resource_path.h"
#include "core/api/strand_gate.h"
#include "core/base/executor.h"

namespace cleat::api {

// What every handler works with; lives as long as the server.
struct RestContext {
  StrandGate gate;
  base::Executor& executor;
  RequestMetrics* metrics = nullptr;  // where the events of watches are counted, if given
};

struct RestRequest {
  const RestContext& context;
  http::Exchange& exchange;
  bus::UserRef user;
  Query query;
  ResourcePath path;
  FlowPlace* place = nullptr;  // among the requests of its flow
  bus::Target target;
  const object::Subresource* subresource = nullptr;
  const char* verb = "";  // as authorizers call it
  bool authorized = false;
  Accepted accepted;
  std::vector<std::string> warnings;

  // What the gate says, on the exchange's strand.
  template <class Question, class... Arguments>
  auto ask(Question question, Arguments&&... arguments) const {
    return context.gate.ask(exchange, question, std::forward<Arguments>(arguments)...);
  }
  const object::Kind& kind() const { return *target.kind; }
  // Of the bodies that come and go: the subresource's kind, if it has its own.
  const object::Kind& bodyKind() const { return subresource && subresource->body ? *subresource->body : *target.kind; }
};

// Whether the caller may do at all what the URL says, asked once: what is wrong with a request is told to those only
// who may make it.
Task<Result<void>> authorizeUrl(RestRequest& request);
// Reads the body. A large one is read only if its sender may write it. False when the request has been answered.
Task<bool> takeBody(RestRequest& request);
// The answer to what is wrong with a request before the gate has seen it: 403 for those who may not make it anyway.
Task<void> refuseRequest(RestRequest& request, Status status);

http::ResponseHead headFor(const RestRequest& request, int code);
// An object, in the view that the client wants.
Task<void> answerObject(RestRequest& request, int code, object::ObjectRef object);
Task<void> answerList(RestRequest& request, bus::ListResult list);
// A plain success, about something if it is named.
Task<void> answerSuccess(RestRequest& request, int code, std::string name = {}, std::string kind = {});
// An object that is gone.
Task<void> answerDeleted(RestRequest& request, object::ObjectRef object);
// `continueToken`: how a list whose next page is not there any more can go on.
Task<void> answerError(RestRequest& request, Status status, std::string continueToken = {});

// The verbs, each from the reading of its parameters to the last byte of the answer. On the strand, before and after.
Task<void> serveGet(RestRequest& request);
Task<void> serveList(RestRequest& request);
Task<void> serveWatch(RestRequest& request);
Task<void> serveCreate(RestRequest& request);
Task<void> serveUpdate(RestRequest& request);
Task<void> servePatch(RestRequest& request);
Task<void> serveDelete(RestRequest& request);
Task<void> serveDeleteCollection(RestRequest& request);

// The parameters of list, watch and deletecollection.
struct ListParameters {
  bus::ListOptions options;
  bool resourceVersionGiven = false;  // and not "0"
  std::optional<bool> sendInitialEvents;
  bool allowBookmarks = false;
  std::optional<int64_t> timeoutSeconds;
};
Result<ListParameters> readListParameters(const Query& query, bool watch);

}  // namespace cleat::api
