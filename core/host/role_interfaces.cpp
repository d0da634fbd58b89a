#include "core/host/role_interfaces.h"

#include <cleat/schema/bus.capnp.h>
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/schema/role/audit.capnp.h>
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/schema/role/authz.capnp.h>
#include <cleat/schema/role/http_handler.capnp.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/schema/role/network.capnp.h>
#include <cleat/schema/role/runtime.capnp.h>

#include <vector>

namespace cleat::host {
namespace {

struct Shape {
  std::string name;
  capnp::StructSchema params, results;
};
struct RoleInterface {
  uint64_t id;
  std::string_view role, name;
  std::vector<Shape> methods;  // by ordinal: looking one up in a schema costs as much as a call
};

template <class Interface>
RoleInterface entry(std::string_view role, std::string_view name) {
  RoleInterface made{capnp::typeId<Interface>(), role, name, {}};
  for (auto method : capnp::Schema::from<Interface>().getMethods()) {
    made.methods.push_back({method.getProto().getName().cStr(), method.getParamType(), method.getResultType()});
  }
  return made;
}

const std::vector<RoleInterface>& interfaces() {
  static const std::vector<RoleInterface> all = {
      entry<role::Kinds>("kinds", "Kinds"),
      entry<role::Authenticator>("authenticator", "Authenticator"),
      entry<role::Authorizer>("authorizer", "Authorizer"),
      entry<role::Admission>("admission", "Admission"),
      entry<role::HttpHandler>("http-handler", "HttpHandler"),
      entry<role::Audit>("audit", "Audit"),
      entry<role::Runtime>("runtime", "Runtime"),
      entry<role::Network>("network", "Network"),
      entry<wire::Cluster>("", "Cluster"),
  };
  return all;
}

const RoleInterface* find(uint64_t id) {
  for (const auto& known : interfaces()) {
    if (known.id == id) return &known;
  }
  return nullptr;
}

const Shape* shapeOf(MethodId id) {
  const RoleInterface* known = find(id.interfaceId);
  return known && id.ordinal < known->methods.size() ? &known->methods[id.ordinal] : nullptr;
}

}  // namespace

std::string_view roleOf(MethodId method) {
  const RoleInterface* known = find(method.interfaceId);
  return known ? known->role : std::string_view();
}

std::string methodName(MethodId id) {
  const RoleInterface* known = find(id.interfaceId);
  if (!known) return "method " + std::to_string(id.ordinal) + " of an unknown interface";
  const Shape* method = shapeOf(id);
  return std::string(known->name) + "." + (method ? method->name : std::to_string(id.ordinal));
}

std::optional<capnp::StructSchema> paramSchema(MethodId id) {
  const Shape* method = shapeOf(id);
  return method ? std::optional(method->params) : std::nullopt;
}

std::optional<capnp::StructSchema> resultSchema(MethodId id) {
  const Shape* method = shapeOf(id);
  return method ? std::optional(method->results) : std::nullopt;
}

}  // namespace cleat::host
