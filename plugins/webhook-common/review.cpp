#include "webhook-common/review.h"

#include <capnp/message.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "policy-common/json_values.h"
#include "policy-common/object_values.h"
#include "policy-common/request_options.h"
#include "webhook-common/base64.h"
#include "webhook-common/json_object.h"

namespace cleat::webhook {

namespace {

using policy::Document;

constexpr size_t kMostWarnings = 64, kMostWarning = 4096;

void appendUser(std::string& out, role::User::Reader user) {
  JsonObject members(out);
  members.textIfAny("username", view(user.getName()));
  members.textIfAny("uid", view(user.getUid()));
  members.textsIfAny("groups", user.getGroups());
  members.extraIfAny("extra", user.getExtra());
}

void appendTriple(std::string& out, std::string_view group, std::string_view version, std::string_view third,
                  std::string_view name) {
  JsonObject members(out);
  members.text("group", group);
  members.text("version", version);
  members.text(third, name);
}

// Options as JSON.
class OptionMembers {
 public:
  explicit OptionMembers(std::string& out) : members_(out) {}
  void text(const char* name, std::string_view value) { members_.text(name, value); }
  void integer(const char* name, int64_t value) { members_.raw(name, std::to_string(value)); }
  void boolean(const char* name, bool value) { members_.raw(name, value ? "true" : "false"); }
  void all(const char* name) { members_.raw(name, R"(["All"])"); }
  template <class F>
  void inside(const char* name, F fill) {
    OptionMembers members(members_.name(name));
    fill(members);
  }

