#include "core/api/audit/audited_exchange.h"

#include <cleat/sdk/host_port.h>

#include "core/api/audit/audit_event.h"
#include "core/api/audit/audited_protobuf.h"
#include "core/api/rest/verb.h"
#include "core/gate/names.h"

namespace cleat::api {
namespace {

constexpr const char* kIdHeader = "Audit-ID";
constexpr size_t kLongestId = 64;

AuditedAttributes attributesOf(const http::Request& request, const ParsedPath& path) {
  AuditedAttributes attributes;
  attributes.path = std::string(request.path());
  attributes.isResource = path.form == PathForm::resource;
  if (!attributes.isResource) {
    attributes.verb = pathVerb(request.method);
    return attributes;
  }
  attributes.verb = nameOf(verbOf(request.method, path.resource, Query(request.query())));
  attributes.group = path.resource.group;
  attributes.resource = path.resource.resource;
  attributes.subresource = path.resource.subresource;
  attributes.ns = path.resource.ns;
  attributes.name = path.resource.name;
  return attributes;
}

// The client's own, if it has one that may stand in a log.
std::string idOf(const http::Request& request, base::Executor& executor) {
  const std::string_view given = request.headers.get(kIdHeader);
  return given.empty() || given.size() > kLongestId ? gate::makeUid(executor) : std::string(given);
}

std::string addressOf(const std::string& peer) {
  const auto parts = splitHostPort(peer);
  return parts ? std::string(parts->host) : peer;
}

}  // namespace

AuditedExchange::AuditedExchange(http::Exchange& exchange, std::shared_ptr<AuditTrail> trail)
    : exchange_(exchange), trail_(std::move(trail)), received_(trail_->executor().wallNow()),
      path_(parsePath(exchange.request().path())), id_(idOf(exchange.request(), trail_->executor())) {}

void AuditedExchange::decide(const bus::User* user) {
  hasDecided_ = true;
  attributes_ = attributesOf(request(), path_);
  attributes_.user = user;
  decision_ = trail_->policy().decide(attributes_);
}

Task<Result<bus::UserRef>> AuditedExchange::identified(Identity identity) {
  identity_ = std::move(identity);
  isKnown_ = true;
  decide(&*identity_.original);
  if (decision_.level == AuditLevel::none) co_return identity_.user;
  using Bodies = bus::RequestNotes::Bodies;
  notes_ = std::make_shared<bus::RequestNotes>(decision_.level >= AuditLevel::request ? Bodies::shown : Bodies::left);
  bus::User acting = *identity_.user;
  acting.notes = notes_;
  if (says(AuditStage::requestReceived)) {
    if (trail_->strict()) {
      CLEAT_CO_TRY(co_await AuditTrail::keep(trail_, eventText(AuditStage::requestReceived)));
    } else {
      tell(AuditStage::requestReceived);
    }
  }
  co_return bus::UserRef(std::move(acting));
}

void AuditedExchange::unidentified() { decide(nullptr); }

bool AuditedExchange::says(AuditStage stage) const {
  return hasDecided_ && decision_.level != AuditLevel::none && !decision_.omitStages.contains(stage);
}

std::string AuditedExchange::eventText(AuditStage stage) const {
  AuditEvent event;
  const http::Request& asked = exchange_.request();
  const std::string address = addressOf(exchange_.peer().address);
  event.level = decision_.level;
  event.stage = stage;
  event.id = id_;
  event.uri = asked.target;
  event.verb = attributes_.verb;
  event.sourceAddress = address;
  event.userAgent = asked.headers.get("User-Agent");
  if (isKnown_) event.user = &*identity_.original;
  if (isKnown_ && identity_.isImpersonated) event.impersonated = &*identity_.user;
  event.attributes = &attributes_;
  event.version = path_.resource.version;
  event.uid = writtenUid_;
  event.revision = writtenRevision_;
  event.received = received_;
  event.now = trail_->executor().wallNow();
  if (notes_) event.annotations = notes_->annotations();
  if (stage != AuditStage::requestReceived) {
    event.code = code_;
    event.status = statusJson_;
    event.requestObject = requestBody_;
    if (stage == AuditStage::responseComplete) event.responseObject = responseBody_;
  }
  return auditEventJson(event);
}

void AuditedExchange::tell(AuditStage stage) {
  if (says(stage)) trail_->add(eventText(stage));
}

Task<bool> AuditedExchange::readBody() {
  bool whole = co_await exchange_.readBody();
  const bool isWritten = attributes_.verb == "create" || attributes_.verb == "update";
  const bool isSaid = decision_.level >= AuditLevel::request;
  if (!whole || decision_.level == AuditLevel::none || (!isSaid && !isWritten)) co_return whole;
  const http::Request& sent = exchange_.request();
  std::string text = bodyText(sent.headers.get("Content-Type"), sent.body);
  if (isWritten) noteWritten(text);
  if (isSaid) requestBody_ = std::move(text);
  co_return whole;
}

std::string AuditedExchange::bodyText(std::string_view contentType, std::string_view body) const {
  if (!contentType.starts_with("application/vnd.kubernetes.protobuf") ||
      contentType.find("stream") != contentType.npos) {
    return auditedBody(contentType, body, decision_.omitManagedFields);
  }
  const std::string json = protobufAsJson(*trail_->kinds(), body);
  return decision_.omitManagedFields ? auditedBody("application/json", json, true) : json;
}

void AuditedExchange::noteWritten(std::string_view object) {
  AuditedNames names = auditedNames(object);
  if (attributes_.name.empty()) attributes_.name = std::move(names.name);
  writtenUid_ = std::move(names.uid);
  writtenRevision_ = std::move(names.revision);
}

void AuditedExchange::note(int code, const http::Response* response) {
  constexpr int kFirstError = 400;
  code_ = code;
  if (!response || decision_.level == AuditLevel::none) return;
  const bool isError = code >= kFirstError;
  const bool wants = decision_.level == AuditLevel::requestResponse;
  if (!isError && !wants) return;
  const std::string body = response->body.flat();
  const std::string text = bodyText(response->head.contentType, body);
  if (isError) statusJson_ = auditedStatus(text);
  if (wants) responseBody_ = text;
}

Completion<bool> AuditedExchange::send(http::Response response) {
  note(response.head.status, &response);
  response.head.headers.emplace_back(kIdHeader, id_);
  return exchange_.send(std::move(response));
}

Completion<bool> AuditedExchange::begin(http::ResponseHead head) {
  note(head.status, nullptr);
  tell(AuditStage::responseStarted);
  head.headers.emplace_back(kIdHeader, id_);
  return exchange_.begin(std::move(head));
}

Task<std::shared_ptr<http::ByteStream>> AuditedExchange::upgrade(http::Headers fields) {
  constexpr int kSwitching = 101;
  note(kSwitching, nullptr);
  tell(AuditStage::responseStarted);
  fields.add(kIdHeader, id_);
  co_return co_await exchange_.upgrade(std::move(fields));
}

void AuditedExchange::finish() {
  if (std::exchange(isComplete_, true)) return;
  // What the server has answered in the handler's place.
  if (code_ == 0) code_ = exchange_.answerCode();
  // Who could not say who they are have their answer told as it begins.
  tell(isKnown_ ? AuditStage::responseComplete : AuditStage::responseStarted);
}

}  // namespace cleat::api
