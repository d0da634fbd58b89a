#include "kinds-resource/claim_authority.h"

#include <map>
#include <set>

#include "kinds-resource/claim_rules.h"
#include "kinds-resource/device_rules.h"

namespace cleat::kinds::resource {

namespace {

using ClaimStatus = v1::ResourceClaimStatus::Reader;

constexpr const char* kGroup = "resource.k8s.io";
constexpr const char* kPlural = "resourceclaims";
// The request's own verb is not known here; whoever may update may patch.
constexpr const char* kVerb = "update";
constexpr const char* kNodeNameExtra = "authentication.kubernetes.io/node-name";

bool sameBinding(ClaimStatus a, ClaimStatus b) {
  if (a.hasAllocation() != b.hasAllocation() || !sameStruct(a.getAllocation(), b.getAllocation())) return false;
  auto before = a.getReservedFor(), after = b.getReservedFor();
  if (before.size() != after.size()) return false;
  for (uint32_t i = 0; i < before.size(); ++i) {
    if (!sameStruct(before[i], after[i])) return false;
  }
  return true;
}

// The drivers of whose devices something else is said than before.
std::set<std::string> changedDrivers(ClaimStatus before, ClaimStatus now) {
  std::map<std::string, v1::AllocatedDeviceStatus::Reader> old;
  std::set<std::string> drivers;
  for (auto device : before.getDevices()) old.emplace(deviceIdOf(device), device);
  for (auto device : now.getDevices()) {
    auto known = old.find(deviceIdOf(device));
    if (known == old.end() || !sameStruct(known->second, device)) drivers.insert(str(device.getDriver()));
    if (known != old.end()) old.erase(known);
  }
  for (const auto& [id, device] : old) drivers.insert(str(device.getDriver()));
  return drivers;
}

// The one node that the devices are for; empty where it is not one.
std::string nodeOf(ClaimStatus status) {
  auto terms = status.getAllocation().getNodeSelector().getNodeSelectorTerms();
  if (terms.size() != 1 || terms[0].getMatchExpressions().size() != 0 || terms[0].getMatchFields().size() != 1) {
    return {};
  }
  auto field = terms[0].getMatchFields()[0];
  const bool names = view(field.getKey()) == "metadata.name" && view(field.getOperator()) == "In";
  return names && field.getValues().size() == 1 ? str(field.getValues()[0]) : std::string();
}

// A driver runs as a pod: its token says on which node.
bool isOnNode(role::User::Reader user, const std::string& node) {
  if (node.empty() || !view(user.getName()).starts_with("system:serviceaccount:")) return false;
  for (auto entry : user.getExtra()) {
    if (view(entry.getKey()) != kNodeNameExtra) continue;
    return entry.getValues().size() == 1 && view(entry.getValues()[0]) == node;
  }
  return false;
}

}  // namespace

Task<Result<std::string>> ClaimAuthority::ask(role::User::Reader user, Question question) {
  auto build = [&](role::Attributes::Builder attributes) {
    attributes.setUser(user);
    attributes.setVerb(question.verb);
    attributes.setGroup(kGroup);
    attributes.setVersion("v1");
    attributes.setResource(kPlural);
    attributes.setSubresource(question.subresource);
    attributes.setNamespace(question.ns);
    attributes.setName(question.name);
  };
  auto pending = context_.call(role::authorizer::authorize, build);
  CLEAT_CO_TRY(auto answer, co_await std::move(pending));
  if ((*answer).getDecision() == role::Decision::ALLOW) co_return std::string();
  const std::string named = question.name.empty() ? "" : concat(" ", quoted(question.name));
  const std::string where =
      question.ns.empty() ? "at the cluster scope" : concat("in the namespace ", quoted(question.ns));
  const std::string_view reason = view((*answer).getReason());
  co_return concat(kPlural, ".", kGroup, named, " is forbidden: User ", quoted(view(user.getName())), " cannot ",
                   question.verb, " resource \"", kPlural, "/", question.subresource, "\" in API group \"", kGroup,
                   "\" ", where, reason.empty() ? "" : ": ", reason);
}

Task<Result<void>> ClaimAuthority::checkDriver(role::User::Reader user, std::string driver,
                                               std::vector<std::string> verbs, std::string ns, Findings& findings) {
  std::string refusal;
  for (const std::string& verb : verbs) {
    Question question{verb, "driver", ns, driver};
    CLEAT_CO_TRY(std::string why, co_await ask(user, std::move(question)));
    if (why.empty()) co_return Result<void>();
    if (refusal.empty()) refusal = std::move(why);
  }
  std::string list;
  for (const std::string& verb : verbs) appendTo(list, concat(list.empty() ? "" : " ", verb));
  findings.forbidden(Path("status") / "devices",
                     concat("changing status.devices requires resource=\"resourceclaims/driver\", verb=\"[", list,
                            "]\" permission: ", refusal));
  co_return Result<void>();
}

Task<Result<void>> ClaimAuthority::check(role::User::Reader user, Object<v1::ResourceClaim> before,
                                         Object<v1::ResourceClaim> now) {
  Findings findings;
  if (!sameBinding(before->getStatus(), now->getStatus())) {
    Question question{kVerb, "binding", "", ""};
    CLEAT_CO_TRY(std::string why, co_await ask(user, std::move(question)));
    if (!why.empty()) {
      findings.forbidden(Path("status") / "allocation",
                         concat("changing status.allocation or status.reservedFor requires "
                                "resource=\"resourceclaims/binding\", verb=\"",
                                kVerb, "\" permission: ", why));
    }
  }
  if (now->getStatus().hasAllocation()) {
    std::vector<std::string> verbs;
    if (isOnNode(user, nodeOf(now->getStatus()))) verbs.push_back(concat("associated-node:", kVerb));
    verbs.push_back(concat("arbitrary-node:", kVerb));
    const std::set<std::string> drivers = changedDrivers(before->getStatus(), now->getStatus());
    for (const std::string& driver : drivers) {
      CLEAT_CO_TRY(co_await checkDriver(user, driver, verbs, str(now.ns()), findings));
    }
  }
  if (findings.empty()) co_return Result<void>();
  co_return fail(Status::invalid("ResourceClaim.resource.k8s.io", now.name(), findings.causes()));
}

}  // namespace cleat::kinds::resource
