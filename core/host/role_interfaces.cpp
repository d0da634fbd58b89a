#include "core/host/role_interfaces.h"

#include <cleat/schema/bus.capnp.h>
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/schema/role/authz.capnp.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/schema/role/network.capnp.h>
#include <cleat/schema/role/runtime.capnp.h>

#include <vector>

namespace cleat::host {
namespace {

struct RoleInterface {
  uint64_t id;
  std::string_view role, name;
  capnp::InterfaceSchema schema;
};

template <class Interface>
RoleInterface entry(std::string_view role, std::string_view name) {
  return {capnp::typeId<Interface>(), role, name, capnp::Schema::from<Interface>()};
}

const std::vector<RoleInterface>& interfaces() {
  static const std::vector<RoleInterface> all = {
      entry<role::Kinds>("kinds", "Kinds"),
      entry<role::Authenticator>("authenticator", "Authenticator"),
      entry<role::Authorizer>("authorizer", "Authorizer"),
      entry<role::Admission>("admission", "Admission"),
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

std::optional<capnp::InterfaceSchema::Method> methodOf(MethodId id) {
  const RoleInterface* known = find(id.interfaceId);
  if (!known || id.ordinal >= known->schema.getMethods().size()) return std::nullopt;
  return known->schema.getMethods()[id.ordinal];
}

}  // namespace

std::string_view roleOf(MethodId method) {
  const RoleInterface* known = find(method.interfaceId);
  return known ? known->role : std::string_view();
}

std::string methodName(MethodId id) {
  const RoleInterface* known = find(id.interfaceId);
  if (!known) return "method " + std::to_string(id.ordinal) + " of an unknown interface";
  auto method = methodOf(id);
  std::string name(known->name);
  return name + "." + (method ? method->getProto().getName().cStr() : std::to_string(id.ordinal));
}

std::optional<capnp::StructSchema> paramSchema(MethodId id) {
  auto method = methodOf(id);
  return method ? std::optional(method->getParamType()) : std::nullopt;
}

std::optional<capnp::StructSchema> resultSchema(MethodId id) {
  auto method = methodOf(id);
  return method ? std::optional(method->getResultType()) : std::nullopt;
}

}  // namespace cleat::host