 private:
  JsonObject members_;
};

void appendOptions(std::string& out, const policy::PolicyRequest& request) {
  if (request.params.getOperation() == role::Operation::CONNECT) {
    out += "null";
    return;
  }
  OptionMembers members(out);
  policy::writeOptions(request.params, members);
}

void appendRequest(std::string& out, const policy::PolicyRequest& request, const ReviewedObjects& objects,
                   std::string_view uid) {
  const policy::RequestFacts& facts = request.facts;
  JsonObject members(out);
  members.text("uid", uid);
  appendTriple(members.name("kind"), request.kind.group, request.kind.version, "kind", request.kind.kind);
  appendTriple(members.name("resource"), request.shownGroup, request.shownVersion, "resource", request.shownResource);
  members.textIfAny("subResource", facts.subresource);
  appendTriple(members.name("requestKind"), request.requestKind.group, request.requestKind.version, "kind",
               request.requestKind.kind);
  appendTriple(members.name("requestResource"), facts.group, facts.version, "resource", facts.resource);
  members.textIfAny("requestSubResource", facts.subresource);
  const std::string_view name = facts.name.empty() && request.object ? request.object.name() : facts.name;
  members.textIfAny("name", name);
  // A namespace is in itself.
  members.textIfAny("namespace", facts.group.empty() && facts.resource == "namespaces" ? name : facts.ns);
  members.text("operation", facts.operation);
  appendUser(members.name("userInfo"), request.params.getUser());
  members.raw("object", objects.object);
  members.raw("oldObject", objects.old);
  members.raw("dryRun", request.params.getDryRun() ? "true" : "false");
  appendOptions(members.name("options"), request);
}

std::string textIn(const std::optional<JsonView>& of, std::string_view name) {
  auto member = of ? of->member(name) : std::nullopt;
  return member ? str(member->text()) : std::string();
}

int64_t integerIn(const std::optional<JsonView>& of, std::string_view name) {
  auto member = of ? of->member(name) : std::nullopt;
  return member ? member->integer().value_or(0) : 0;
}

StatusDetails detailsIn(const std::optional<JsonView>& details) {
  StatusDetails made;
  if (!details || !details->isObject()) return made;
  made.name = textIn(details, "name");
  made.group = textIn(details, "group");
  made.kind = textIn(details, "kind");
  made.uid = textIn(details, "uid");
  made.retryAfterSeconds = static_cast<uint32_t>(std::clamp<int64_t>(integerIn(details, "retryAfterSeconds"), 0, 3600));
  if (auto causes = details->member("causes")) {
    for (JsonView cause : causes->items()) {
      made.causes.push_back({textIn(cause, "reason"), textIn(cause, "message"), textIn(cause, "field")});
    }
  }
  return made;
}

Status denialOf(std::string_view webhook, const std::optional<JsonView>& result) {
  constexpr int64_t kLeast = 400, kMost = 599;
  Status status;
  status.reason = textIn(result, "reason");
  const int64_t code = integerIn(result, "code");
  status.code = static_cast<uint16_t>(code < kLeast || code > kMost ? kLeast : code);
  const std::string by = concat("admission webhook ", inQuotes(webhook), " denied the request");
  const std::string message = textIn(result, "message");
  if (!message.empty()) {
    status.message = concat(by, ": ", message);
  } else {
    status.message = status.reason.empty() ? by + " without explanation" : concat(by, ": ", status.reason);
  }
  status.details = detailsIn(result ? result->member("details") : std::nullopt);
  return status;
}

// What a webhook has to say goes into headers, where it is cut if all that is said is too long.
std::vector<std::string> warningsIn(JsonView response) {
  std::vector<std::string> warnings;
  auto list = response.member("warnings");
  if (!list) return warnings;
  for (JsonView each : list->items()) {
    if (warnings.size() == kMostWarnings) break;
    std::string text = str(each.text()).substr(0, kMostWarning);
    // Not within a character.
    while (text.size() == kMostWarning && !text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) {
      text.pop_back();
    }
    if (!text.empty()) warnings.push_back(std::move(text));
  }
  return warnings;
}

std::unexpected<Status> wrong(std::string_view message) {
  return fail(Status::internal(concat("received invalid webhook response: ", message)));
}

std::unexpected<Status> undecodable(std::string_view message) {
  return fail(Status::internal(concat("received undecodable patch in webhook response: ", message)));
}

// The text of the patch; empty where there is none.
Result<std::string> patchTextIn(JsonView response, const ReviewExpected& expected) {
  auto patch = response.member("patch");
  auto type = response.member("patchType");
  const bool hasPatch = patch && !patch->text().empty(), hasType = type && type->isText();
  if (!expected.mutates) {
    if (hasPatch) return wrong("validating webhook may not return response.patch");
    if (hasType) return wrong("validating webhook may not return response.patchType");
    return std::string();
  }
  if (expected.reviewVersion == "v1") {
    if (hasPatch && !hasType) return wrong("webhook returned response.patch but not response.patchType");
    if (!hasPatch && hasType) return wrong("webhook returned response.patchType but not response.patch");
  }
  if (hasType && type->text() != "JSONPatch") {
    return wrong(concat("webhook returned invalid response.patchType of ", inQuotes(type->text())));
  }
  if (!hasPatch) return std::string();
  auto decoded = decodeBase64(patch->text());
  if (!decoded) return wrong("webhook returned response.patch that is not base64");
  return *std::move(decoded);
}

Result<Document> operationsIn(std::string_view patch) {
  auto tree = JsonTree::parse(patch);
  if (!tree) return undecodable(tree.error().message);
  if (!tree->view().isList()) return undecodable("it is no list of operations");
  return policy::documentOf(policy::jsonValue(tree->view()));
}

}  // namespace

std::string reviewText(const policy::PolicyRequest& request, const ReviewedObjects& objects,
                       std::string_view reviewVersion, std::string_view uid) {
  std::string out;
  out.reserve(objects.object.size() + objects.old.size() + 2048);
  {
    JsonObject members(out);
    members.text("kind", "AdmissionReview");
    members.text("apiVersion", concat("admission.k8s.io/", reviewVersion));
    appendRequest(members.name("request"), request, objects, uid);
  }
  return out;
}

Result<ReviewAnswer> readReview(std::string_view text, const ReviewExpected& expected) {
  auto parsed = JsonTree::parse(text);
  if (!parsed) return wrong(concat("couldn't get version/kind; json parse error: ", parsed.error().message));
  const JsonView review = parsed->view();
  const std::string apiVersion = textIn(review, "apiVersion"), kind = textIn(review, "kind");
  const std::string wanted = concat("admission.k8s.io/", expected.reviewVersion);
  if (apiVersion != wanted || kind != "AdmissionReview") {
    return wrong(
        concat("expected webhook response of ", wanted, ", Kind=AdmissionReview, got ", apiVersion, ", Kind=", kind));
  }
  auto response = review.member("response");
  if (!response || !response->isObject()) return wrong("webhook response was absent");
  const std::string uid = textIn(response, "uid");
  if (expected.reviewVersion == "v1" && uid != expected.uid) {
    return wrong(concat("expected response.uid=", inQuotes(expected.uid), ", got ", inQuotes(uid)));
  }
  ReviewAnswer answer;
  auto allowed = response->member("allowed");
  answer.allowed = allowed && allowed->boolean();
  CLEAT_TRY(answer.patchJson, patchTextIn(*response, expected));
  answer.warnings = warningsIn(*response);
  if (auto annotations = response->member("auditAnnotations"); annotations && annotations->isObject()) {
    for (JsonView each : annotations->items()) answer.annotations.emplace_back(str(each.name()), str(each.text()));
  }
  if (!answer.allowed) {
    answer.denial = denialOf(expected.webhook, response->member("status"));
  } else if (!answer.patchJson.empty()) {
    CLEAT_TRY(answer.patch, operationsIn(answer.patchJson));
  }
  return answer;
}

}  // namespace cleat::webhook
